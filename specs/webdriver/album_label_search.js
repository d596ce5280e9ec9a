'use strict';

const assert = require('node:assert/strict');
const { openShop } = require('./driver');

describe('album label search', () => {
  let shop;

  before(async () => {
    shop = await openShop();
  });
  beforeEach(() => shop.visit('Albums'));
  after(() => shop?.close());

  it('finds every album of a label', async () => {
    await shop.fill('Record label', 'Blue Lantern');
    await shop.search();
    await shop.says('3 albums on “Blue Lantern”');
    assert.deepEqual(await shop.titles(), ['Midnight Bakery', 'Talk About It', 'Slow Tram Home']);
  });

  it('says when nobody knows the label', async () => {
    await shop.fill('Record label', 'Nobody');
    await shop.search();
    await shop.says('No albums on “Nobody”');
    assert.deepEqual(await shop.titles(), []);
  });
});
