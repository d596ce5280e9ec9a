import { expect, test } from '@playwright/test';

test('opens a page', async ({ page }) => {
  await page.setContent('<h1>Hello</h1>');
  await expect(page.getByRole('heading')).toHaveText('Hello');
});
