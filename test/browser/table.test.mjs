import assert from 'node:assert/strict';
import {test} from 'node:test';
import {column, failed, open, report, running, task, tasks}
	from './browser.mjs';

const RESULT = 1, SPEC = 2, VIEWPORT = 4, SECONDS = 9;

test('a click on a heading sorts, a second one turns it round', async () => {
	const page = await open(report(tasks(50)));
	const heading = page.getByRole('button', {name: 'Seconds'});
	const numbers = async () => (await column(page, SECONDS)).map(Number);

	await heading.click();
	assert.deepEqual(await numbers(),
		(await numbers()).sort((a, b) => b - a));
	assert.equal(await page.getByRole('columnheader', {name: 'Seconds'})
		.getAttribute('aria-sort'), 'descending');
	await heading.click();
	assert.deepEqual(await numbers(),
		(await numbers()).sort((a, b) => a - b));
});

test('results sort with the bad ones first', async () => {
	const page = await open(report(tasks(50)));

	await page.getByRole('button', {name: 'Result'}).click();
	assert.deepEqual((await column(page, RESULT)).slice(0, 6), ['failed',
		'failed', 'failed', 'flaky', 'flaky', 'passed']);
});

test('filters narrow the table and each other', async () => {
	const page = await open(report(tasks(120)));

	await page.getByLabel('Result').selectOption('failed');
	assert.equal((await column(page, RESULT)).length, 6);
	await page.getByLabel('Viewport').selectOption('mobile');
	assert.deepEqual([...new Set(await column(page, VIEWPORT))],
		['mobile']);
	assert.match(await page.locator('#shown').textContent(),
		/^2 of 120 tasks/);
	await page.getByRole('button', {name: 'Clear'}).click();
	await page.locator('#shown', {hasNotText: 'of'})
		.waitFor({state: 'attached'});
	assert.equal((await column(page, RESULT)).length, 120);
});

test('the search finds words of a spec, a message and an id', async () => {
	const page = await open(report(tasks(60)));
	const search = page.getByRole('searchbox');

	for (const [words, count] of [['spec_00042', 1], ['nearest STORE', 3],
		['stores/stores/spec_00001.js/mobile-firefox', 1],
		['stores mobile', 10], ['nowhere at all', 0]]) {
		await search.fill(words);
		assert.equal((await column(page, SPEC)).length, count, words);
	}
});

test('the address holds the view', async () => {
	const html = report(tasks(120));
	const page = await open(html);

	await page.getByRole('searchbox').fill('spec_0000');
	await page.getByLabel('Group').selectOption('stores');
	await page.getByRole('button', {name: 'Seconds'}).click();
	const {hash} = new URL(page.url());
	const sent = await open(html, {hash});

	assert.deepEqual(await column(sent, SPEC), await column(page, SPEC));
	assert.equal((await column(sent, SPEC)).length, 3);
	assert.equal(await sent.getByLabel('Group').inputValue(), 'stores');
	assert.equal(await sent.getByRole('searchbox').inputValue(), 'spec_0000');
});

test('a count leads to its tasks', async () => {
	const page = await open(report(tasks(120)));

	await page.getByRole('link', {name: '4 flaky'}).click();
	await page.waitForFunction(() => location.hash === '#result=flaky');
	await page.waitForFunction(() =>
		document.querySelectorAll('#table tbody tr').length === 4);
	assert.equal(await page.getByLabel('Result').inputValue(), 'flaky');
});

test('everything can be done from the keyboard', async () => {
	const page = await open(report(tasks(60)));

	await page.keyboard.press('/');
	await page.keyboard.type('failed');
	assert.equal((await column(page, SPEC)).length, 3);
	await page.getByRole('button', {name: 'Spec'}).focus();
	await page.keyboard.press('Enter');
	await page.keyboard.press('Enter');
	assert.match((await column(page, SPEC))[0], /stores.spec_00001/);
	await page.keyboard.press('Tab');
	assert.equal(await page.evaluate(() =>
		document.activeElement.textContent), 'Group');
	await page.locator('.plot').focus();
	await page.keyboard.press('+');
	const zoomed = await page.locator('.bars').getAttribute('viewBox');

	await page.keyboard.press('ArrowRight');
	assert.notEqual(await page.locator('.bars').getAttribute('viewBox'),
		zoomed);
	await page.keyboard.press('0');
	assert.match(await page.locator('.bars').getAttribute('viewBox'),
		/^0 0 /);
});

