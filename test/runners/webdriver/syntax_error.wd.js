'use strict';

it('is never read', () => {
