import { test } from 'node:test';

for (let n = 1; n <= 256; n++)
  test(`fails ${n}`, () => { throw new Error(`no ${n}`); });
