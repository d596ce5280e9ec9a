'use strict';

describe('the till', () => {
  it('prints 100 MB', async () => {
    const line = Buffer.alloc(1 << 20, 'x'.repeat(79) + '\n');
    for (let i = 0; i < 100; i++)
      await new Promise((done) => process.stdout.write(line, done));
    throw new Error('loud');
  });
});
