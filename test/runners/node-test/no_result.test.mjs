// Takes the result file away that its runner writes.
import { rmSync } from 'node:fs';
import { test } from 'node:test';

test('takes the result away', () => rmSync(process.env.FT_RESULT_FILE));
