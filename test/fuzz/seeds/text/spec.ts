import {test, expect} from '@playwright/test';

// test('is not one', ...
test.describe('a basket', () => {
	test('keeps "what\'s" put in', async ({page}) => {
		await page.goto('/basket'); /* test('nor this' */
		await expect(page.getByRole('row')).toHaveCount(1);
	});
	it.skip(`waits ${1}`, () => {});
});
