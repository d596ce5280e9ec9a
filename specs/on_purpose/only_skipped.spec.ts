import { test } from '@playwright/test';

test.skip('is skipped', async ({ page }) => {
  await page.goto('/');
});

test.skip('is skipped, too', async ({ page }) => {
  await page.goto('/kids');
});
