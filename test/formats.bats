#!/usr/bin/env bats
# The programs of lib/jq, each given to a real reader of its format.
load helper

setup_file() {
	command -v npm >/dev/null || return 0
	cd "$BATS_TEST_DIRNAME/formats" || return
	"$root/scripts/npm-ci.sh"
}

setup() {
	needs node npm xmllint promtool python3 prove
	formats=$BATS_TEST_DIRNAME/formats
	cd "$BATS_TEST_DIRNAME/.." || return
	run_of_eight >"$BATS_TEST_TMPDIR/run.jsonl"
}

# Every verdict, and a line that a later one replaces.
run_of_eight() {
	jq -nc '
	def task($id): {id: "g/\($id).js/desktop-chrome", group: "g",
		spec: "\($id).js", viewport: "desktop", browser: "chrome",
		run: "monday", status: "complete", started_ms: 1764000000000,
		finished_ms: 1764000001500, duration_ms: 1500};
	task("replaced") + {result: "failed"},
	task("passed") + {result: "passed", output: "fine\n"},
	task("failed") + {result: "failed", reason: "exit",
		message: "expected <b> & \"c\"\nfound nothing"},
	task("error") + {result: "error", reason: "timeout"},
	task("flaky") + {result: "flaky", attempts: [{attempt: 1,
		result: "failed", reason: "exit", message: "at first",
		started_ms: 1764000000000, finished_ms: 1764000000700}]},
	task("cancelled") + {result: "cancelled"},
	task("replaced") + {result: "passed"},
	task("running") + {status: "processing", result: "unknown"},
	{id: "bare", status: "waiting"}'
}

# Strings that mean something to XML, TAP, CSV, Markdown, chats and terminals.
# shellcheck disable=SC2016
hostile() {
	node --input-type=module -e '
		import {hostile} from "'"$BATS_TEST_DIRNAME"'/browser/hostile.mjs";
		hostile.forEach((text, i) => console.log(JSON.stringify({
			id: `${i} ${text}`, group: text, spec: text,
			viewport: text, browser: text, run: text, worker: text,
			status: "complete", reason: "exit", message: text,
			output: text, artifacts: text, duration_ms: i,
			result: ["failed", "error", "flaky", "passed"][i % 4],
			attempts: [{result: "failed", message: text}]})));'
}

convert() {
	jq -rf "lib/jq/$1.jq" "${2:-$BATS_TEST_TMPDIR/run.jsonl}"
}

@test "JUnit: xmllint finds it valid, and a library reads the same counts" {
	convert junit >"$BATS_TEST_TMPDIR/junit.xml"
	xmllint --noout --schema "$formats/junit.xsd" "$BATS_TEST_TMPDIR/junit.xml"
	run node "$formats/junit.mjs" <"$BATS_TEST_TMPDIR/junit.xml"
	[ "$output" = '8 cases, 1 failures, 3 errors, 1 skipped' ]
	run xmllint --xpath 'string(//failure)' "$BATS_TEST_TMPDIR/junit.xml"
	[ "$output" = 'exit: expected <b> & "c"
found nothing' ]
}

@test "JUnit: a failure says how to run it by hand" {
	jq -c '.rerun = "(cd a && \u0027b\u0027)"' "$BATS_TEST_TMPDIR/run.jsonl" |
		jq -rf lib/jq/junit.jq >"$BATS_TEST_TMPDIR/junit.xml"
	[ "$(xmllint --xpath 'string(//failure[1])' "$BATS_TEST_TMPDIR/junit.xml" |
		tail -n 1)" = "to run it by hand: (cd a && 'b')" ]
	run ! grep -q 'by hand.*</flakyFailure>' "$BATS_TEST_TMPDIR/junit.xml"
}

@test "JUnit: whatever the strings, the XML is valid" {
	hostile >"$BATS_TEST_TMPDIR/hostile.jsonl"
	convert junit "$BATS_TEST_TMPDIR/hostile.jsonl" \
		>"$BATS_TEST_TMPDIR/junit.xml"
	xmllint --noout --schema "$formats/junit.xsd" "$BATS_TEST_TMPDIR/junit.xml"
	run xmllint --xpath 'count(//testcase)' "$BATS_TEST_TMPDIR/junit.xml"
	[ "$output" = "$(hostile | wc -l)" ]
}

@test "CTRF: its own schema finds it valid, whatever the strings" {
	convert ctrf | node "$formats/ctrf.mjs"
	hostile >"$BATS_TEST_TMPDIR/hostile.jsonl"
	convert ctrf "$BATS_TEST_TMPDIR/hostile.jsonl" |
		node "$formats/ctrf.mjs"
	run jq -c '.results.summary | [.tests, .passed, .failed, .skipped,
		.pending, .other, .flaky]' <(convert ctrf)
	[ "$output" = '[8,3,1,1,2,1,1]' ]
}

@test "TAP: prove reads it and counts the same" {
	convert tap >"$BATS_TEST_TMPDIR/run.tap"
	run prove -e cat "$BATS_TEST_TMPDIR/run.tap"
	[ "$status" -eq 1 ]
	[[ "$output" == *'Failed 4/8 subtests'* ]]
	[[ "$output" == *'1 skipped'* ]]
}

