/*
 * The page can be read without this script: it sorts, filters and zooms what
 * is there. All text stays text: nothing here parses markup, and the page's
 * policy would not let it.
 *
 * Only the rows near the window are in the document. The others wait in
 * `rows`, and a gap as tall as they are stands in their place.
 */
'use strict';

document.documentElement.classList.add('js');

const CHUNK = 100; // rows that come and go together
const WHOLE = 500; // as many rows are simply all there
const ROW_PX = 30; // a row's height, until one was seen
const COLUMNS = ['result', 'spec', 'group', 'viewport', 'browser', 'runner',
	'worker', 'tries', 'seconds', 'started', 'files'];
const FILTERS = ['result', 'group', 'viewport', 'browser', 'runner', 'worker'];
const NUMBERS = ['tries', 'seconds', 'started'];
const BAD_FIRST = ['failed', 'error', 'flaky', 'unknown', 'cancelled',
	'processing', 'waiting', 'passed'];

let rows = []; // every task: {tr, words}
let shown = []; // those that match, in order
let state = {}; // what the address says: q, filters, sort

const $ = (selector, from = document) => from.querySelector(selector);
const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];

function element(name, text, attributes = {}) {
	const e = document.createElement(name);

	e.textContent = text;
	for (const [key, value] of Object.entries(attributes))
		e.setAttribute(key, value);
	return e;
}

/* Times: the reader's zone, with UTC at hand. */

const DATE = new Intl.DateTimeFormat('en-GB',
	{dateStyle: 'medium', timeStyle: 'medium'});
const CLOCK = new Intl.DateTimeFormat('en-GB', {timeStyle: 'medium'});

function localTimes(from) {
	for (const time of $$('time:not([title])', from)) {
		time.title = time.textContent;
		time.textContent = DATE.format(new Date(time.dateTime));
	}
}

function localStart(tr) {
	const cell = tr.cells[COLUMNS.indexOf('started')];
	const date = new Date(+cell.dataset.t);

	if (!cell.dataset.t || cell.title)
		return;
	cell.title = date.toISOString();
	cell.textContent = CLOCK.format(date);
}

function seconds(ms) {
	if (ms < 60000)
		return (ms / 1000).toFixed(ms < 10000 ? 2 : 1) + ' s';
	return Math.floor(ms / 60000) + ' min ' +
		String(Math.floor(ms / 1000) % 60).padStart(2, '0') + ' s';
}

/* The table: what a row says. */

function text(row, column) {
	const cell = row.tr.cells[COLUMNS.indexOf(column)];

	return column === 'spec' ? $('bdi', cell).textContent
		: cell.textContent;
}

function value(row, column) {
	const cell = row.tr.cells[COLUMNS.indexOf(column)];

	if (column === 'started')
		return cell.dataset.t ? +cell.dataset.t : -1;
	if (NUMBERS.includes(column))
		return cell.textContent ? +cell.textContent : -1;
	if (column === 'result')
		return BAD_FIRST.indexOf(cell.textContent);
	return text(row, column).toLowerCase();
}

/* What the search looks at: every cell, and the id. */
function words(row) {
	if (row.words === undefined) {
		const cells = [...row.tr.cells].map(c => c.textContent);

		row.words = (cells.join(' ') + ' ' + text(row, 'group') + '/' +
			text(row, 'spec') + '/' + text(row, 'viewport') + '-' +
			text(row, 'browser')).toLowerCase();
	}
	return row.words;
}

function takeRows(from) {
	rows = $$('#table tbody tr', from).map(tr => ({tr}));
	for (const row of rows)
		row.tr.remove();
}

function matches(row, wanted, filters) {
	return filters.every(f => text(row, f) === state[f]) &&
		wanted.every(w => words(row).includes(w));
}

function pick() {
	const wanted = (state.q || '').toLowerCase().split(/\s+/)
		.filter(w => w);
	const filters = FILTERS.filter(f => state[f]);

	shown = wanted.length + filters.length === 0 ? [...rows]
		: rows.filter(row => matches(row, wanted, filters));
}

function order() {
	const down = (state.sort || '').startsWith('-');
	const column = (state.sort || '').replace(/^-/, '');
	const keys = new Map();

	if (!COLUMNS.includes(column))
		return;
	for (const row of shown)
		keys.set(row, value(row, column));
	shown.sort((a, b) => {
		const x = keys.get(a), y = keys.get(b);

		return x === y ? 0 : (x < y) === down ? 1 : -1;
	});
}

/* The table: what of it is in the document. */

