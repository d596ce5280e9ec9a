import { test } from 'node:test';

test('one', { skip: true }, () => {});
test.skip('two');
