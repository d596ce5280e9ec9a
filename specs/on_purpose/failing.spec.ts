import { expect, test } from '@playwright/test';

test('passes beside a failure', async ({ page }) => {
  await page.goto('/');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
});

test('fails always', async ({ page }) => {
  await page.goto('/albums?label=Blue+Lantern');
  await expect(page.getByRole('status')).toHaveText('4 albums on “Blue Lantern”', { timeout: 500 });
});