const near = new IntersectionObserver(entries => {
	for (const entry of entries)
		if (entry.isIntersecting)
			fill(entry.target);
		else
			empty(entry.target);
}, {rootMargin: '1200px 0px'});

function fill(body) {
	const part = shown.slice(body.first, body.first + CHUNK);

	if (body.filled)
		return;
	for (const row of part)
		localStart(row.tr);
	body.replaceChildren(...part.map(row => row.tr));
	body.filled = true;
}

function empty(body) {
	const gap = element('tr', '', {class: 'gap', 'aria-hidden': 'true'});
	const cell = gap.appendChild(element('td', ''));

	if (body.contains(document.activeElement))
		return;
	cell.colSpan = COLUMNS.length;
	cell.style.height = (body.filled ? body.offsetHeight
		: ROW_PX * Math.min(CHUNK, shown.length - body.first)) + 'px';
	body.replaceChildren(gap);
	body.filled = false;
}

function layOut() {
	const table = $('#table');
	const bodies = [];

	near.disconnect();
	for (let first = 0; first < shown.length; first += CHUNK) {
		const body = document.createElement('tbody');

		body.first = first;
		bodies.push(body);
		if (shown.length <= WHOLE || first === 0)
			fill(body);
		else
			empty(body);
	}
	for (const body of [...table.tBodies])
		body.remove();
	table.append(...bodies);
	table.classList.add('ready');
	table.setAttribute('aria-rowcount', shown.length + 1);
	if (shown.length > WHOLE)
		bodies.forEach(body => near.observe(body));
}

function render() {
	pick();
	order();
	layOut();
	$('#shown').textContent = shown.length === rows.length ? ''
		: shown.length + ' of ' + rows.length + ' tasks';
	$$('#table thead th').forEach((th, i) => {
		if (state.sort === COLUMNS[i])
			th.setAttribute('aria-sort', 'ascending');
		else if (state.sort === '-' + COLUMNS[i])
			th.setAttribute('aria-sort', 'descending');
		else
			th.removeAttribute('aria-sort');
	});
}

/* The address: a view can be sent, and comes back as it was. */

function readAddress() {
	const said = location.hash.slice(1);

	if (said !== '' && !said.includes('='))
		return; // the anchor of a task
	state = Object.fromEntries(new URLSearchParams(said));
	$('#filter').elements.q.value = state.q || '';
	for (const f of FILTERS) {
		addOption($('#filter').elements[f], state[f]);
		$('#filter').elements[f].value = state[f] || '';
	}
}

function writeAddress() {
	const said = new URLSearchParams();

	for (const key of ['q', ...FILTERS, 'sort'])
		if (state[key])
			said.set(key, state[key]);
	history.replaceState(null, '', '#' + said);
}

function change(key, to) {
	state[key] = to;
	writeAddress();
	render();
}

/* The controls. */

function addOption(select, name) {
	if (name && ![...select.options].some(o => o.value === name))
		select.add(new Option(name, name));
}

function addOptions() {
	const form = $('#filter');

	for (const f of FILTERS) {
		if (form.elements[f].options.length === 0)
			form.elements[f].add(new Option('all', ''));
		for (const th of $$(`[data-by="${f}"] tbody th`))
			addOption(form.elements[f], th.textContent);
	}
	for (const li of $$('#top .counts li'))
		addOption(form.elements.result, li.className);
}

function sortBy(column) {
	const first = NUMBERS.includes(column) ? '-' : '';
	const second = first ? '' : '-';

	change('sort', state.sort === first + column ? second + column
		: state.sort === second + column ? '' : first + column);
}

function addControls() {
	const form = $('#filter');

	addOptions();
	form.hidden = false;
	form.elements.q.addEventListener('input',
		e => change('q', e.target.value));
	for (const f of FILTERS)
		form.elements[f].addEventListener('change',
			e => change(f, e.target.value));
	form.addEventListener('submit', e => e.preventDefault());
	form.addEventListener('reset', () => {
		state = {};
		writeAddress();
		render();
	});
	$$('#table thead th').forEach((th, i) => {
		const button = element('button', th.textContent,
			{type: 'button'});

		if (COLUMNS[i] === 'files')
			return;
		button.addEventListener('click', () => sortBy(COLUMNS[i]));
		th.replaceChildren(button);
	});
	document.addEventListener('keydown', e => {
		if (e.key !== '/' || e.target.matches('input, select'))
			return;
		e.preventDefault();
		form.elements.q.focus();
	});
	addEventListener('hashchange', () => {
		if (!location.hash.includes('='))
			return;
		readAddress();
		render();
		$('#tasks').scrollIntoView();
	});
	addEventListener('beforeprint', () => {
		near.disconnect();
		[...$('#table').tBodies].forEach(fill);
	});
	addEventListener('afterprint', render);
}

