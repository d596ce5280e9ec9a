import { expect, test } from '@playwright/test';
import { openSection } from './shop';

test.beforeEach(async ({ page }) => {
  await openSection(page, 'Find a store');
});

test('finds the stores of a town', async ({ page }) => {
  await page.getByLabel('Town or postcode').fill('minnow');
  await page.getByRole('button', { name: 'Search' }).click();

  await expect(page.getByRole('status')).toHaveText('2 stores near “minnow”');
  await expect(page.getByText('44 Hennepin Street')).toBeVisible();
});

test('finds a store by its postcode, with or without the space', async ({ page }) => {
  for (const postcode of ['om2 7lp', 'OM27LP']) {
    await page.getByLabel('Town or postcode').fill(postcode);
    await page.getByRole('button', { name: 'Search' }).click();

    await expect(page.getByRole('status')).toHaveText(`1 store near “${postcode}”`);
    await expect(page.getByRole('heading', { name: 'Old Mill, 12 Weaver Lane' })).toBeVisible();
  }
});

test('says when no store is near', async ({ page }) => {
  await page.getByLabel('Town or postcode').fill('Atlantis');
  await page.getByRole('button', { name: 'Search' }).click();

  await expect(page.getByRole('status')).toHaveText('No store near “Atlantis”');
});
