'use strict';

describe('the till', () => {
  before(() => { throw new Error('the till is locked'); });
  it('never runs', () => {});
});
