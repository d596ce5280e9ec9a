'use strict';

it('takes mocha down', () => process.kill(process.pid, 'SIGSEGV'));
