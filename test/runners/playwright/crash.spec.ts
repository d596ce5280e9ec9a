import { test } from '@playwright/test';

test('takes its worker down', () => {
  process.kill(process.pid, 'SIGSEGV');
});
