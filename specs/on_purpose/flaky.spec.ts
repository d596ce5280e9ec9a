// Fails at the first attempt and passes at the next, by a marker file that the
// pass takes away again. Attempts on several machines share FT_FLAKY_DIR.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@playwright/test';

const run = process.env.FT_RUN || 'by-hand';
const dir = process.env.FT_FLAKY_DIR || `/tmp/ft-flaky-${run}`;

function isFirst(marker: string) {
  try {
    mkdirSync(dir, { recursive: true });
    writeFileSync(marker, '', { flag: 'wx' });
    return true;
  } catch (error: any) {
    if (error.code !== 'EEXIST')
      throw error;
    return false;
  }
}

test('passes at the second attempt', async ({ page }, info) => {
  const marker = path.join(dir, `flaky-${info.project.name}`);
  await page.goto('/');
  expect(isFirst(marker), 'the first attempt').toBe(false);
  rmSync(marker);
});