@test "TAP: whatever the strings, the plan holds" {
	hostile >"$BATS_TEST_TMPDIR/hostile.jsonl"
	convert tap "$BATS_TEST_TMPDIR/hostile.jsonl" \
		>"$BATS_TEST_TMPDIR/hostile.tap"
	run prove -e cat "$BATS_TEST_TMPDIR/hostile.tap"
	bad=$(hostile | jq -r .result | grep -c 'failed\|error')
	[[ "$output" == *"Failed $bad/$(hostile | wc -l) subtests"* ]]
	run ! grep -E 'Bail|Parse errors' <<<"$output"
}

@test "CSV: Python's reader gets every cell back, and no formula" {
	hostile >"$BATS_TEST_TMPDIR/hostile.jsonl"
	printf '{"id":"=1+1","message":"+cmd"}\n' \
		>>"$BATS_TEST_TMPDIR/hostile.jsonl"
	convert csv "$BATS_TEST_TMPDIR/hostile.jsonl" \
		>"$BATS_TEST_TMPDIR/run.csv"
	python3 - "$BATS_TEST_TMPDIR" <<'PYTHON'
import csv, json, sys
folder = sys.argv[1]
tasks = [json.loads(line) for line in open(f"{folder}/hostile.jsonl")]
rows = list(csv.DictReader(open(f"{folder}/run.csv", newline="")))
assert len(rows) == len(tasks)
for row, task in zip(rows, tasks):
    for name in ("id", "spec", "message"):
        text = task.get(name) or ""
        assert row[name] in (text, "'" + text), (row[name], text)
        assert row[name][:1] not in tuple("=+-@\t\r")
PYTHON
}

@test "Prometheus: promtool has nothing to say" {
	PATH=bin:$PATH
	summary='{"run":"a \"b\"\\\n{c}","state":"open","total":3,"waiting":1,"processing":0,"passed":1,"failed":1,"error":0,"flaky":0,"cancelled":0,"retried":1,"lost":0,"workers":1,"slots":2,"started_ms":1764000000000,"elapsed_ms":1500,"busy_ms":1,"bound_ms":null,"eta_ms":null,"efficiency":0.5,"by":{"group":{"g\n\"":{"waiting":1}}},"percentiles_ms":{"p50":1500,"p90":null,"p95":null,"p99":null,"max":2000}}'
	printf '%s\n' "$summary" | jq -rf lib/jq/prometheus.jq \
		>"$BATS_TEST_TMPDIR/metrics"
	promtool check metrics <"$BATS_TEST_TMPDIR/metrics"
	grep -F 'state="failed"} 1' "$BATS_TEST_TMPDIR/metrics"
	run ! grep -F null "$BATS_TEST_TMPDIR/metrics"
}

@test "GitHub: a failure is one line, an annotation at its spec" {
	run convert github
	[ "${lines[0]}" = '::error file=failed.js,title=failed%2C exit%2C desktop%2C chrome::expected <b> & "c"%0Afound nothing' ]
	[ "${#lines[@]}" -eq 3 ]
	[[ "${lines[2]}" == '::warning file=flaky.js,'* ]]
}

@test "GitHub: no string makes a command of its own" {
	hostile >"$BATS_TEST_TMPDIR/hostile.jsonl"
	printf '%s\n' '{"id":"x","spec":"x\n::set-output name=a::b","status":"complete","result":"failed","message":"m\r\n::add-mask::x"}' \
		>>"$BATS_TEST_TMPDIR/hostile.jsonl"
	convert github "$BATS_TEST_TMPDIR/hostile.jsonl" >"$BATS_TEST_TMPDIR/github"
	same "$(grep -vc '"result":"passed"' "$BATS_TEST_TMPDIR/hostile.jsonl")" \
		"$(wc -l <"$BATS_TEST_TMPDIR/github")"
	run -1 grep -vE '^::(error|warning) file=[^:,]*,title=[^:,]*::' \
		"$BATS_TEST_TMPDIR/github"
}

@test "Markdown: the verdict, the counts, the failures, the flaky" {
	run convert markdown
	[ "${lines[0]}" = '## 2 failed, 6 of 8 done' ]
	[[ "$output" == *'| 2 | 1 | 1 | 1 | 1 |'* ]]
	[[ "$output" == *'<summary>failed.js (desktop, chrome): exit</summary>'* ]]
	[[ "$output" == *'found nothing'* ]]
}

# elements FILE.md - what GitHub's own renderer makes of it, each with its count
elements() {
	cmark-gfm --unsafe -e table -e autolink -e strikethrough "$1" |
		grep -o '<[a-z][a-z0-9]*' | sort | uniq -c | awk '{print $2, $1}'
}

