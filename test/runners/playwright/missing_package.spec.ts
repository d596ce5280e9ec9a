import 'no-such-package';
import { test } from '@playwright/test';

test('never runs', () => {});
