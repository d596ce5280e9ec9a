'use strict';

const assert = require('node:assert/strict');
const { openShop } = require('./driver');

describe('find a store', () => {
  let shop;

  before(async () => {
    shop = await openShop();
  });
  beforeEach(() => shop.visit('Find a store'));
  after(() => shop?.close());

  it('finds the stores of a town', async () => {
    await shop.fill('Town or postcode', 'minnow');
    await shop.search();
    await shop.says('2 stores near “minnow”');
    assert.deepEqual(await shop.titles(), ['Minnow, 44 Hennepin Street', 'Minnow, 7 Lake View']);
  });

  it('finds a store by its postcode', async () => {
    await shop.fill('Town or postcode', 'OM27LP');
    await shop.search();
    await shop.says('1 store near “OM27LP”');
    assert.deepEqual(await shop.titles(), ['Old Mill, 12 Weaver Lane']);
  });
});
