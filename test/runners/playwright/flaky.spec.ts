import { expect, test } from '@playwright/test';

test.describe.configure({ retries: 1 });

test('passes at the second try', ({}, info) => {
  expect(info.retry).toBe(1);
});

test('passes at once', () => {});
