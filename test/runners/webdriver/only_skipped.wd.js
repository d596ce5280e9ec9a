'use strict';

describe('the till', () => {
  it.skip('one', () => {});
  it('two');
});
