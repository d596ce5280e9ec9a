'use strict';

const assert = require('node:assert/strict');
const { Builder, Browser } = require('selenium-webdriver');
const chrome = require('selenium-webdriver/chrome');

it('opens a page', async () => {
  const options = new chrome.Options().addArguments('--headless=new', '--no-sandbox',
    '--disable-dev-shm-usage', '--disable-background-networking');
  options.setChromeBinaryPath(process.env.CHROME || '/usr/bin/chromium');
  const driver = await new Builder().forBrowser(Browser.CHROME).setChromeOptions(options)
    .setChromeService(new chrome.ServiceBuilder('/usr/bin/chromedriver')).build();
  try {
    await driver.get('data:text/html,<title>Hello</title>');
    assert.equal(await driver.getTitle(), 'Hello');
  } finally {
    await driver.quit();
  }
});