/* The timeline. */

const LANE_PX = 18;
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3,
	3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5, 36e5, 72e5, 144e5, 432e5];
let view = null; // {from, to} in ms, when zoomed
let lanes = null; // lane's name -> its attempts

function span() {
	return +$('.timeline').dataset.span;
}

function look() {
	return view || {from: 0, to: span()};
}

function drawAxis() {
	const {from, to} = look();
	const step = STEPS.find(s => (to - from) / s <= 8) || (to - from) / 8;
	const axis = $('.axis');

	axis.replaceChildren();
	for (let at = Math.ceil(from / step) * step; at <= to - step / 2;
		at += step) {
		const label = document.createElementNS(axis.namespaceURI,
			'text');

		label.setAttribute('x', 100 * (at - from) / (to - from) + '%');
		label.setAttribute('y', 14);
		label.textContent = at < 60000 ? at / 1000 + ' s'
			: Math.floor(at / 60000) + ':' + String(
				Math.floor(at / 1000) % 60).padStart(2, '0');
		axis.append(label);
	}
}

function show(from, to) {
	const all = span();
	const width = Math.min(all, Math.max(to - from, Math.min(all, 20)));
	const start = Math.max(0, Math.min(from, all - width));
	const bars = $('.bars');

	view = width >= all ? null : {from: start, to: start + width};
	bars.setAttribute('viewBox', [start, 0, width,
		bars.viewBox.baseVal.height].join(' '));
	drawAxis();
}

/* Zoom by a factor around a place between 0 (left) and 1 (right). */
function zoom(factor, place = 0.5) {
	const {from, to} = look();
	const at = from + place * (to - from);

	show(at - (at - from) * factor, at + (to - at) * factor);
}

function pan(part) {
	const {from, to} = look();

	show(from + part * (to - from), to + part * (to - from));
}

function findLanes() {
	const first = +$('.timeline').dataset.first;
	const add = (row, lane, from, to, result) => {
		if (!lanes.has(lane))
			lanes.set(lane, []);
		lanes.get(lane).push({row, from: from - first, to: to - first,
			result});
	};

	lanes = new Map();
	for (const row of rows) {
		const t = value(row, 'started');
		const ms = 1000 * value(row, 'seconds');

		if (t >= 0)
			add(row, text(row, 'worker'), t,
				ms >= 0 ? t + ms : first + span(),
				text(row, 'result'));
		for (const line of (row.tr.dataset.a || '').split('\n')) {
			const [lane, from, to, result] = line.split('\t');

			if (result)
				add(row, lane, +from, +to, result);
		}
	}
}

function under(e) {
	const box = $('.bars').getBoundingClientRect();
	const {from, to} = look();
	const at = from + (e.clientX - box.left) / box.width * (to - from);
	const reach = 3 * (to - from) / box.width;
	const lane = $$('.lanes bdi')[Math.floor(
		(e.clientY - box.top) / LANE_PX)];

	if (!lane)
		return undefined;
	if (!lanes)
		findLanes();
	return (lanes.get(lane.textContent.replace(/^slot /, '/')) || [])
		.find(a => at >= a.from - reach && at <= a.to + reach);
}

function tell(attempt) {
	const link = attempt && $('a[href^="#t"]', attempt.row.tr);
	const said = $('#pointed');

	said.replaceChildren();
	if (!attempt)
		return;
	said.append(element(link ? 'a' : 'bdi', text(attempt.row, 'spec'),
		link ? {href: link.hash} : {}), ' ' + [
		text(attempt.row, 'viewport'), text(attempt.row, 'browser'),
		attempt.result, seconds(attempt.to - attempt.from)].join(', '));
}

function drag(e) {
	const box = $('.bars').getBoundingClientRect();

	if (e.buttons === 1 && view)
		pan(-e.movementX / box.width);
	else
		tell(under(e));
}

function onKey(e) {
	const keys = {'+': () => zoom(0.5), '=': () => zoom(0.5),
		'-': () => zoom(2), '0': () => show(0, span()),
		ArrowLeft: () => pan(-0.2), ArrowRight: () => pan(0.2)};

	if (!keys[e.key] || e.ctrlKey || e.metaKey || e.altKey)
		return;
	e.preventDefault();
	keys[e.key]();
}

