# runs.jq - counters of runs to a page that lists them, the newest first:
#	ft-stats -l | jq -rsf lib/jq/runs.jq > index.html
#
# Each links to runs/RUN/. While a run goes on the page loads itself again,
# every $refresh seconds (--arg refresh 5), else every ten.

def live: .state == "sealed" or .state == "open" or .processing > 0;

def bad: .failed + .error;

def verdict:
	if live then "running"
	elif .total > 0 and .passed + .flaky == .total then "passed"
	else "failed" end;

def headline:
	if .total == 0 then "No tasks"
	elif live then "\(.complete) of \(.total) done"
		+ if bad > 0 then ", \(bad) failed" else "" end
	elif verdict == "passed" then "All \(.total) passed"
	elif bad > 0 then "\(bad) of \(.total) failed"
	else "Not all passed" end;

def two: tostring | if length < 2 then "0" + . else . end;

def span:
	(. / 1000 | floor) as $s
	| if $s < 60 then "\($s) s"
	elif $s < 3600 then "\($s / 60 | floor) min \($s % 60 | two) s"
	else "\($s / 3600 | floor) h \($s / 60 % 60 | floor | two) min" end;

def moment:
	if . > 0 then . / 1000 | floor | strftime("%d %b %Y, %H:%M UTC")
	else "" end;

def part($class; $n):
	if $n > 0 then "<i class=\"\($class)\" style=\"flex:\($n)\"></i>"
	else "" end;

def bar:
	"<div class=\"stack\" aria-hidden=\"true\">\(part("failed"; bad))\(
		part("flaky"; .flaky))\(part("passed"; .passed))\(
		part("cancelled"; .cancelled))\(part("running"; .processing))\(
		part("waiting"; .waiting))</div>";

def row:
	"<tr class=\"\(verdict)\"><th scope=\"row\"><a href=\"runs/\(.run | @uri)/\">\(
		.run | @html)</a><td class=\"verdict\">\(headline)<td>\(bar)<td>\(
		.total)<td>\(if .flaky > 0 then .flaky else "" end)<td>\(
		if .started_ms then .elapsed_ms | span else "" end)<td>\(
		.started_ms // .created_ms | moment)";

def style: "
:root { color-scheme: light dark; --paper: #fcfbf8; --line: #e3dfd6;
	--ink: #1e1d1a; --soft: #605d56; --accent: #23509e; --good: #1b7a48;
	--calm: #86c3a1; --bad: #bf2f1c; --flaky: #8f5f00; --busy: #5b83c9;
	--waiting: #d9d5ca; --cancelled: #6b6962 }
@media (prefers-color-scheme: dark) { :root { --paper: #17181a;
	--line: #34373b; --ink: #e6e4df; --soft: #a3a19b; --accent: #8db4f5;
	--good: #5cc48c; --calm: #3b7f5b; --bad: #ff8371; --flaky: #e3b04f;
	--busy: #6f9be6; --waiting: #45484d; --cancelled: #9a978f } }
html { font: 15px/1.5 system-ui, sans-serif; background: var(--paper);
	color: var(--ink); font-variant-numeric: tabular-nums }
body { max-width: 72rem; margin: 0 auto; padding: 2.5rem 2rem 4rem }
h1 { font-size: 2rem; font-weight: 600; letter-spacing: -0.02em; margin: 0 0 1.5rem }
a { color: var(--accent); text-underline-offset: 0.2em }
div.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-size: 0.95rem }
th, td { text-align: left; font-weight: 400; padding: 0.5rem 1.25rem 0.5rem 0;
	border-bottom: 1px solid var(--line); white-space: nowrap }
thead th { color: var(--soft); font-size: 0.85rem }
:is(th, td):nth-child(n + 4) { text-align: right }
tr > :last-child { padding-right: 0 }
tbody th { white-space: normal; overflow-wrap: anywhere; min-width: 10rem }
.passed .verdict { color: var(--good) }
.failed .verdict { color: var(--bad); font-weight: 600 }
.stack { display: flex; height: 8px; min-width: 8rem; border-radius: 4px;
	overflow: hidden }
i.passed { background: var(--calm) } i.failed { background: var(--bad) }
i.flaky { background: var(--flaky) } i.running { background: var(--busy) }
i.waiting { background: var(--waiting) }
i.cancelled { background: var(--cancelled) }
p { color: var(--soft) }
@media (max-width: 44rem) { body { padding: 1.25rem 1rem 3rem }
	table, tbody { display: block }
	thead, td:is(:nth-child(4), :nth-child(5)) { display: none }
	tr { display: flex; flex-wrap: wrap; gap: 0.2rem 1rem;
		padding: 0.7rem 0; border-bottom: 1px solid var(--line) }
	th, td { border: 0; padding: 0 }
	th, td:nth-child(3) { flex: 1 0 100% }
	td:nth-child(n + 6) { color: var(--soft); font-size: 0.9rem }
	td:last-child { margin-left: auto } }
";

# Its policy knows the script by its hash, the base64 of its SHA-256.
def script: "setTimeout(() => location.reload(), 1000 * document.currentScript.dataset.seconds);";
def script_hash: "sha256-C5KPywZKo+D+i14O+mBI/Y7o7tDpmXrt1SKR6IqchjA=";

def refresh:
	($ARGS.named.refresh // "10" | @html) as $s
	| "\n<script data-seconds=\"\($s)\">\(script)</script>\n<noscript><meta http-equiv=\"refresh\" content=\"\($s)\"></noscript>";

sort_by(-.created_ms)
| "<!doctype html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src '\(script_hash)'; base-uri 'none'; form-action 'none'\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<meta name=\"color-scheme\" content=\"light dark\">
<meta name=\"referrer\" content=\"no-referrer\">\(
	if any(.[]; live) then refresh else "" end)
<title>Runs</title>
<style>\(style)</style>
</head>
<body>
<main>
<h1>Runs</h1>",
(if length == 0 then "<p>None yet."
else
"<div class=\"scroll\" role=\"region\" aria-label=\"Runs\" tabindex=\"0\">
<table>
<thead><tr><th scope=\"col\">Run<th scope=\"col\">Verdict<td><th scope=\"col\">Tasks<th scope=\"col\">Flaky<th scope=\"col\">Took<th scope=\"col\">Started
<tbody>", (.[] | row), "</table>
</div>" end),
"</main>
</body>
</html>"
