import { expect, test } from '@playwright/test';

test('prints 100 MB', () => {
  const line = Buffer.alloc(1 << 20, 'x'.repeat(79) + '\n');
  for (let i = 0; i < 100; i++)
    process.stdout.write(line);
  expect(1).toBe(2);
});
