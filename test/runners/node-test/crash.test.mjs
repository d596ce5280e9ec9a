import { test } from 'node:test';

test('takes its process down', () => process.kill(process.pid, 'SIGSEGV'));
