import { expect, test } from '@playwright/test';

for (const n of [1, 2])
  test(`fails ${n}`, () => {
    expect(n).toBe(0);
  });
