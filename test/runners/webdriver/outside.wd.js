'use strict';

it('is in no describe', () => {});
