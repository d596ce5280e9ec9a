import path from 'node:path';

const result = process.env.FT_RESULT_FILE;

export const config = {
  runner: 'local',
  specs: ['./*.wd.js'],
  maxInstances: 1,
  logLevel: 'error',
  framework: 'mocha',
  mochaOpts: { ui: 'bdd', timeout: 30000 },
  connectionRetryCount: 0,
  capabilities: [{
    browserName: 'chrome',
    'wdio:chromedriverOptions': { binary: '/usr/bin/chromedriver' },
    'goog:chromeOptions': {
      binary: process.env.CHROME || '/usr/bin/chromium',
      args: ['--headless=new', '--no-sandbox', '--disable-dev-shm-usage', '--disable-background-networking'],
    },
  }],
  reporters: [['junit', {
    outputDir: path.dirname(result),
    outputFileFormat: () => path.basename(result),
  }]],
};
