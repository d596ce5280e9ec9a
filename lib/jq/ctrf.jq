# ctrf.jq - records to CTRF, the common test report format (ctrf.io):
#	ft-stats -a | jq -f lib/jq/ctrf.jq > ctrf.json
#
# The newest line of a task counts; error and unknown are "other".

def state:
	if .status != "complete" then "pending"
	else {passed: "passed", flaky: "passed", failed: "failed",
		cancelled: "skipped"}[.result // ""] // "other" end;

def attempt($number):
	{attempt: $number, status: state,
		duration: (.duration_ms // ((.finished_ms // 0)
			- (.started_ms // .finished_ms // 0))),
		message, start: .started_ms, stop: .finished_ms}
	| with_entries(select(.value != null));

def test:
	{name: "\(.spec // .id) [\([.viewport, .browser] | map(values)
		| join(" "))]", status: state, duration: (.duration_ms // 0),
		start: .started_ms, stop: .finished_ms,
		suite: (if .group then [.group] else null end),
		message, rawStatus: (.result // .status), tags, type: "functional",
		filePath: .spec, browser, device: .viewport,
		flaky: (.result == "flaky"),
		retries: (.attempts // [] | length),
		retryAttempts: (.attempts // [] | to_entries
			| map(.key as $i | .value + {status: "complete"}
				| attempt($i + 1))),
		extra: {id, runner, worker, reason, artifacts}}
	| with_entries(select(.value != null and .value != []));

def sum($what): map(select(state == $what)) | length;

[reduce (., inputs | select(.id)) as $task ({}; .[$task.id] = $task) | .[]]
| {reportFormat: "CTRF", specVersion: "0.0.0", generatedBy: "funkytown",
	results: {tool: {name: "funkytown"},
		summary: {tests: length, passed: sum("passed"),
			failed: sum("failed"), skipped: sum("skipped"),
			pending: sum("pending"), other: sum("other"),
			flaky: map(select(.result == "flaky")) | length,
			start: (map(.started_ms | values) | min // 0),
			stop: (map(.finished_ms | values) | max // 0)},
		tests: map(test)}}
