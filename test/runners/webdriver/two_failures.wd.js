'use strict';

describe('the till', () => {
  for (const n of [1, 2])
    it(`fails ${n}`, () => { throw new Error(`no ${n}`); });
});
