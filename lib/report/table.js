/* The table: what a row says. */

/* Read once, since to ask the cells costs more than all else. */
function read(row) {
	const said = [...row.tr.cells].map(cell => cell.textContent);
	const all = said.join(' ');

	said[SPEC] = $('bdi', row.tr.cells[SPEC]).textContent;
	row.said = said;
	row.words = (all + ' ' + text(row, 'group') + '/' + said[SPEC] + '/' +
		text(row, 'viewport') + '-' + text(row, 'browser')).toLowerCase();
}

function text(row, column) {
	if (!row.said)
		read(row);
	return row.said[COLUMNS.indexOf(column)];
}

function value(row, column) {
	const said = text(row, column);

	if (column === 'started')
		return +(row.tr.cells[COLUMNS.indexOf(column)].dataset.t || -1);
	if (NUMBERS.includes(column))
		return said ? +said : -1;
	if (column === 'result')
		return BAD_FIRST.indexOf(said);
	return said.toLowerCase();
}

/* What the search looks at: every cell, and the id. */
function words(row) {
	if (!row.words)
		read(row);
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

	if (!COLUMNS.includes(column))
		return;
	for (const row of shown)
		row.key = value(row, column);
	shown.sort((a, b) => a.key === b.key ? 0
		: (a.key < b.key) === down ? 1 : -1);
}

/* Of a long name the cell shows the end: all of it is there to point at. */
function wholeWorker(tr) {
	const cell = tr.cells[COLUMNS.indexOf('worker')];
	const name = element('bdi', cell.textContent);

	if (cell.title || !cell.textContent)
		return;
	cell.title = cell.textContent;
	cell.replaceChildren(name);
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
	for (const row of part) {
		localStart(row.tr);
		wholeWorker(row.tr);
	}
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
		: (shown.length || 'None') + ' of ' + rows.length + ' tasks';
	$$('#table thead th').forEach((th, i) => {
		if (state.sort === COLUMNS[i])
			th.setAttribute('aria-sort', 'ascending');
		else if (state.sort === '-' + COLUMNS[i])
			th.setAttribute('aria-sort', 'descending');
		else
			th.removeAttribute('aria-sort');
	});
}
