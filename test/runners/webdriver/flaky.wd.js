'use strict';

const assert = require('node:assert/strict');

let tries = 0;

describe('the till', () => {
  it('passes at the second try', () => assert.equal(++tries, 2)).retries(1);
  it('passes at once', () => {});
});
