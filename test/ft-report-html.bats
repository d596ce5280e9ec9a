#!/usr/bin/env bats
# ft-report-html: what comes out for what goes in, without a browser.
bats_require_minimum_version 1.5.0

load helper

setup() {
	PATH=$BATS_TEST_DIRNAME/../bin:$PATH
	cd "$BATS_TEST_TMPDIR" || return
	passed='{"id":"a","spec":"a.js","status":"complete","result":"passed"}'
	failed='{"id":"b","spec":"b.js","status":"complete","result":"failed","reason":"exit","message":"no such button","output":"the end of the log"}'
}

page() {
	printf '%s\n' "$@" | ft-report-html
}

@test "a page is one whole HTML document" {
	page "$passed" >page.html
	[ "$(head -n 1 page.html)" = '<!doctype html>' ]
	[ "$(tail -n 1 page.html)" = '</html>' ]
	run ! grep -F '{{' page.html
}

@test "the verdict is in the title and in the heading" {
	page "$passed" >page.html
	grep -F '<title>All 1 passed' page.html
	page "$passed" "$failed" >page.html
	grep -F '<title>1 of 2 failed' page.html
	grep -F '<h1 class="failed">1 of 2 failed</h1>' page.html
}

@test "no task is no pass" {
	page '' >page.html
	grep -F '<h1 class="processing">No tasks</h1>' page.html
}

@test "the newest line of a task is its state" {
	page "$failed" '{"id":"b","spec":"b.js","status":"complete","result":"passed"}' >page.html
	grep -F 'All 1 passed' page.html
	run ! grep -F 'no such button' page.html
}

@test "a failure shows its reason, message and output" {
	page "$failed" >page.html
	grep -F '<span class="reason">exit</span>' page.html
	grep -F 'no such button' page.html
	grep -F 'the end of the log' page.html
}

@test "a failure shows how to run it by hand" {
	page "${failed%\}},\"rerun\":\"(cd 'a & b' && <x)\"}" >page.html
	grep -F "(cd &#39;a &amp; b&#39; &amp;&amp; &lt;x)" page.html
	page "$failed" >page.html
	run ! grep -F 'by hand' page.html
}

catches_int() {
	grep -q '^SigCgt:.*[2367abef]$' "/proc/$1/status"
}

@test "an interrupt ends who writes; of what they said there is a page" {
	[ -z "${FT_VALGRIND-}" ] || skip 'valgrind catches a signal before the program does'
	mkfifo records
	env --default-signal=INT ft-report-html <records >page.html 3>&- &
	pid=$!
	exec 5>records
	printf '%s\n' "$passed" >&5
	poll catches_int "$pid"
	kill -INT "$pid"
	exec 5>&-
	status=0
	wait "$pid" || status=$?
	[ "$status" -eq 130 ]
	grep -F 'All 1 passed' page.html
}

@test "artifacts that are not whole are told" {
	page "${failed%\}},\"artifacts\":\"r/b/1\",\"left_out\":5242880}" >page.html
	grep -F 'files and full log</a> (5.0 MiB left out)' page.html
}

@test "-t is the title, and text" {
	printf '%s\n' "$passed" | ft-report-html -t '<Nightly> & co' >page.html
	grep -F '&lt;Nightly&gt; &amp; co' page.html
	run ! grep -F '<Nightly>' page.html
}

@test "-u refreshes while the run goes on, and only then" {
	waiting='{"id":"c","spec":"c.js","status":"waiting"}'
	printf '%s\n' "$waiting" | ft-report-html -u 2.5 >page.html
	grep -F '<meta name="refresh-seconds" content="2.5">' page.html
	printf '%s\n' "$passed" | ft-report-html -u 2.5 >page.html
	run ! grep -F '"refresh-seconds" content' page.html
}

@test "the policy knows the style and the script by their hashes" {
	page "$passed" >page.html
	for tag in style script; do
		hash=$(awk -v tag="$tag" 'index($0, "<" tag ">") == 1 {
			on = 1; sub("<" tag ">", "")
		} index($0, "</" tag ">") == 1 { on = 0 } on' page.html |
			sha256sum | cut -c1-64 | tr a-f A-F |
			basenc -d --base16 | base64)
		grep -F "$tag-src 'sha256-$hash'" page.html
	done
	grep -F "default-src 'none'" page.html
}

@test "a bad line is told, left out, and the page is made of the others" {
	run --separate-stderr page "$passed" '{"id":' "$failed"
	[ "$status" -eq 65 ]
	# shellcheck disable=SC2154 # run sets it
	[[ "$stderr" == 'ft-report-html: stdin:2:'* ]]
	[[ "$output" == *'1 of 2 failed'*'</html>' ]]
}

@test "a full disk and a closed stdout are exit status 74" {
	[ -z "${FT_VALGRIND-}" ] || skip 'valgrind takes a closed stream for its own'
	run bash -c "printf '%s\n' '$passed' | ft-report-html >/dev/full"
	[ "$status" -eq 74 ]
	run bash -c "printf '%s\n' '$passed' | ft-report-html >&-"
	[ "$status" -eq 74 ]
}

@test "a wrong call is exit status 64" {
	run ft-report-html -u 0 </dev/null
	[ "$status" -eq 64 ]
	run ft-report-html -u soon </dev/null
	[ "$status" -eq 64 ]
	run ft-report-html file.jsonl </dev/null
	[ "$status" -eq 64 ]
	run ft-report-html -h
	[ "$status" -eq 0 ]
	[[ "$output" == 'usage: ft-report-html '* ]]
}

@test "files are linked only below the artifacts" {
	for path in ../x /etc 'a/../b' 'javascript:x' 'a\b' 'http://x' ./x ''; do
		page "$(jq -nc --arg p "$path" \
			'{id: "a", spec: "a", artifacts: $p}')" >page.html
		run ! grep -F 'href="artifacts/' page.html
	done
	page '{"id":"a","spec":"a","artifacts":"run/a b/1"}' >page.html
	grep -F 'href="artifacts/run/a%20b/1/"' page.html
}

@test "a hundred thousand tasks take less than 100 MB" {
	jq -nc 'range(100000) | {id: "group/spec_\(.).js/desktop-chrome",
		group: "group", spec: "spec_\(.).js", viewport: "desktop",
		browser: "chrome", runner: "playwright", run: "monday",
		worker: "node-\(. % 9)", slot: 1, attempt: 1,
		status: "complete", result: "passed", duration_ms: (. % 7000),
		started_ms: (1764000000000 + . * 10)}' >tasks.jsonl
	# LeakSanitizer's and its sisters' own memory is not the page's
	! grep -q __asan_init "$BATS_TEST_DIRNAME/../bin/ft-report-html" ||
		skip 'a sanitizer counts its own memory'
	[ -z "${FT_VALGRIND-}" ] || skip 'valgrind counts its own memory'
	(ulimit -v $((100 * 1000 * 1000 / 1024)); ft-report-html <tasks.jsonl >page.html)
	[ "$(tail -n 1 page.html)" = "</html>" ]
}
