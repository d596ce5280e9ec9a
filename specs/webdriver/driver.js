// The shop in a real browser, as BROWSER (chrome, webkit) and VIEWPORT (desktop,
// mobile) ask. The drivers are the system's own: nothing is ever downloaded.
'use strict';

const { Browser, Builder, By, error } = require('selenium-webdriver');
const chrome = require('selenium-webdriver/chrome');
const { DriverService } = require('selenium-webdriver/remote');

process.env.SE_OFFLINE = 'true';

const base = process.env.BASE_URL || 'http://127.0.0.1:8080';
const patience_ms = 10000;

const viewports = {
  desktop: { width: 1280, height: 720 },
  mobile: { width: 412, height: 839 },
};

const browsers = { chrome: openChrome, webkit: openWebkit };

// No sandbox: root and most pods cannot have it, and the page is our own.
const chromeArgs = [
  '--headless=new',
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

async function openChrome(size, isMobile) {
  const service = new chrome.ServiceBuilder('/usr/bin/chromedriver');
  const options = new chrome.Options().addArguments(...chromeArgs).windowSize(size);
  options.setChromeBinaryPath('/usr/bin/chromium');
  if (isMobile)
    options.setMobileEmulation({ deviceMetrics: { ...size, pixelRatio: 2 } });
  const driver = await new Builder().forBrowser(Browser.CHROME)
    .setChromeService(service).setChromeOptions(options).build();
  return [driver, () => driver.quit()];
}

// WebKitGTK's driver starts its own MiniBrowser. Without a DISPLAY it would wait
// for ever, and no window gets narrower than the tool bar, some 450 pixels.
async function openWebkit(size) {
  if (!process.env.DISPLAY)
    throw new Error('WebKit needs a DISPLAY: start the spec under xvfb-run -a');
  const service = new DriverService.Builder('/usr/bin/WebKitWebDriver').setLoopback(true).build();
  try {
    const url = await service.start();
    const driver = await new Builder().usingServer(url)
      .withCapabilities({ browserName: 'MiniBrowser' }).build();
    await driver.manage().window().setRect(size);
    return [driver, () => driver.quit().finally(() => service.kill())];
  } catch (trouble) {
    await service.kill();
    throw trouble;
  }
}

function choose(table, variable, fallback) {
  const name = process.env[variable] || fallback;
  if (!Object.hasOwn(table, name))
    throw new Error(`${variable} is ${name}, not one of: ${Object.keys(table).join(', ')}`);
  return table[name];
}

// WebKit fails a command that is under way when its page is left: here that is
// no failure but an answer still to come.
async function unlessLeaving(command) {
  try {
    return await command();
  } catch (trouble) {
    if (trouble instanceof error.NoSuchFrameError || trouble instanceof error.StaleElementReferenceError)
      return null;
    throw trouble;
  }
}

// What a person does in the shop.
class Shop {
  constructor(driver, close) {
    this.driver = driver;
    this.close = close;
  }

  async visit(section) {
    await this.driver.get(base);
    const menu = await this.driver.findElement(By.id('menu'));
    if (await menu.isDisplayed())
      await menu.click();
    await this.follow(By.linkText(section));
    await this.shows(By.xpath(`//h1[contains(., "${section}")]`), `no page: ${section}`);
  }

  async follow(locator) {
    const element = await this.driver.findElement(locator);
    await unlessLeaving(() => element.click());
  }

  // Waits, since a click may return before the next page is there.
  async shows(locator, otherwise) {
    const found = async () => (await this.driver.findElements(locator)).length > 0;
    await this.driver.wait(() => unlessLeaving(found), patience_ms, otherwise);
  }

  field(label) {
    return this.driver.findElement(By.xpath(`//*[@id = //label[. = "${label}"]/@for]`));
  }

  async fill(label, text) {
    const field = await this.field(label);
    await field.clear();
    await field.sendKeys(text);
  }

  async choose(label, option) {
    const field = await this.field(label);
    await field.findElement(By.xpath(`option[. = "${option}"]`)).click();
  }

  search() {
    return this.follow(By.css('form button'));
  }

  says(text) {
    return this.shows(By.xpath(`//*[@role = "status"][. = "${text}"]`), `the shop never said: ${text}`);
  }

  async titles() {
    const headings = await this.driver.findElements(By.css('main h2'));
    return Promise.all(headings.map((heading) => heading.getText()));
  }
}

async function openShop() {
  const open = choose(browsers, 'BROWSER', 'chrome');
  const size = choose(viewports, 'VIEWPORT', 'desktop');
  return new Shop(...await open(size, size === viewports.mobile));
}

module.exports = { openShop };
