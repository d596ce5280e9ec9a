'use strict';

describe('the till', () => {
  it('prints bytes that are no text', () => {
    process.stdout.write(Buffer.from([0x61, 0xff, 0xc0, 0x80, 0x62, 0x0a]));
    throw new Error('half a pair \ud800, a NUL \0 and \u009b31m');
  });
});
