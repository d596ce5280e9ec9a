import { defineConfig } from '@playwright/test';

const executablePath = '/usr/bin/chromium';

export default defineConfig({
  projects: [
    { name: 'desktop-chrome', use: { browserName: 'chromium', launchOptions: { executablePath } } },
    { name: 'desktop-webkit', use: { browserName: 'webkit' } },
    { name: 'desktop-nowhere', use: { browserName: 'chromium', launchOptions: { executablePath: '/no/such/browser' } } },
  ],
});