@test "Markdown: GitHub's renderer finds our markup in it, and no other" {
	needs cmark-gfm
	hostile >"$BATS_TEST_TMPDIR/hostile.jsonl"
	convert markdown "$BATS_TEST_TMPDIR/hostile.jsonl" \
		>"$BATS_TEST_TMPDIR/hostile.md"
	bad=$(hostile | jq -r .result | grep -c 'failed\|error')
	flaky=$(hostile | jq -r .result | grep -c flaky)
	same "<code $bad
<details $bad
<h2 1
<h3 1
<pre $bad
<summary $bad
<table 2
<tbody 2
<td $((5 + 3 * flaky))
<th 8
<thead 2
<tr $((3 + flaky))" "$(elements "$BATS_TEST_TMPDIR/hostile.md")"
}

@test "a chat takes no string for a link, a mention or a line of its own" {
	hostile >"$BATS_TEST_TMPDIR/hostile.jsonl"
	printf '{"id":"<!channel>\\n<@U1|x>","status":"complete","result":"failed"}\n' \
		>>"$BATS_TEST_TMPDIR/hostile.jsonl"
	tac "$BATS_TEST_TMPDIR/hostile.jsonl" >"$BATS_TEST_TMPDIR/turned.jsonl"
	run convert slack "$BATS_TEST_TMPDIR/turned.jsonl"
	[ "${#lines[@]}" -eq 12 ]
	[[ ${lines[1]} == '• &lt;!channel&gt; &lt;@U1|x&gt;' ]]
	[[ $output != *[\<\>]* ]]
}

@test "a chat gets the verdict and the names of the failures" {
	run convert slack
	[ "${lines[0]}" = '*monday*: 6 of 8 done, 2 failed, 1 flaky' ]
	[ "${lines[1]}" = '• g/failed.js/desktop-chrome: exit: expected &lt;b&gt; &amp; "c"' ]
	[ "${#lines[@]}" -eq 3 ]
}

@test "a run that was cancelled has not passed, and is over" {
	printf '%s\n' '{"id":"a","run":"r","status":"complete","result":"passed"}' \
		'{"id":"b","run":"r","status":"complete","result":"cancelled"}' \
		>"$BATS_TEST_TMPDIR/run.jsonl"
	run convert markdown
	[ "${lines[0]}" = '## Not all 2 passed' ]
	run convert slack
	[ "${lines[0]}" = '*r*: not all 2 passed' ]
	for processing in 0 1; do
		printf '{"total":2,"state":"cancelled","processing":%d}' $processing |
			jq -rf lib/jq/prometheus.jq |
			grep "^funkytown_finished.* $((1 - processing))\$"
	done
}

@test "the diff of two runs tells what broke, was fixed, slowed, came, went" {
	old=$BATS_TEST_TMPDIR/run.jsonl
	new=$BATS_TEST_TMPDIR/new.jsonl
	cp "$old" "$new"
	run -0 jq -rf lib/jq/diff.jq "$old" "$new"
	[ "$output" = '' ]
	jq -c 'if .spec == "passed.js" then .result = "failed"
		elif .spec == "failed.js" then .result = "passed"
		elif .spec == "flaky.js" then .duration_ms = 4000
		elif .id == "bare" then .id = "other" else . end' "$old" >"$new"
	run jq -rf lib/jq/diff.jq "$old" "$new"
	[ "${lines[0]}" = $'broken\tg/passed.js/desktop-chrome\tpassed 1.5 s\tfailed 1.5 s' ]
	[[ "${lines[1]}" == fixed* ]]
	[[ "${lines[2]}" == slower* ]]
	[[ "${lines[3]}" == $'gone\tbare'* ]]
	[[ "${lines[4]}" == $'new\tother'* ]]
	: >"$new"
	run -5 jq -rf lib/jq/diff.jq "$new" "$old"
	[[ "$output" == *'one of the two has no task'* ]]
}

# firing WORKERS - how many alerts of no workers fire for two tasks that wait
firing() {
	local folder=$BATS_TEST_TMPDIR

	sed '1,/^spec:/d; s/^  //' \
		k8s/components/monitoring/prometheus-rule.yaml >"$folder/rules.yaml"
	jq -nc --argjson workers "$1" '{run: "r", state: "sealed", total: 2,
		waiting: 2, processing: 0, passed: 0, failed: 0, error: 0,
		flaky: 0, cancelled: 0, workers: $workers}' |
		jq -rf lib/jq/prometheus.jq >"$folder/metrics"
	{
		printf 'rule_files: [rules.yaml]\ntests:\n  - interval: 1m\n'
		printf '    input_series:\n'
		grep -v '^#' "$folder/metrics" |
			sed "s/^\(.*\) \(.*\)/      - {series: '\1', values: '\2x9'}/"
		printf '    promql_expr_test:\n      - {eval_time: 7m, expr: %s}\n' \
			"'count(ALERTS{alertname=\"FunkytownNoWorkers\",alertstate=\"firing\"})', exp_samples: [{labels: '{}', value: 1}]"
	} >"$folder/test.yaml"
	promtool test rules "$folder/test.yaml"
}

@test "work left and no workers is an alert, work and a worker is none" {
	firing 0
	run -1 firing 1
	[[ $output == *'got: nil'* ]]
}
