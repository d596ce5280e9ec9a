import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

describe('the till', () => {
  test('adds', () => assert.equal(1 + 1, 2));
  test('gives change', () => assert.equal(7, 8, 'the \u001b[31mchange\u001b[0m'));
});
