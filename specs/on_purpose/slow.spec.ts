import { expect, test } from '@playwright/test';

test('waits five seconds and passes', async ({ page }) => {
  await page.goto('/slow?ms=5000');
  await expect(page.getByRole('status')).toHaveText('This page took 5000 ms.');
});
