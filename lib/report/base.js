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
const SPEC = COLUMNS.indexOf('spec');
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

/* What is on the page, for whoever does not want to scroll to it. */
function addNav() {
	$('nav').replaceChildren(...$$('main section').map(section =>
		element('a', $('h2', section).firstChild.data.trim(),
			{href: '#' + section.id})));
}
