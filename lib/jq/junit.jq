# junit.jq - records to JUnit XML: ft-stats -a | jq -rf lib/jq/junit.jq
#
# A suite a group, a case a task; the newest line of a task counts. failed is
# a failure; error, and whatever is not finished, an error; cancelled is
# skipped. The earlier attempts of a flaky task are flakyFailures, which those
# who do not know them ignore.

# XML 1.0 forbids some characters, even as references.
def legal:
	"[^\t\n\r -\\x{d7ff}\\x{e000}-\\x{fffd}\\x{10000}-\\x{10ffff}]" as $bad
	| if test($bad) then gsub($bad; "\ufffd") else . end;

# The searches cost more than all else, so each testcase is made legal whole.
def text: tostring | @html;

def swap($from; $to):
	if contains($from) then split($from) | join($to) else . end;

def attribute:
	text | swap("\t"; "&#9;") | swap("\n"; "&#10;") | swap("\r"; "&#13;");

# The input's members as attributes of an element.
def element($name; $content):
	(to_entries | map(select(.value != null)
		| " \(.key)=\"\(.value | attribute)\"") | add // "") as $said
	| if $content == "" then "<\($name)\($said)/>"
		else "<\($name)\($said)>\($content)</\($name)>" end;

def seconds: (. // 0) / 1000;
def moment: if . then . / 1000 | floor | todate else null end;

def verdict:
	if .status == "complete" then .result // "unknown"
	else "not finished" end;

def kind:
	verdict | {passed: "passed", flaky: "passed", failed: "failure",
		cancelled: "skipped"}[.] // "error";

def why:
	[.reason, .message] | map(select((. // "") != "")) | join(": ");

def told: (why | select(. != "")) // verdict;

def problem($name):
	told as $told
	| [$told, (.rerun // empty | "\nto run it by hand: \(.)")] as $lines
	| {message: ($told | split("\n")[0]), type: (.reason // verdict)}
	| element($name; $lines | join("\n") | text);

def flaws:
	if kind == "passed" then
		.attempts // [] | map(select(.result != "passed")
			| . + {status: "complete"} | problem("flakyFailure"))
		| add // ""
	elif kind == "skipped" then {message: why} | element("skipped"; "")
	else problem(kind) end;

def output: (.output // "") as $o
	| if $o == "" then "" else {} | element("system-out"; $o | text) end;

def testcase:
	(flaws + output) as $inside
	| {name: "\(.spec // .id) [\([.viewport, .browser] | map(values)
			| join(" "))]",
		classname: (.group // "none"), file: .spec,
		time: (.duration_ms | seconds)}
	| element("testcase"; $inside) | legal;

def counts:
	(reduce (.[] | kind) as $kind ({}; .[$kind] += 1)) as $of
	| {tests: length, failures: ($of.failure // 0),
		errors: ($of.error // 0), skipped: ($of.skipped // 0),
		time: (map(.duration_ms // 0) | add | seconds)};

def testsuite:
	(map(testcase) | join("\n")) as $cases
	| {name: (.[0].group // "none" | tostring | legal)} + counts
		+ {timestamp: (map(.started_ms | values) | min | moment)}
	| element("testsuite"; "\n\($cases)\n");

[reduce (., inputs | select(.id)) as $task ({}; .[$task.id] = $task) | .[]]
| (group_by(.group) | map(testsuite) | join("\n")) as $suites
| {name: (map(.run | values)[-1] // "funkytown" | tostring | legal)} + counts
| "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
	element("testsuites"; "\n\($suites)\n")
