import { existsSync, readdirSync, statSync } from 'node:fs';
import { test } from '@playwright/test';

const cache = process.env.PWTEST_CACHE_DIR!;

test('tells when each of its sources was transformed', () => {
  for (const name of readdirSync(cache, { recursive: true }) as string[])
    if (name.endsWith('.js'))
      console.log(`made ${name} ${statSync(`${cache}/${name}`).mtimeMs}`);
});

// Node.js makes the folder as it starts, and its files as it ends.
test('tells whether an earlier start has left compiled code', () => {
  const compiled = process.env.NODE_COMPILE_CACHE!;
  const files = existsSync(compiled) &&
    readdirSync(compiled, { recursive: true, withFileTypes: true }).some(one => one.isFile());
  if (files)
    console.log('compiled');
});
