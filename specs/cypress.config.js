// Cypress is optional: scripts/install-cypress.sh installs it.
'use strict';

const fs = require('node:fs');

// The exit status is only a number of failures, so the result of the one spec
// of this run goes to the file that FT_RESULT_FILE names.
function writeResult(spec, results) {
  const file = process.env.FT_RESULT_FILE;
  if (file)
    fs.writeFileSync(file, JSON.stringify(results));
}

module.exports = {
  e2e: {
    baseUrl: process.env.BASE_URL || 'http://127.0.0.1:8080',
    specPattern: 'cypress/*.cy.js',
    supportFile: false,
    setupNodeEvents(on) {
      on('after:spec', writeResult);
    },
  },
  viewportWidth: 1280,
  viewportHeight: 720,
  screenshotsFolder: 'test-results/cypress',
  video: false,
};
