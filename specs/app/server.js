#!/usr/bin/env node
// server.js [PORT] - the record and clothes shop that the sample specs test
// Every page is made here, from shop.json; nothing is kept between requests.
'use strict';

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

const shop = require('./shop.json');
const port = Number(process.argv[2] ?? process.env.PORT ?? 8080);
const host = process.env.HOST ?? '127.0.0.1';
const slowest_ms = 10 * 60 * 1000;

const files = {
  '/style.css': 'text/css; charset=utf-8',
  '/menu.js': 'text/javascript; charset=utf-8',
  '/icon.svg': 'image/svg+xml',
};

const pages = {
  '/': home,
  '/albums': albums,
  '/kids': kids,
  '/stores': stores,
  '/slow': slow,
};

const sections = [
  ['/albums', 'Albums'],
  ['/kids', "Kids' clothing"],
  ['/stores', 'Find a store'],
];

function escape(text) {
  const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return String(text).replace(/[&<>"']/g, (c) => entities[c]);
}

function plain(text) {
  return text.toLowerCase().replace(/\s+/g, ' ').trim();
}

function count(n, one, many) {
  return n === 1 ? `1 ${one}` : `${n} ${many}`;
}

function field(name, label, value) {
  return `<label for="${name}">${label}</label>
<input id="${name}" name="${name}" type="search" value="${escape(value)}" autocomplete="off">`;
}

function form(action, inner) {
  return `<form action="${action}" role="search">${inner}<button>Search</button></form>`;
}

function results(told, cards) {
  const list = cards.length ? `<ul class="cards">${cards.join('')}</ul>` : '';
  return `<p role="status">${escape(told)}</p>${list}`;
}

function card(title, lines) {
  const told = lines.map((line) => `<p>${escape(line)}</p>`).join('');
  return `<li><h2>${escape(title)}</h2>${told}</li>`;
}

function home() {
  const links = [
    ['/albums', 'Albums by label', 'From the pressing plants we love'],
    ['/kids', "Kids' clothing", 'Soft, bright and made to be grown out of'],
    ['/stores', 'Find a store', 'Come and listen before you buy'],
  ].map(([url, title, text]) => `<li><h2><a href="${url}">${title}</a></h2><p>${text}</p></li>`);
  return ['Records and clothes', `<ul class="cards">${links.join('')}</ul>`];
}

function albums(query) {
  const label = query.get('label') ?? '';
  const wanted = plain(label);
  const found = wanted ? shop.albums.filter((a) => plain(a.label).includes(wanted)) : [];
  const cards = found.map((a) => card(a.title, [a.artist, `${a.label}, ${a.year}`, `$${a.price}`]));
  const told = !wanted ? 'Type the name of a label.'
    : found.length ? `${count(found.length, 'album', 'albums')} on “${label.trim()}”`
      : `No albums on “${label.trim()}”`;
  return ['Albums by label', form('/albums', field('label', 'Record label', label)) + results(told, cards)];
}

function kids(query) {
  const what = query.get('q') ?? '';
  const age = query.get('age') ?? '';
  const found = shop.clothes.filter((c) => plain(`${c.title} ${c.kind}`).includes(plain(what))
    && (!age || c.ages.includes(age)));
  const ages = [...new Set(shop.clothes.flatMap((c) => c.ages))];
  const options = ['', ...ages].map((a) =>
    `<option value="${a}"${a === age ? ' selected' : ''}>${a || 'Any age'}</option>`).join('');
  const select = `<label for="age">Age</label><select id="age" name="age">${options}</select>`;
  const cards = found.map((c) => card(c.title, [`Ages ${c.ages.join(', ')}`, `$${c.price}`]));
  const told = found.length ? count(found.length, 'thing to wear', 'things to wear') : 'Nothing fits';
  return ["Kids' clothing", form('/kids', field('q', 'Looking for', what) + select) + results(told, cards)];
}

function stores(query) {
  const place = query.get('place') ?? '';
  const wanted = plain(place);
  const packed = wanted.replace(/ /g, '');
  const near = (s) => plain(s.town).startsWith(wanted)
    || plain(s.postcode).replace(/ /g, '').startsWith(packed);
  const found = wanted ? shop.stores.filter(near) : [];
  const cards = found.map((s) => card(`${s.town}, ${s.street}`,
    [s.postcode, `Open ${s.hours}`, s.parking ? 'Parking at the door' : 'No parking']));
  const told = !wanted ? 'Type a town or a postcode.'
    : found.length ? `${count(found.length, 'store', 'stores')} near “${place.trim()}”`
      : `No store near “${place.trim()}”`;
  return ['Find a store', form('/stores', field('place', 'Town or postcode', place)) + results(told, cards)];
}

async function slow(query) {
  const asked = Number(query.get('ms') ?? 1000);
  const ms = Math.min(Math.max(asked || 0, 0), slowest_ms);
  await new Promise((resolve) => setTimeout(resolve, ms));
  return ['Slow page', `<p role="status">This page took ${ms} ms.</p>`];
}

function layout(title, body, here) {
  const links = sections.map(([url, name]) =>
    `<li><a href="${url}"${url === here ? ' aria-current="page"' : ''}>${name}</a></li>`).join('');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} - Groove &amp; Thread</title>
<link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="/style.css">
<script src="/menu.js" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header>
<a class="brand" href="/">Groove &amp; Thread</a>
<button id="menu" type="button" aria-expanded="false" aria-controls="nav" hidden>Menu</button>
<nav id="nav" aria-label="Shop"><ul>${links}</ul></nav>
</header>
<main id="main">
<h1>${title}</h1>
${body}
</main>
<footer><p>An invented shop. It sells nothing, and tests a great deal.</p></footer>
</body>
</html>
`;
}

function send(res, status, type, body) {
  res.writeHead(status, {
    'content-type': type,
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'self'",
    'x-content-type-options': 'nosniff',
  });
  res.end(body);
}

async function answer(req, res) {
  const url = new URL(req.url, 'http://shop');
  const here = url.pathname;
  if (req.method !== 'GET' && req.method !== 'HEAD')
    return send(res, 405, 'text/plain; charset=utf-8', 'only GET and HEAD\n');
  if (Object.hasOwn(files, here))
    return send(res, 200, files[here], fs.readFileSync(path.join(__dirname, here)));
  if (Object.hasOwn(pages, here)) {
    const [title, body] = await pages[here](url.searchParams);
    return send(res, 200, 'text/html; charset=utf-8', layout(title, body, here));
  }
  const lost = '<p>There is no such page. Try one of the sections above.</p>';
  send(res, 404, 'text/html; charset=utf-8', layout('Not found', lost, here));
}

function refuse(res) {
  send(res, 400, 'text/plain; charset=utf-8', 'bad request\n');
}

const server = http.createServer((req, res) => answer(req, res).catch(() => refuse(res)));

server.on('error', (error) => {
  console.error(`server.js: ${error.message}`);
  process.exit(1);
});
server.listen(port, host, () => {
  console.log(`listening on http://${host}:${server.address().port}`);
});
for (const signal of ['SIGTERM', 'SIGINT'])
  process.on(signal, () => process.exit(0));