function addTimeline() {
	const plot = $('.plot');
	const key = element('div', '', {class: 'key'});
	const button = (label, name, does) => {
		const b = element('button', label,
			{type: 'button', 'aria-label': name, id: 'z' + label});

		b.addEventListener('click', does);
		key.append(b);
	};

	lanes = null;
	if (!plot)
		return;
	button('+', 'Zoom in', () => zoom(0.5));
	button('\u2212', 'Zoom out', () => zoom(2));
	button('All', 'Show the whole run', () => show(0, span()));
	key.append(element('span', '', {id: 'pointed'}));
	$('.timeline').before(key);
	plot.tabIndex = 0;
	plot.setAttribute('role', 'group');
	plot.setAttribute('aria-label', 'Timeline: plus and minus zoom, ' +
		'arrows move, 0 shows all');
	plot.addEventListener('keydown', onKey);
	plot.addEventListener('pointermove', drag);
	plot.addEventListener('wheel', e => {
		const box = plot.getBoundingClientRect();

		if (!e.ctrlKey && !e.shiftKey)
			return;
		e.preventDefault();
		zoom(e.deltaY + e.deltaX > 0 ? 1.25 : 0.8,
			(e.clientX - box.left) / box.width);
	}, {passive: false});
	if (view)
		show(view.from, view.to);
}

/*
 * Refreshing. From a server the new page is fetched and its parts put in
 * place; from a disk, where that is forbidden, the page is loaded again.
 */

function wait() {
	const meta = $('meta[name="refresh-seconds"]');

	if (meta)
		setTimeout(refresh, 1000 * meta.content);
}

/* A name for an element by which its successor is found. */
function successor(e) {
	if (!e || e === document.body)
		return null;
	if (e.id)
		return '#' + CSS.escape(e.id);
	if (e.name)
		return `[name="${e.name}"]`;
	if (e.matches('a[href]'))
		return `a[href="${CSS.escape(e.getAttribute('href'))}"]`;
	if (e.matches('article *')) {
		const article = e.closest('article');

		return '#' + article.id + ' ' + e.localName;
	}
	return null;
}

function topmost() {
	return $$('article, section, header').find(
		e => e.id && e.getBoundingClientRect().bottom > 0);
}

/* Put the sections of a new page around the table, which stays. */
function putSections(doc) {
	const table = $('#tasks');
	const main = table.parentNode;
	let after = false;

	for (const old of [...main.children])
		if (old !== table)
			old.remove();
	for (const section of [...$('main', doc).children])
		if (section.id === 'tasks')
			after = true;
		else if (after)
			main.append(section);
		else
			table.before(section);
	for (const part of ['#top', 'footer', '#tasks-h', 'title'])
		$(part).replaceChildren(...$(part, doc).childNodes);
	$('link[rel="icon"]').href = $('link[rel="icon"]', doc).href;
	if (!$('meta[name="refresh-seconds"]', doc))
		$('meta[name="refresh-seconds"]').remove();
}

function adopt(doc) {
	const focused = document.activeElement;
	const focus = successor(focused);
	const anchor = topmost();
	const top = anchor ? anchor.getBoundingClientRect().top : 0;
	const closed = $$('details:not([open])').map(
		d => d.closest('article').id);

	putSections(doc);
	takeRows(doc);
	for (const id of closed)
		for (const d of $$('#' + id + ' details'))
			d.open = false;
	addOptions();
	localTimes(document);
	addTimeline();
	render();
	if (focus && document.activeElement !== focused && $(focus))
		$(focus).focus({preventScroll: true});
	if (anchor && document.getElementById(anchor.id))
		scrollBy({behavior: 'instant', top: document.getElementById(
			anchor.id).getBoundingClientRect().top - top});
}

function refresh() {
	const request = new XMLHttpRequest();

	if (document.hidden || getSelection().type === 'Range') {
		wait();
		return;
	}
	if (location.protocol === 'file:') {
		sessionStorage.setItem('focus',
			successor(document.activeElement) || '');
		location.reload();
		return;
	}
	request.open('GET', location.pathname + location.search);
	request.responseType = 'document';
	request.onloadend = () => {
		const doc = request.response;

		if (request.status === 200 && doc && $('#tasks', doc))
			adopt(doc);
		else
			$('#refreshed').textContent =
				'The newest page is out of reach.';
		wait();
	};
	request.send();
}

function refocus() {
	const focus = sessionStorage.getItem('focus');

	sessionStorage.removeItem('focus');
	if (focus && $(focus))
		$(focus).focus({preventScroll: true});
}

addEventListener('DOMContentLoaded', () => {
	takeRows(document);
	addControls();
	readAddress();
	render();
	localTimes(document);
	addTimeline();
	refocus();
	wait();
	(window.requestIdleCallback || setTimeout)(() => rows.forEach(words));
});
