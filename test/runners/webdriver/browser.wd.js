// For WebdriverIO, which has a browser in a global of that name.
'use strict';

const assert = require('node:assert/strict');

it('opens a page', async () => {
  await browser.url('data:text/html,<title>Hello</title>');
  assert.equal(await browser.getTitle(), 'Hello');
});
