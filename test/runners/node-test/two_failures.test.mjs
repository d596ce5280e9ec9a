import { test } from 'node:test';

for (const n of [1, 2])
  test(`fails ${n}`, () => { throw new Error(`no ${n}`); });
