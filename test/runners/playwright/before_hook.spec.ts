import { test } from '@playwright/test';

test.beforeAll(() => {
  throw new Error('the till is locked');
});

test('never runs', () => {});
test('nor this', () => {});
