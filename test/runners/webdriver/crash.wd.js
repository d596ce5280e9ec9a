'use strict';

describe('the till', () => {
  it('takes its process down', () => process.kill(process.pid, 'SIGSEGV'));
});
