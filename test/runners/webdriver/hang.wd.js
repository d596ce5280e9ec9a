'use strict';

describe('the till', () => {
  it('hangs', () => new Promise(() => setInterval(() => {}, 1000))).timeout(3600000);
});