test('a failure in the table leads to what it said', async () => {
	const page = await open(report([task(0), task(1, failed)]));

	await page.locator('#table').getByRole('link', {name: 'spec_00001'})
		.click();
	const article = page.locator('article:target');

	assert.match(await article.textContent(), /but found none/);
	assert.match(await article.locator('.output').textContent(),
		/1\) find a store/);
});

test('pointing at the timeline names the attempt', async () => {
	const page = await open(report(tasks(8)));
	const box = await page.locator('.bars').boundingBox();

	await page.locator('.bars').scrollIntoViewIfNeeded();
	await page.locator('.bars').hover({position: {x: 3, y: 9}});
	assert.match(await page.locator('#pointed').textContent(),
		/spec_00000\.js desktop, chrome, failed/);
	assert.ok(box.width > 500);
});

test('what was lost is drawn where it was, and named', async () => {
	const first = task(0).started_ms;
	const page = await open(report([task(0), task(4, {attempt: 2,
		attempts: [{attempt: 1, worker: 'node-9', slot: 1,
			reason: 'lost', started_ms: first + 1000,
			finished_ms: first + 9000}]})]));
	const lane = page.locator('.lanes li', {hasText: 'node-9/1'});

	assert.match(await page.locator('path.bar.lost').getAttribute('d'),
		/^M1000 \d+h8000$/);
	const y = (await lane.boundingBox()).y + 9;
	const bars = await page.locator('.bars').boundingBox();

	await page.locator('.bars').hover({position: {x: 5000 / +await page
		.locator('.timeline').getAttribute('data-span') * bars.width,
	y: y - bars.y}});
	assert.match(await page.locator('#pointed').textContent(),
		/spec_00004\.js .*, lost, 8\.00 s/);
});

test('each part of a divided spec is named in its own lane', async () => {
	const first = task(0).started_ms;
	const part = k => ({...task(0), id: `whole/${k}of3`, whole: 'whole',
		part: k, parts: 3, worker: `node-${k}`, slot: 1,
		started_ms: first, duration_ms: 10000 * k,
		finished_ms: first + 10000 * k, ...(k < 3 ? {} : running)});
	const page = await open(report([part(1), part(2), part(3)]));
	const said = [];

	await page.locator('.bars').scrollIntoViewIfNeeded();
	for (const y of [9, 27, 45]) {
		await page.locator('.bars').hover({position: {x: 9, y}});
		said.push(await page.locator('#pointed').textContent());
	}
	assert.deepEqual(said.map(s => s.replace(/^.*chrome, /, '')),
		['passed, 10.0 s', 'passed, 20.0 s', 'processing, 20.0 s']);
});

test('no label of the axis covers another, whatever the width', async () => {
	for (const [width, hours] of [[360, 0.01], [360, 30], [1280, 30]]) {
		const page = await open(report([task(0), task(4, {started_ms:
			task(0).started_ms + hours * 36e5})]),
		{viewport: {width, height: 800}});

		for (let i = 0; i < 4; i++) {
			const boxes = await page.$$eval('.axis text', all =>
				all.map(e => e.getBoundingClientRect())
					.map(b => [b.left, b.right]));

			assert.ok(boxes.length > 0);
			assert.ok(boxes.at(-1)[1] <= width);
			boxes.slice(1).forEach(([left], n) => assert.ok(
				left > boxes[n][1], `${width} px, ${hours} h`));
			await page.getByRole('button', {name: 'Zoom in'})
				.click();
		}
	}
});
