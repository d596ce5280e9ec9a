/* The timeline. */

const LANE_PX = 18;
const LABEL_PX = 90; // a label of the axis, and the space after it
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3,
	3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5, 36e5, 72e5, 144e5, 432e5];
const HINT = 'Point at a bar for its spec. Drag moves, Ctrl and wheel zoom.';
let view = null; // {from, to} in ms, when zoomed
let lanes = null; // lane's name -> its attempts

function span() {
	return +$('.timeline').dataset.span;
}

function look() {
	return view || {from: 0, to: span()};
}

/* 5 s, 2:30, 1 h 02: as exact as the steps of what is seen. */
function clock(at, width) {
	const two = n => String(Math.floor(n)).padStart(2, '0');

	if (at < 60000)
		return at / 1000 + ' s';
	if (span() < 36e5)
		return Math.floor(at / 60000) + ':' + two(at / 1000 % 60);
	return Math.floor(at / 36e5) + ' h ' + two(at / 60000 % 60) +
		(width < 9e5 ? ':' + two(at / 1000 % 60) : '');
}

function drawAxis() {
	const {from, to} = look();
	const axis = $('.axis');
	const most = Math.max(3, Math.floor(axis.clientWidth / LABEL_PX));
	const step = STEPS.find(s => (to - from) / s <= most) ||
		(to - from) / most;
	const last = to - (to - from) * 0.6 * LABEL_PX / axis.clientWidth;

	axis.replaceChildren();
	for (let at = Math.ceil(from / step) * step; at <= last; at += step) {
		const label = document.createElementNS(axis.namespaceURI,
			'text');

		label.setAttribute('x', 100 * (at - from) / (to - from) + '%');
		label.setAttribute('y', 14);
		label.textContent = clock(at, to - from);
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

	const addAll = (row, list = '') => {
		for (const line of list.split('\n')) {
			const [lane, from, to, result] = line.split('\t');

			if (result && from >= 0)
				add(row, lane, +from, result === 'processing'
					? first + span() : +to, result);
		}
	};

	lanes = new Map();
	for (const row of rows) {
		const t = value(row, 'started');
		const ms = 1000 * value(row, 'seconds');
		const {a, p} = row.tr.dataset;

		if (t >= 0 && p === undefined)
			add(row, text(row, 'worker'), t,
				ms >= 0 ? t + ms : first + span(),
				text(row, 'result'));
		addAll(row, a);
		addAll(row, p);
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

	said.replaceChildren(HINT);
	if (!attempt)
		return;
	said.replaceChildren();
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
	key.append(element('span', HINT, {id: 'pointed'}));
	$('.timeline').before(key);
	plot.tabIndex = 0;
	plot.setAttribute('role', 'group');
	plot.setAttribute('aria-label', 'Timeline: plus and minus zoom, ' +
		'arrows move, 0 shows all');
	plot.addEventListener('keydown', onKey);
	plot.addEventListener('pointermove', drag);
	plot.addEventListener('pointerdown', e => tell(under(e)));
	plot.addEventListener('wheel', e => {
		const box = plot.getBoundingClientRect();

		if (!e.ctrlKey && !e.shiftKey)
			return;
		e.preventDefault();
		zoom(e.deltaY + e.deltaX > 0 ? 1.25 : 0.8,
			(e.clientX - box.left) / box.width);
	}, {passive: false});
	show(look().from, look().to);
}
