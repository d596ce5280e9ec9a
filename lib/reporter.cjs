// Tells ft-run how each spec ends in a start of Playwright that several share:
// see "Shared starts" in ft-runners(5).
'use strict';
const fs = require('node:fs');
const path = require('node:path');

const share = JSON.parse(fs.readFileSync(process.env.FT_SHARE, 'utf8'));

function real(file) {
  try {
    return fs.realpathSync(file);
  } catch {
    return file;
  }
}

// What a folder holds beside some names goes into another as well: the blob
// reporter wants to find it in the end.
function copyAll(from, to, without) {
  if (!fs.existsSync(from)) return;
  for (const name of fs.readdirSync(from))
    if (!without(name))
      fs.cpSync(path.join(from, name), path.join(to, name), { recursive: true });
}

function messages(result) {
  return result.errors.map((e) => ({ message: e.message ?? e.value ?? '' }));
}

// As Playwright's own json reporter has it, as far as ft-run reads it.
function suiteOf(suite) {
  return {
    title: suite.title,
    specs: suite.tests.map((test) => ({
      title: test.title,
      tests: [
        {
          status: test.outcome(),
          results: test.results.map((r) => ({
            status: r.status,
            errors: messages(r),
          })),
        },
      ],
    })),
    suites: suite.suites.map(suiteOf),
  };
}

class Reporter {
  printsToStdio() {
    return false;
  }

  onBegin(config, root) {
    this.config = config;
    this.events = fs.openSync(share.events, 'w');
    this.specs = new Map();
    this.given = new Set();
    share.specs.forEach((spec, index) => {
      const m = { ...spec, index, left: new Set(), suites: [], errors: [] };
      this.specs.set(spec.spec, m).set(real(spec.spec), m);
    });
    for (const project of root.suites)
      for (const suite of project.suites) this.expect(suite);
  }

  expect(suite) {
    const m = suite.location && this.specs.get(suite.location.file);
    if (!m) return;
    m.suites.push(suite);
    for (const test of suite.allTests()) m.left.add(test);
  }

  of(test) {
    for (let suite = test && test.parent; suite; suite = suite.parent)
      if (suite.type === 'file') return this.specs.get(suite.location.file);
    return this.now;
  }

  tell(...words) {
    fs.writeSync(this.events, words.join(' ') + '\n');
  }

  begin(m) {
    if (!m || m.begun) return;
    m.begun = true;
    this.now = m;
    this.tell('begin', m.index);
  }

  log(m, text) {
    if (m) fs.appendFileSync(m.log, text);
  }

  onTestBegin(test) {
    this.begin(this.of(test));
  }

  onStdOut(chunk, test) {
    this.log(this.of(test), chunk);
  }

  onStdErr(chunk, test) {
    this.log(this.of(test), chunk);
  }

  onError(error) {
    if (this.now) this.now.errors.push({ message: error.message ?? '' });
  }

  onTestEnd(test, result) {
    const m = this.of(test);
    if (!m || m.ended) return;
    this.begin(m);
    const title = test.titlePath().slice(3).join(' › ');
    this.log(m, `${result.status}: ${title} (${result.duration} ms)\n`);
    for (const { message } of messages(result)) this.log(m, message + '\n');
    const final =
      result.status === 'skipped' ||
      test.outcome() !== 'unexpected' ||
      result.retry >= test.retries;
    if (result.status !== 'interrupted' && final) m.left.delete(test);
    if (m.left.size === 0) this.end(m);
  }

  end(m) {
    m.ended = true;
    const stats = { expected: 0, unexpected: 0, flaky: 0, skipped: 0 };
    for (const suite of m.suites)
      for (const test of suite.allTests()) stats[test.outcome()]++;
    const report = { stats, errors: m.errors, suites: m.suites.map(suiteOf) };
    fs.writeFileSync(m.result, JSON.stringify(report));
    this.give(m);
    const bad = stats.unexpected > 0 ||
      (stats.flaky > 0 && this.config.failOnFlakyTests);
    this.now = undefined;
    this.tell('end', m.index, bad ? 1 : 0);
  }

  // With one worker, what is new in the folder of artifacts is this spec's.
  give(m) {
    const from = path.join(share.out, 'artifacts');
    copyAll(from, path.join(m.out, 'artifacts'), (name) =>
      name.startsWith('.') || this.given.has(name));
    for (const name of fs.existsSync(from) ? fs.readdirSync(from) : [])
      this.given.add(name);
  }

  // What belongs to all, like the blob, is the first one's that there is.
  onEnd() {
    const first = share.specs.find((spec) => spec.out);
    if (first) copyAll(share.out, first.out, (name) => name === 'artifacts');
  }
}

module.exports = Reporter;
