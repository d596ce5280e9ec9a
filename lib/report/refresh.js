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
		return (['nav', '#table'].find(home => e.closest(home)) || '') +
			` a[href="${CSS.escape(e.getAttribute('href'))}"]`;
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

/* Which details are open: of each article by their labels. */
function openness() {
	const open = {};

	for (const d of $$('article details'))
		(open[d.closest('article').id] ||= {})[
			$('summary', d).textContent] = d.open;
	return open;
}

function setOpenness(open) {
	for (const [id, labels] of Object.entries(open))
		for (const d of $$('#' + id + ' details'))
			d.open = labels[$('summary', d).textContent] ?? d.open;
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
	const open = openness();

	putSections(doc);
	takeRows(doc);
	setOpenness(open);
	addOptions();
	localTimes(document);
	addTimeline();
	addNav();
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
		sessionStorage.setItem('open', JSON.stringify(openness()));
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

/* After a page from a disk has loaded itself again. */
function resume() {
	const focus = sessionStorage.getItem('focus');

	setOpenness(JSON.parse(sessionStorage.getItem('open')) || {});
	sessionStorage.removeItem('focus');
	sessionStorage.removeItem('open');
	if (focus && $(focus))
		$(focus).focus({preventScroll: true});
}
