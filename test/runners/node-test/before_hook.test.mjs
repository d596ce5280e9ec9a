import { before, describe, test } from 'node:test';

describe('the till', () => {
  before(() => { throw new Error('the till is locked'); });
  test('never runs', () => {});
});
