import { test } from '@playwright/test';

test.skip('one', () => {});
test.fixme('two', () => {});
