import { test } from '@playwright/test';

test('is never read', async ({ page }) => {
  await page.goto('/';
});
