// browser - what the tests of the page share: records, pages, a browser
import {spawnSync} from 'node:child_process';
import {createServer} from 'node:http';
import {mkdtempSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, afterEach, before} from 'node:test';
import {pathToFileURL} from 'node:url';
import {chromium} from 'playwright-core';

const START = Date.UTC(2026, 10, 24, 2, 0, 0);
const folder = mkdtempSync(join(process.env.BATS_TEST_TMPDIR || tmpdir(),
	'page-'));
let browser;
let pages = 0;

before(async () => {
	browser = await chromium.launch({
		executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
		args: ['--no-sandbox', '--disable-background-networking',
			'--disable-component-update', '--no-first-run'],
	});
});

// A page that stays open goes on drawing and refreshing beside the next test.
afterEach(() => Promise.all(browser.contexts().map(c => c.close())));

after(() => browser?.close());

/** The record of task i, of four slots on two workers. */
export function task(i, more = {}) {
	const group = ['search', 'stores', 'checkout'][i % 3];
	const spec = `${group}/spec_${String(i).padStart(5, '0')}.js`;
	const viewport = ['desktop', 'mobile'][i % 2];
	const browserName = ['chrome', 'firefox', 'webkit'][i % 3];
	const duration = 500 + i * 7919 % 9000;
	const started = START + Math.floor(i / 4) * 10000;

	return {
		id: `${group}/${spec}/${viewport}-${browserName}`, group, spec,
		viewport, browser: browserName, runner: 'playwright',
		run: 'monday', worker: `node-${i % 2 + 1}`,
		slot: Math.floor(i / 2) % 2 + 1, attempt: 1, status: 'complete',
		result: 'passed', started_ms: started,
		finished_ms: started + duration, duration_ms: duration,
		artifacts: `monday/${i}/1`, ...more,
	};
}

export const failed = {result: 'failed', reason: 'exit', exit_code: 1,
	message: 'expected the nearest store\nbut found none',
	output: 'Running 1 test\n  1) find a store\n'};
export const flaky = {result: 'flaky', attempt: 2, attempts: [{attempt: 1,
	worker: 'node-2', slot: 2, result: 'failed', reason: 'timeout',
	started_ms: START, finished_ms: START + 900, message: 'too slow'}]};
export const running = {status: 'processing', result: 'unknown',
	finished_ms: undefined, duration_ms: undefined};

/** n tasks; of every hundred, three failed and two were flaky. */
export function tasks(n) {
	return Array.from({length: n}, (_, i) => task(i,
		i % 100 < 3 ? failed : i % 100 < 5 ? flaky : {}));
}

/** The page of records, a Buffer. */
export function report(records, ...flags) {
	const made = spawnSync('ft-report-html', flags, {
		input: records.map(r => JSON.stringify(r)).join('\n') + '\n',
		maxBuffer: 1 << 30});

	if (made.status !== 0)
		throw new Error(`ft-report-html: ${made.stderr}`);
	return made.stdout;
}

/** Open a page from disk; options are those of a browser context. */
export async function open(html, {hash = '', ...options} = {}) {
	const file = join(folder, `${++pages}.html`);

	writeFileSync(file, html);
	return visit(pathToFileURL(file) + hash, options);
}

/** Visit an address. What the page complains of is in page.complaints. */
export async function visit(url, options = {}) {
	// Smooth scrolling goes on while a test already measures.
	const context = await browser.newContext({timezoneId: 'UTC',
		reducedMotion: 'reduce', viewport: {width: 1280, height: 800},
		...options});
	const page = await context.newPage();

	page.complaints = [];
	page.asked = [];
	page.on('console', m => page.complaints.push(m.text()));
	page.on('pageerror', e => page.complaints.push(String(e)));
	page.on('dialog', d => {
		page.complaints.push(`dialog: ${d.message()}`);
		d.dismiss();
	});
	page.on('request', r => page.asked.push(r.url()));
	await page.goto(url);
	return page;
}

/** Serve what get() returns; gives the address and how to stop. */
export async function serve(get) {
	const server = createServer((request, reply) => {
		reply.setHeader('content-type', 'text/html; charset=utf-8');
		reply.end(get(request));
	});

	await new Promise(done => server.listen(0, '127.0.0.1', done));
	server.unref(); // a test that fails must end, too
	return {url: `http://127.0.0.1:${server.address().port}/`,
		stop: () => new Promise(done => {
			server.close(done);
			server.closeAllConnections();
		})};
}

export const column = (page, n) => page.$$eval(
	`#table tbody tr:not(.gap) > :nth-child(${n})`,
	cells => cells.map(c => c.textContent));
