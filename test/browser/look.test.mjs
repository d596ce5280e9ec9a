import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {mkdirSync, readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {test} from 'node:test';
import {failed, flaky, open, report, running, task, tasks}
	from './browser.mjs';

const axe = readFileSync(createRequire(import.meta.url)
	.resolve('axe-core/axe.min.js'), 'utf8');
const shots = new URL('../../build/screenshots/', import.meta.url);
const unfinished = tasks(40).map((t, i) => i < 30 ? t : i < 34
	? {...t, ...running} : {...t, status: 'waiting', result: undefined,
		started_ms: undefined, worker: undefined});

mkdirSync(shots, {recursive: true});

async function shoot(page, name) {
	await page.screenshot({path: new URL(`${name}.png`, shots).pathname});
}

test('without scripts the failures and the whole table can be read',
	async () => {
		const page = await open(report(tasks(700)),
			{javaScriptEnabled: false});

		assert.equal(await page.locator('#table tbody tr').count(), 700);
		assert.ok(await page.locator('#table tbody tr').last()
			.isVisible());
		assert.ok(await page.getByText('but found none').first()
			.isVisible());
		assert.ok(!await page.locator('#filter').isVisible());
		assert.ok(await page.locator('.bars path').first().isVisible());
	});

test('the verdict comes first, then the failures, then all tasks', async () => {
	const page = await open(report(tasks(200)));
	const headings = await page.locator('h1, h2').allTextContents();

	assert.deepEqual(headings.map(h => h.trim()), ['6 of 200 failed',
		'Failures 6', 'Flaky 4', 'All tasks 200', 'Timeline',
		'Durations', 'Slowest', 'Totals']);
	assert.equal(await page.title(), '6 of 200 failed \u00b7 monday');
	await shoot(page, 'failed');
});

test('a passed run says so', async () => {
	const page = await open(report([task(0), task(1, flaky)]));

	assert.equal(await page.locator('h1').textContent(), 'All 2 passed');
	await shoot(page, 'light');
});

test('what runs is told with its age, the longest first', async () => {
	const page = await open(report([task(0), task(8, running),
		task(4, running), task(12)]));
	const rows = await page.locator('#running tbody tr').allTextContents();

	assert.equal(rows.length, 2);
	assert.match(rows[0], /spec_00004.*node-1\/1\s*2\d\.\d s/);
	assert.match(rows[1], /spec_00008.*node-1\/1\s*1\d\.\d s/);
});

test('no task is said in a sentence, without an empty table', async () => {
	const page = await open(report([]));

	assert.ok(await page.getByText('No record has come').isVisible());
	assert.ok(!await page.locator('#tasks').isVisible());
	assert.ok(!await page.locator('#totals').isVisible());
	await shoot(page, 'empty');
});

test('every section is one step away', async () => {
	const page = await open(report(tasks(200)));
	const links = page.locator('nav a');

	assert.deepEqual(await links.allTextContents(), ['Failures', 'Flaky',
		'All tasks', 'Timeline', 'Durations', 'Slowest', 'Totals']);
	await links.getByText('Totals').click();
	await page.waitForFunction(() => document.querySelector('#totals')
		.getBoundingClientRect().top < innerHeight);
});

test('the name of a failure is its address', async () => {
	const html = report(tasks(200));
	const page = await open(html);

	await page.locator('h3').nth(2).getByRole('link').click();
	const {hash} = new URL(page.url());
	const sent = await open(html, {hash});

	assert.match(await sent.locator('article:target h3').textContent(),
		/spec_00002/);
});

test('what was flaky shows its attempts side by side', async () => {
	const page = await open(report([task(1, flaky)]));
	const tries = page.locator('#flaky .attempts tbody tr');

	assert.equal(await tries.count(), 2);
	assert.match(await tries.first().textContent(), /failed.*too slow/);
	assert.match(await tries.last().textContent(), /^2\s*passed/);
});

test('times are told in the zone of the reader, with UTC at hand', async () => {
	const page = await open(report([task(0)]),
		{timezoneId: 'Asia/Tokyo'});
	const time = page.locator('#top time');

	assert.equal(await time.textContent(), '24 Nov 2026, 11:00:00');
	assert.equal(await time.getAttribute('title'),
		'24 Nov 2026, 02:00:00 UTC');
	assert.equal(await page.locator('#table td[data-t]').textContent(),
		'11:00:00');
});

test('files of an attempt are linked beside the page', async () => {
	const page = await open(report([task(7)]));

	assert.equal(await page.locator('#table td a').getAttribute('href'),
		'artifacts/monday/7/1/');
});

test('it follows the dark mode', async () => {
	const background = () => getComputedStyle(document.documentElement)
		.backgroundColor;
	const html = report(tasks(40));
	const light = await open(html);
	const dark = await open(html, {colorScheme: 'dark'});
	const brightness = rgb => rgb.match(/\d+/g).slice(0, 3)
		.reduce((sum, c) => sum + +c, 0) / 3;

	assert.ok(brightness(await light.evaluate(background)) > 230);
	assert.ok(brightness(await dark.evaluate(background)) < 50);
	await shoot(dark, 'dark');
});

const phone = {viewport: {width: 360, height: 740}};
const widthOf = page => page.evaluate(() =>
	document.documentElement.scrollWidth);

test('it fits a phone', async () => {
	const page = await open(report(tasks(40)), phone);

	assert.ok(await widthOf(page) <= 360);
	await shoot(page, 'phone');
});

test('nothing is too long for a phone, and what was tried can be read there',
	async () => {
		const long = 'a-long-name-without-a-space-'.repeat(12);
		const page = await open(report([task(0, {...failed, group: long,
			spec: long, worker: long, browser: long, message: long,
			attempts: [{...flaky.attempts[0], worker: long,
				message: long}]}), task(1, running),
		task(2, {...running, worker: long})]), phone);
		const why = await page.locator('.attempts td:nth-child(5)')
			.first().boundingBox();

		assert.ok(await widthOf(page) <= 360);
		assert.ok(why.width > 250, `${why.width} px for the reason`);
	});

test('it prints every task and no controls', async () => {
	const page = await open(report(tasks(700)));

	await page.setViewportSize({width: 718, height: 1047}); // of A4
	await page.emulateMedia({media: 'print'});
	await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
	const spec = await page.locator('#table tbody th').first()
		.boundingBox();

	assert.ok(spec.width > 200, `${spec.width} px for the spec`);
	assert.equal(await page.locator('#table tbody tr').count(), 700);
	assert.ok(!await page.locator('#filter').isVisible());
	assert.ok((await page.pdf()).length > 10000);
});

async function contented(page) {
	const {violations} = await page.evaluate(() => window.axe.run());

	assert.deepEqual(violations.map(v => [v.id,
		v.nodes.map(n => n.html).slice(0, 3)]), []);
}

for (const [name, records] of [['a failed run', tasks(30)],
	['a run under way', unfinished], ['no task', []]])
	for (const colorScheme of ['light', 'dark'])
		for (const width of [1280, 360])
			test(`axe finds nothing in ${name}, ${colorScheme}, ` +
				`${width} pixels wide`, async () => {
				const page = await open(report(records),
					{colorScheme, bypassCSP: true,
						viewport: {width, height: 800}});

				await page.evaluate(axe);
				await contented(page);
			});

const run = (name, more) => ({run: name, state: 'finished', total: 9,
	waiting: 0, processing: 0, complete: 9, passed: 9, failed: 0, error: 0,
	flaky: 0, cancelled: 0, created_ms: 1764000000000,
	started_ms: 1764000000000, elapsed_ms: 99000, ...more});
const runs = [run('monday'), run('tuesday', {failed: 2, passed: 7}),
	run('wednesday', {state: 'sealed', complete: 5, passed: 4, flaky: 1,
		processing: 2, waiting: 2}), run('a-long-name-'.repeat(5))];

const listed = (...flags) => spawnSync('jq', ['-rs', ...flags, '-f',
	'../../lib/jq/runs.jq'], {input: runs.map(r => JSON.stringify(r))
	.join('\n')}).stdout;

test('the list of runs loads itself again while one goes on', async () => {
	const page = await open(listed('--arg', 'refresh', '1'));

	await page.waitForEvent('load');
	assert.deepEqual(page.complaints, []);
});

for (const colorScheme of ['light', 'dark'])
	test(`axe finds nothing in the list of runs, and it fits a phone, ${
		colorScheme}`, async () => {
		const page = await open(listed(), {colorScheme,
			bypassCSP: true, ...phone});

		assert.ok(await page.getByText('2 of 9 failed').isVisible());
		assert.ok(await widthOf(page) <= 360);
		assert.ok(await page.locator('td:last-child').evaluateAll(
			all => all.every(e => e.getBoundingClientRect().right <= 360)));
		await shoot(page, 'runs');
		await page.evaluate(axe);
		await contented(page);
		await page.setViewportSize({width: 1280, height: 800});
		await contented(page);
	});

for (const colorScheme of ['light', 'dark'])
	test(`axe finds nothing in a page that is used, ${colorScheme}`,
		async () => {
			const page = await open(report([...tasks(30), task(31,
				{...failed, rerun: 'npx playwright test'})]),
			{colorScheme, bypassCSP: true});

			await page.evaluate(axe);
			await page.locator('h3').nth(2).getByRole('link').click();
			await page.getByText('Run it by hand').click();
			await contented(page);
			await page.getByLabel('Result').selectOption('failed');
			await page.getByRole('button', {name: 'Seconds'}).click();
			await contented(page);
			await page.getByRole('searchbox').fill('nowhere at all');
			await contented(page);
			await page.getByRole('button', {name: 'Zoom in'}).click();
			await page.locator('.bars').hover({position:
				{x: 3, y: 9}});
			await contented(page);
		});
