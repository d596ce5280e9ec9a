// One project a combination: {viewport}-{browser}. Chrome and Firefox are the
// system's own where there is one, else the builds that Playwright installs.
import { existsSync } from 'node:fs';
import { defineConfig, devices } from '@playwright/test';

const chromium = '/usr/bin/chromium';
const firefoxEsr = '/usr/bin/firefox-esr';

// Playwright starts Chromium without its sandbox, which root and most pods
// cannot have: these specs open no page but our own.
const chrome = {
  launchOptions: {
    executablePath: existsSync(chromium) ? chromium : undefined,
    args: [
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  },
};

const firefox = existsSync(firefoxEsr)
  ? { channel: 'moz-firefox', launchOptions: { executablePath: firefoxEsr } }
  : {};

export default defineConfig({
  testDir: '.',
  retries: 0,
  use: {
    baseURL: process.env.BASE_URL || 'http://127.0.0.1:8080',
    headless: true,
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
  },
  projects: [
    { name: 'desktop-chrome', use: { ...devices['Desktop Chrome'], ...chrome } },
    { name: 'mobile-chrome', use: { ...devices['Pixel 7'], ...chrome } },
    { name: 'desktop-firefox', use: { ...devices['Desktop Firefox'], ...firefox } },
    { name: 'desktop-webkit', use: devices['Desktop Safari'] },
    { name: 'mobile-webkit', use: devices['iPhone 15'] },
    // no mobile-firefox: Playwright's Firefox cannot play a phone
  ],
});
