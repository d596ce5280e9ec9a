import { readdirSync, statSync } from 'node:fs';
import { test } from '@playwright/test';

const cache = process.env.PWTEST_CACHE_DIR!;

test('tells when each of its sources was transformed', () => {
  for (const name of readdirSync(cache, { recursive: true }) as string[])
    if (name.endsWith('.js'))
      console.log(`made ${name} ${statSync(`${cache}/${name}`).mtimeMs}`);
});
