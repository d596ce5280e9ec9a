import { existsSync, readdirSync, statSync } from 'node:fs';
import { test } from '@playwright/test';

const cache = process.env.PWTEST_CACHE_DIR!;

test('tells when each of its sources was transformed', () => {
  for (const name of readdirSync(cache, { recursive: true }) as string[])
    if (name.endsWith('.js'))
      console.log(`made ${name} ${statSync(`${cache}/${name}`).mtimeMs}`);
});

// Node.js writes at its end, so that the first start in a slot finds none.
test('tells whether an earlier start has left compiled code', () => {
  const compiled = process.env.NODE_COMPILE_CACHE!;
  if (existsSync(compiled) && readdirSync(compiled).length > 0)
    console.log('compiled');
});
