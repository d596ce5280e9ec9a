'use strict';

it.skip('one', () => {});
it('two');
