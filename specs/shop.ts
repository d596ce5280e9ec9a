// The way into a section of the shop, as a person goes there.
import { type Page } from '@playwright/test';

export async function openSection(page: Page, name: string) {
  await page.goto('/');
  const menu = page.getByRole('button', { name: 'Menu' });
  if (await menu.isVisible())
    await menu.click();
  await page.getByRole('navigation').getByRole('link', { name }).click();
}
