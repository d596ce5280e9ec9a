'use strict';

const assert = require('node:assert/strict');
const { openShop } = require('./driver');

describe('kids clothing search', () => {
  let shop;

  before(async () => {
    shop = await openShop();
  });
  beforeEach(() => shop.visit("Kids' clothing"));
  after(() => shop?.close());

  it('finds a kind of clothes', async () => {
    await shop.fill('Looking for', 'coat');
    await shop.search();
    await shop.says('2 things to wear');
    assert.deepEqual(await shop.titles(), ['Yellow raincoat', 'Quilted winter coat']);
  });

  it('leaves out what does not fit the age', async () => {
    await shop.fill('Looking for', 'shirt');
    await shop.choose('Age', '8-10');
    await shop.search();
    await shop.says('1 thing to wear');
    assert.deepEqual(await shop.titles(), ['Striped T-shirt']);
  });
});
