'use strict';

describe('the till', () => {
  let opened = 0;

  beforeEach(() => {
    if (++opened > 1)
      throw new Error('the till is locked');
  });
  it('runs', () => {});
  it('never runs', () => {});
});
