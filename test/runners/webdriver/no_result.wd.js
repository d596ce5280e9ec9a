'use strict';

it('ends mocha', () => process.exit(0));
