import { expect, test } from '@playwright/test';

test('adds', () => {
  expect(1 + 1).toBe(2);
});

test('subtracts', () => {
  expect(2 - 1).toBe(1);
});

test.skip('divides', () => {});
