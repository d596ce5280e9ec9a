import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {test} from 'node:test';
import {column, open, report, serve, task, visit} from './browser.mjs';
import {hostile} from './hostile.mjs';

const records = hostile.map((text, i) => task(i, {
	id: `${i} ${text}`.slice(0, 300), group: text, spec: text,
	viewport: text, browser: text, runner: text, run: text, worker: text,
	tags: [text], env: {[text]: text}, lease: text, message: text,
	output: text, rerun: text, artifacts: text, [text]: text, reason: 'exit',
	result: ['failed', 'error', 'flaky', 'passed'][i % 4],
	attempt: 2, attempts: [{attempt: 1, worker: text, slot: 1,
		result: 'failed', message: text, artifacts: text,
		started_ms: 1, finished_ms: 2}],
	late: [{worker: text, result: 'passed', message: text,
		artifacts: text}]}));

const elements = page => page.evaluate(() => {
	const kinds = {};

	for (const e of document.querySelectorAll('*'))
		kinds[e.localName] = (kinds[e.localName] || 0) + 1;
	return kinds;
});

test('there are at least sixty', () => assert.ok(hostile.length >= 60));

test('nothing hostile runs, loads or makes an element', async () => {
	const server = await serve(() => report(records, '-t', hostile[1]));
	const page = await visit(server.url);
	const kinds = await elements(page);

	await page.waitForTimeout(500);
	assert.equal(await page.evaluate(() => window.pwned), undefined);
	assert.deepEqual(page.asked, [server.url]);
	assert.deepEqual(page.complaints, []);
	assert.equal(kinds.script, 1);
	assert.equal(kinds.style, 1);
	assert.equal(kinds.form, 1);
	for (const kind of ['img', 'iframe', 'object', 'embed', 'base',
		'video', 'audio', 'template', 'math', 'animate', 'set',
		'plaintext', 'xmp', 'marquee', 'textarea'])
		assert.equal(kinds[kind], undefined, kind);
	await server.stop();
});

test('no attribute is a handler, and only the page has styles', async () => {
	const page = await open(report(records));
	const handlers = await page.evaluate(() =>
		[...document.querySelectorAll('*')].flatMap(e =>
			[...e.attributes].map(a => a.name)
				.filter(n => n.startsWith('on') || n === 'srcdoc' ||
					n === 'autofocus')));

	assert.deepEqual(handlers, []);
});

test('every link stays below the artifacts, or in the page', async () => {
	const page = await open(report(records));
	const links = await page.$$eval('a[href]',
		all => all.map(a => a.getAttribute('href')));

	assert.ok(links.length > 100);
	for (const link of links)
		assert.match(link, /^#|^artifacts\/[A-Za-z0-9._~%/-]+$/);
	for (const link of links)
		assert.doesNotMatch(decodeURI(link.replace(/^#.*/, '')),
			/(^|\/)\.\.(\/|$)|[\\:]/);
});

test('the whole table is there, and every text is text', async () => {
	const page = await open(report(records));
	const specs = await page.$$eval('#table tbody th bdi',
		all => all.map(e => e.textContent));

	assert.equal(specs.length, hostile.length);
	hostile.forEach((text, i) => {
		if (/^[\x20-\x7e]*$/.test(text))
			assert.equal(specs[i], text);
	});
	assert.ok(specs.every(s =>
		!/[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/.test(s)));
	assert.ok(specs.includes('[U+202E]txt.exe[U+202C]'));
});

test('sorting, filtering and the timeline run nothing either', async () => {
	const page = await open(report(records));

	for (const name of ['Result', 'Spec', 'Group', 'Worker'])
		await page.getByRole('button', {name, exact: true}).click();
	for (const text of hostile.slice(0, 20)) {
		await page.getByRole('searchbox').fill(text);
		assert.ok((await column(page, 1)).length >= 1, text);
	}
	await page.getByRole('button', {name: 'Clear', exact: true}).click();
	await page.locator('[name=group]').selectOption(hostile[14]);
	assert.equal((await column(page, 1)).length, 1);
	await page.reload();
	assert.equal((await column(page, 1)).length, 1);
	await page.locator('.bars').hover({position: {x: 1, y: 5}});
	assert.equal(await page.evaluate(() => window.pwned), undefined);
	assert.deepEqual(page.complaints, []);
});

test('a hostile address runs nothing', async () => {
	const page = await open(report(records.slice(0, 5)));
	const url = page.url();

	for (const [i, text] of hostile.entries()) {
		const said = encodeURIComponent(text);

		await page.goto(`${url}?${i}#q=${said}&group=${
			said}&sort=__proto__`); // another address loads it anew
		assert.equal(await page.evaluate(() => window.pwned), undefined);
	}
	assert.deepEqual(page.complaints, []);
});

test('the policy holds even against a script that got in', async () => {
	const page = await open(report([task(0)]).toString().replace('</main>',
		'<script>window.pwned=1</script>' +
		'<img src=x onerror="window.pwned=1">' +
		'<p id=styled style="color:red">x</p></main>'));

	await page.waitForTimeout(200);
	assert.equal(await page.evaluate(() => window.pwned), undefined);
	assert.notEqual(await page.locator('#styled').evaluate(
		e => getComputedStyle(e).color), 'rgb(255, 0, 0)');
	assert.equal(await page.evaluate(() => {
		try {
			document.body.innerHTML = '<b>x</b>';
			return 'parsed';
		} catch (e) {
			return e.name;
		}
	}), 'TypeError');
});

test('bytes that are no text, from a spec, are text in the page', async () => {
	const ran = spawnSync('ft-run', ['-C', '/'], {input: JSON.stringify({
		id: 'bytes', spec: 'bytes', runner: 'command', command: ['printf',
			'nul \\0 bad \\377\\303( \\355\\240\\200 <b>%b</b>\\n%d',
			hostile[1], 'no number']}) + '\n'});
	const page = await open(spawnSync('ft-report-html',
		{input: ran.stdout}).stdout);
	const output = await page.locator('.output').textContent();

	assert.match(output, /^nul \ufffd? ?bad \ufffd+\( \ufffd+ <b><\/script>/);
	assert.equal(await page.locator('.output *').count(), 0);
	assert.deepEqual(page.complaints, []);
});

test('a record that is no text is left out, and said so', () => {
	for (const bytes of ['c328', '5c7530303030']) {
		const made = spawnSync('ft-report-html', {input: Buffer.concat([
			Buffer.from('{"id":"a'), Buffer.from(bytes, 'hex'),
			Buffer.from('","spec":"b"}\n')])});

		assert.equal(made.status, 65);
		assert.match(made.stderr.toString(), /stdin:1:\d+: expected/);
		assert.match(made.stdout.toString(), /No tasks/);
	}
});

test('without scripts it is as harmless', async () => {
	const page = await open(report(records), {javaScriptEnabled: false});

	assert.equal(await page.locator('#table tbody tr').count(),
		hostile.length);
	assert.equal(await page.locator('img, iframe, base, object').count(), 0);
});
