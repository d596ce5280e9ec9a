// Kills Playwright itself, the parent of this process, while a browser is open:
// no result file, only a signal.
import { test } from '@playwright/test';

test('kills its runner', async ({ page }) => {
  await page.goto('/');
  process.kill(process.ppid, 'SIGKILL');
  await new Promise(() => {});
});
