// For WebdriverIO, which has a browser in a global of that name.
'use strict';

const assert = require('node:assert/strict');

describe('a page', () => {
  it('opens', async () => {
    await browser.url('data:text/html,<title>Hello</title>');
    assert.equal(await browser.getTitle(), 'Hello');
  });
});
