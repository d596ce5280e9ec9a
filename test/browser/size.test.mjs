import assert from 'node:assert/strict';
import {test} from 'node:test';
import {open, report, tasks} from './browser.mjs';

// Small and shared machines judge no time: the best of three is printed, and
// what makes it short is asserted: the size, and that only rows near the window
// are in the document.
async function best(measure) {
	return Math.round(Math.min(await measure(), await measure(),
		await measure()));
}

const paint = page => page.evaluate(() => new Promise(done =>
	new PerformanceObserver(list => done(list.getEntries()[0].startTime))
		.observe({type: 'paint', buffered: true})));
const ready = page => page.evaluate(() =>
	performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd);

function opened(html, measure) {
	return best(async () => {
		const page = await open(html);
		const took = await measure(page);

		await page.context().close();
		return took;
	});
}

test('a thousand tasks are under 1 MB', async () => {
	const html = report(tasks(1000));

	assert.ok(html.length < 1e6, `${html.length} bytes`);
	console.log(`# 1,000 tasks: ${html.length} bytes, ready in ${
		await opened(html, ready)} ms`);
});

test('of twenty thousand tasks those near the window are there', async () => {
	const html = report(tasks(20000));
	const painted = await opened(html, paint);
	const page = await open(html);
	const timed = (key, to) => page.evaluate(([k, t]) => {
		const from = performance.now();

		change(k, t);
		document.body.getBoundingClientRect();
		return performance.now() - from;
	}, [key, to]);
	const few = async () => {
		const there = await page.locator('#table tbody tr').count();

		assert.ok(there > 0 && there < 1500, `${there} rows`);
	};

	assert.ok(html.length < 20e6, `${html.length} bytes`);
	await few();
	await page.waitForFunction(() => rows.every(r => r.words));
	const took = {
		sort: await best(() => timed('sort', '-seconds')),
		words: await best(() => timed('sort', 'spec')),
		filter: await best(() => timed('viewport', 'mobile')),
		search: await best(() => timed('q', 'spec_01')),
	};

	await few();
	assert.match(await page.locator('#shown').textContent(),
		/^500 of 20000/);
	console.log(`# 20,000 tasks: ${html.length} bytes, painted after ` +
		`${painted} ms, ${JSON.stringify(took)}`);
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
