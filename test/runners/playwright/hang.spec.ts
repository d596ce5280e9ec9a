import { test } from '@playwright/test';

test('hangs', async () => {
  test.setTimeout(0);
  await new Promise(() => {});
});
