'use strict';

it('hangs', () => new Promise(() => setInterval(() => {}, 1000))).timeout(0);
