import assert from 'node:assert/strict';
import {test} from 'node:test';
import {open, report, tasks} from './browser.mjs';

// CI's machines are small and shared: what is asked here is asked of the
// best of three, or of a few more while others keep the machine busy.
async function best(limit, measure) {
	const all = [];

	for (let i = 0; i < 3 || (i < 12 && Math.min(...all) >= limit); i++)
		all.push(await measure());
	return Math.min(...all);
}

const paint = page => page.evaluate(() => new Promise(done =>
	new PerformanceObserver(list => done(list.getEntries()[0].startTime))
		.observe({type: 'paint', buffered: true})));
const ready = page => page.evaluate(() =>
	performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd);

test('a thousand tasks are under 1 MB and ready in 0.3 s', async () => {
	const html = report(tasks(1000));

	assert.ok(html.length < 1e6, `${html.length} bytes`);
	const ms = await best(300, async () => {
		const page = await open(html);
		const took = await ready(page);

		await page.context().close();
		return took;
	});

	console.log(`# 1,000 tasks: ${html.length} bytes, ready in ${ms} ms`);
	assert.ok(ms < 300, `${ms} ms`);
});

test('twenty thousand tasks are usable', async () => {
	const html = report(tasks(20000));
	const painted = await best(1500, async () => {
		const page = await open(html);
		const took = await paint(page);

		await page.context().close();
		return took;
	});
	const page = await open(html);
	const timed = (key, to) => page.evaluate(([k, t]) => {
		const from = performance.now();

		change(k, t);
		document.body.getBoundingClientRect();
		return performance.now() - from;
	}, [key, to]);

	await page.waitForFunction(() => rows.every(r => r.words));
	const took = {
		sort: await best(200, () => timed('sort', '-seconds')),
		words: await best(200, () => timed('sort', 'spec')),
		filter: await best(200, () => timed('viewport', 'mobile')),
		search: await best(200, () => timed('q', 'spec_01')),
	};

	console.log(`# 20,000 tasks: ${html.length} bytes, painted after ` +
		`${painted} ms, ${JSON.stringify(took)}`);
	assert.ok(painted < 1500, `painted after ${painted} ms`);
	for (const [what, ms] of Object.entries(took))
		assert.ok(ms < 200, `${what}: ${ms} ms`);
});

test('scrolling shows every row once', async () => {
	const page = await open(report(tasks(2500)));
	const seen = new Set();

	for (let i = 0; i < 200; i++) {
		const at = await page.evaluate(() => {
			scrollBy({top: 1500, behavior: 'instant'});
			return new Promise(done => requestAnimationFrame(() =>
				setTimeout(() => done(scrollY + innerHeight), 20)));
		});

		for (const spec of await page.$$eval('#table th bdi',
			cells => cells.map(c => c.textContent)))
			seen.add(spec);
		if (at >= await page.evaluate(() =>
			document.documentElement.scrollHeight - 1))
			break;
	}
	assert.equal(seen.size, 2500);
	assert.ok(await page.locator('#table tbody tr').count() < 1500);
});
