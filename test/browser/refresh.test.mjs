import assert from 'node:assert/strict';
import {test} from 'node:test';
import {column, failed, open, report, running, serve, task, visit}
	from './browser.mjs';

const underWay = (n, more = {}) => Array.from({length: 60}, (_, i) =>
	task(i, i === 1 ? failed : i < n ? {} : {...running, ...more}));

test('a run under way refreshes and keeps scroll, filter and focus',
	async () => {
		let html = report(underWay(20), '-u', '1');
		const server = await serve(() => html);
		const page = await visit(server.url);

		await page.getByLabel('Viewport').selectOption('mobile');
		await page.getByRole('searchbox').fill('spec');
		await page.locator('#failures details').evaluate(
			d => { d.open = false; });
		await page.locator('#tasks').evaluate(e =>
			e.scrollIntoView({behavior: 'instant'}));
		const before = await page.locator('#tasks').evaluate(
			e => e.getBoundingClientRect().top);

		html = report(underWay(50), '-u', '1');
		await page.waitForFunction(() =>
			document.title.includes('50 of 60'));
		assert.equal(await page.evaluate(() =>
			document.activeElement.name), 'q');
		assert.equal(await page.getByRole('searchbox').inputValue(),
			'spec');
		assert.deepEqual([...new Set(await column(page, 4))],
			['mobile']);
		assert.equal(await page.locator('#failures details')
			.getAttribute('open'), null);
		const after = await page.locator('#tasks').evaluate(
			e => e.getBoundingClientRect().top);

		assert.ok(Math.abs(after - before) < 2, `${before} ${after}`);
		assert.deepEqual(page.complaints, []);
		await server.stop();
	});

test('a refresh leaves open what is open, and closed what is closed',
	async () => {
		const rerun = {rerun: 'playwright test spec'};
		const underWay = n => report(Array.from({length: 60}, (_, i) =>
			task(i, i < 4 ? {...failed, ...rerun}
				: i < n ? {} : running)), '-u', '1');
		const states = page => page.$$eval('#failures details',
			all => all.map(d => d.open));
		// of four failures: their output, how to run them by hand
		const wanted = [true, false, false, false, true, true,
			false, true];
		const set = async page => {
			await page.$$eval('#failures details', (all, wanted) =>
				all.forEach((d, i) => { d.open = wanted[i]; }),
			wanted);
		};
		let html = underWay(20);
		const server = await serve(() => html);
		const page = await visit(server.url);

		assert.deepEqual(await states(page), [true, false, true, false,
			true, false, true, false]);
		await set(page);
		html = underWay(50);
		await page.waitForFunction(() =>
			document.title.includes('50 of 60'));
		assert.deepEqual(await states(page), wanted);
		await server.stop();

		const onDisk = await open(html);

		await set(onDisk);
		await onDisk.waitForEvent('load');
		assert.deepEqual(await states(onDisk), wanted);
	});

test('focus on a link of a part that is replaced stays there', async () => {
	let html = report(underWay(20), '-u', '1');
	const server = await serve(() => html);
	const page = await visit(server.url);

	await page.getByRole('link', {name: '1 failed'}).focus();
	html = report(underWay(50), '-u', '1');
	await page.waitForFunction(() => document.title.includes('50 of 60'));
	assert.equal(await page.evaluate(() =>
		document.activeElement.getAttribute('href')), '#result=failed');
	await server.stop();
});

test('focus on a link in the table stays in the table', async () => {
	let html = report(underWay(20), '-u', '1');
	const server = await serve(() => html);
	const page = await visit(server.url);

	await page.locator('#table a[href="#t1"]').focus();
	html = report(underWay(50), '-u', '1');
	await page.waitForFunction(() => document.title.includes('50 of 60'));
	assert.ok(await page.evaluate(() =>
		document.activeElement.matches('#table a[href="#t1"]')));
	await server.stop();
});

test('a finished run is not asked for again', async () => {
	let html = report(underWay(20), '-u', '1');
	let asked = 0;
	const server = await serve(() => {
		asked++;
		return html;
	});
	const page = await visit(server.url);

	html = report(underWay(60), '-u', '1');
	await page.waitForFunction(() => document.title.includes('1 of 60'));
	const then = asked;

	await page.waitForTimeout(2500);
	assert.equal(asked, then);
	await server.stop();
});

test('a server that is gone leaves the page as it was', async () => {
	const html = report(underWay(20), '-u', '1');
	const server = await serve(() => html);
	const page = await visit(server.url);

	await server.stop();
	await page.getByText('out of reach').waitFor();
	assert.equal((await column(page, 1)).length, 60);
});

test('a page on a disk loads itself again', async () => {
	const page = await open(report(underWay(20), '-u', '1'),
		{hash: '#viewport=mobile'});

	await page.getByRole('searchbox').focus();
	await page.waitForEvent('load');
	await page.waitForFunction(() => document.activeElement.name === 'q');
	assert.deepEqual([...new Set(await column(page, 4))], ['mobile']);
});

test('a page that does not refresh makes no request', async () => {
	const server = await serve(() => report(underWay(60)));
	const page = await visit(server.url);

	await page.waitForTimeout(300);
	assert.deepEqual(page.asked, [server.url]);
	assert.deepEqual(page.complaints, []);
	await server.stop();
});
