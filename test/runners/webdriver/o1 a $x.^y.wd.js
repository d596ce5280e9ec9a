'use strict';

const assert = require('node:assert/strict');

describe('the till', () => {
  it('adds', () => assert.equal(1 + 1, 2));
  it('gives change', () => assert.equal(7, 8, 'the \u001b[31mchange\u001b[0m'));
});
