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
