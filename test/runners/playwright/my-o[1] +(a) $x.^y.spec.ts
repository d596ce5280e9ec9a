import { expect, test } from '@playwright/test';

test.describe('the till', () => {
  test('adds', () => {
    expect(1 + 1).toBe(2);
  });

  test('gives change', () => {
    expect(7, 'the \u001b[31mchange\u001b[0m').toBe(8);
  });
});
