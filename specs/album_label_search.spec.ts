import { expect, test } from '@playwright/test';
import { openSection } from './shop';

test.beforeEach(async ({ page }) => {
  await openSection(page, 'Albums');
});

test('finds every album of a label', async ({ page }) => {
  await page.getByLabel('Record label').fill('Blue Lantern');
  await page.getByRole('button', { name: 'Search' }).click();

  await expect(page.getByRole('status')).toHaveText('3 albums on “Blue Lantern”');
  await expect(page.getByRole('main').getByRole('heading', { level: 2 }))
    .toHaveText(['Midnight Bakery', 'Talk About It', 'Slow Tram Home']);
});

test('takes part of a name, in any case', async ({ page }) => {
  await page.getByLabel('Record label').fill('  casa ');
  await page.getByLabel('Record label').press('Enter');

  await expect(page.getByRole('status')).toHaveText('2 albums on “casa”');
});

test('says when nobody knows the label, and keeps what was typed', async ({ page }) => {
  await page.getByLabel('Record label').fill('<b>Nobody</b>');
  await page.getByRole('button', { name: 'Search' }).click();

  await expect(page.getByRole('status')).toHaveText('No albums on “<b>Nobody</b>”');
  await expect(page.getByLabel('Record label')).toHaveValue('<b>Nobody</b>');
});
