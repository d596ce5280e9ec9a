'use strict';

const fs = require('node:fs');

function writeResult(spec, results) {
  fs.writeFileSync(process.env.FT_RESULT_FILE, JSON.stringify(results));
}

module.exports = {
  e2e: {
    specPattern: '**/*.cy.js',
    supportFile: false,
    setupNodeEvents(on) {
      if (process.env.NO_RESULT)
        return;
      on('after:spec', writeResult);
      on('task', {
        crash: () => process.kill(process.ppid, 'SIGSEGV'),
        loud() {
          const line = Buffer.alloc(1 << 20, 'x'.repeat(79) + '\n');
          for (let i = 0; i < 100; i++)
            fs.writeSync(1, line);
          return null;
        },
        bytes() {
          fs.writeSync(1, Buffer.from([0x61, 0xff, 0xc0, 0x80, 0x62, 0x0a]));
          return null;
        },
      });
    },
  },
  video: false,
  screenshotOnRunFailure: false,
};
