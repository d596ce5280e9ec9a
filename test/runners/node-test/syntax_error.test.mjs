import { test } from 'node:test';

test('is never read', () => {
