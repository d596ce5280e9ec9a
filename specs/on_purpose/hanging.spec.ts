// Never ends by itself: the framework's own deadline is off.
import { test } from '@playwright/test';

test('hangs with a browser open', async ({ page }) => {
  test.setTimeout(0);
  await page.goto('/');
  await new Promise(() => {});
});
