import { expect, test } from '@playwright/test';
import { openSection } from './shop';

test('finds a kind of clothes', async ({ page }) => {
  await openSection(page, "Kids' clothing");
  await page.getByLabel('Looking for').fill('coat');
  await page.getByRole('button', { name: 'Search' }).click();

  await expect(page.getByRole('status')).toHaveText('2 things to wear');
  await expect(page.getByRole('listitem').filter({ hasText: 'Yellow raincoat' })).toContainText('$32');
});

test('leaves out what does not fit the age', async ({ page }) => {
  await openSection(page, "Kids' clothing");
  await page.getByLabel('Looking for').fill('shirt');
  await page.getByLabel('Age').selectOption('8-10');
  await page.getByRole('button', { name: 'Search' }).click();

  await expect(page.getByRole('main').getByRole('heading', { level: 2 }))
    .toHaveText(['Striped T-shirt']);
  await expect(page.getByLabel('Age')).toHaveValue('8-10');
});

test('folds the sections into a menu on a phone', async ({ page, isMobile }) => {
  test.skip(!isMobile, 'a wide screen shows the sections');
  await page.goto('/kids');
  const menu = page.getByRole('button', { name: 'Menu' });
  const sections = page.getByRole('navigation', { name: 'Shop' });

  await expect(sections).toBeHidden();
  await menu.click();
  await expect(sections).toBeVisible();
  await expect(menu).toHaveAttribute('aria-expanded', 'true');
  await page.keyboard.press('Escape');
  await expect(sections).toBeHidden();
});
