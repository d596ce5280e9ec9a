#!/usr/bin/env bats
# Divided specs: a spec longer than a slot's share of the work, in parts

load helper

setup_file() {
	! command -v redis-server >/dev/null || redis_start
	mkdir -p "$BATS_FILE_TMPDIR/specs"
	cd "$BATS_FILE_TMPDIR/specs" || return
	# a runner of shell scripts, one of whose parts may fail
	cat >table.json <<-'EOF'
		{"toy": {"match": ["*.toy"], "argv": ["sh", "{spec_path}"],
			"split": ["{part}", "{parts}"],
			"exit": {"0": "passed", "1": "failed"}}}
	EOF
	echo 'echo "part $1 of $2"; [ "$1" != 2 ]' >long.toy
	echo 'exit 0' >short.toy
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export SPEC_ROOT=$BATS_FILE_TMPDIR/specs
	export FT_RUN=run$BATS_TEST_NUMBER
	redis DEL ft:history >/dev/null 2>&1 || :
}

teardown_file() {
	redis_stop
}

# toy ID SPEC EXPECTED [MEMBERS]
toy() {
	printf '{"id":"%s","spec":"%s.toy","runner":"toy","expected_ms":%s%s}\n' \
		"$1" "$2" "$3" "${4:+,$4}"
}

work() {
	ft-pop -f -j 2 | ft-run -j 2 -R "$SPEC_ROOT/table.json" "$@" | ft-result
}

@test "only what takes longer than a slot's share is divided, and may be" {
	needs redis-server
	{
		toy long long 8000 '"split":100'
		toy kept long 8000
		toy two long 8000 '"split":2'
		toy short short 1000 '"split":100'
		toy part long 8000 '"whole":"w","part":1,"parts":2,"split":9'
		task unknown '"split":100'
	} >tasks
	# 33 seconds known of five, the sixth as long as their mean: 39.6 / 20
	ft-push -s 20 <tasks >pushed
	same 'long/1of5 long/2of5 long/3of5 long/4of5 long/5of5 kept two/1of2 two/2of2 short part unknown' \
		"$(ids pushed)"
	same '["long",1,5,1600]' "$(jq -c 'select(.id == "long/1of5") |
		[.whole, .part, .parts, .expected_ms]' pushed)"
	# without -s nothing is
	ft-push -r "$FT_RUN.b" <tasks >pushed
	same 'long kept two short part unknown' "$(ids pushed)"
}

@test "the parts make one verdict, wherever results are read" {
	needs redis-server
	{
		toy long long 3000 '"split":3'
		toy short short 900
	} | ft-push -s 4 >/dev/null
	same 3 "$(ft-stats -c | jq '.waiting - 1')"
	work >log
	ft-stats -a >all
	same 'long failed
short passed' "$(jq -r '"\(.id) \(.result)"' all)"
	same 'part 2 of 3' "$(jq -r 'select(.id == "long").output | rtrimstr("\n")' all)"
	same '[[1,"passed"],[2,"failed"],[3,"passed"]]' "$(jq -c \
		'select(.id == "long") | [.pieces[] | [.part, .result]]' all)"
	# its time is that of all, from the first to the last
	jq -s 'map(select(.status == "complete" and .whole == "long")) as $parts |
		($parts | map(.duration_ms) | add),
		($parts | map(.started_ms) | min),
		($parts | map(.finished_ms) | max)' log >wanted
	jq 'select(.id == "long") | .duration_ms, .started_ms, .finished_ms' all |
		cmp - wanted
	same '2 1 1 finished' "$(ft-stats | jq -r '"\(.total) \(.passed) \(.failed) \(.state)"')"
	exits 1 ft-stats -eq
	# a saved stream tells the same, and so do the page and other formats
	same '2 1 1' "$(ft-stats log | jq -r '"\(.total) \(.passed) \(.failed)"')"
	same "long short" "$(ft-stats -a log | jq -r .id | sort | paste -sd " ")"
	ft-report-html <log >page.html
	run ! grep -q '1of3' page.html
	same 2 "$(jq -rf "$root/lib/jq/junit.jq" all | grep -c '<testcase')"
	# the bound is the longest part, not the whole
	ft-stats log | jq -e '.bound_ms < 3000' >/dev/null
}

# part K STATUS [MEMBERS] - of a spec in three parts of 10 seconds on w1 to w3
part() {
	task "a/$1of3" '"whole":"a","part":'"$1"',"parts":3,"expected_ms":10000,
		"status":"'"$2"'","worker":"w'"$1"'","slot":1,"attempt":1,
		"started_ms":1000'"${3:+,$3}" | tr -d '\n\t'
	echo
}

@test "parts that run side by side take as long as one, and all their slots" {
	local ended='"result":"passed","finished_ms":11000,"duration_ms":10000'
	local numbers='[.eta_ms, .bound_ms, .busy_ms, .busy_slots, .idle_slots, .efficiency]'

	for k in 1 2 3; do
		part $k processing
	done >log
	same '[10000,10000,0,3,0,1]' "$(ft-stats log | jq -c "$numbers")"
	# so too when the whole is read again
	same '[10000,10000,0,3,0,1]' "$(ft-stats -a log | ft-stats - | jq -c "$numbers")"
	part 1 complete "$ended" >>log
	same '[0,10000,30000,2,1,1]' "$(ft-stats log | jq -c "$numbers")"
	# one that waits, after the others
	sed '2s/processing/complete/; 2s/"slot"/'"$ended"',&/
		3s/processing/waiting/; 3s/"worker.*/"result":"unknown"}/' log >waits
	same '[10000,15000,20000,0,2,0.75]' "$(ft-stats waits | jq -c "$numbers")"
	# its timeline has three lanes, and lasts as long
	ft-report-html <log >page.html
	grep -q 'data-span="10000"' page.html
	same 'w1/1 w2/1 w3/1' "$(sed -n '/class="lanes"/,/<\/ol>/ s/<li><bdi>\(.*\)<\/bdi>.*/\1/p' \
		page.html | paste -sd ' ')"
	same '1 passed 2 running' "$(sed -n 's/.*class="bar \(passed\|processing\)" d="\([^"]*\).*/\1 \2/p' \
		page.html | awk '{print gsub("h", "") , $1}' | sed s/processing/running/ | sort | paste -sd ' ')"
	grep -q '<bdi>w2/1</bdi>, <bdi>w3/1</bdi>' page.html
	{ cat log; part 2 complete "$ended"; part 3 complete "$ended"; } |
		ft-report-html >page.html
	grep -q 'data-span="10000"' page.html
	grep -q 'M0 9h10000M0 27h10000M0 45h10000' page.html
}

@test "while parts are missing the whole is not over" {
	{
		task a/1of2 '"whole":"a","part":1,"parts":2,"status":"complete","result":"passed"'
		task b/1of2 '"whole":"b","part":1,"parts":2,"status":"complete","result":"passed"'
		task b/2of2 '"whole":"b","part":2,"parts":2,"status":"processing","result":"unknown"'
	} >log
	same 'b processing unknown
a processing unknown' "$(ft-stats -a log | jq -r '"\(.id) \(.status) \(.result)"')"
	exits 1 ft-stats -q log
	# an error beside a pass is an error, a failure beside it a failure
	for pair in 'error passed error' 'error failed failed' \
		'flaky passed flaky' 'passed passed passed' \
		'cancelled passed cancelled'; do
		# shellcheck disable=SC2086 # words of a case
		set -- $pair
		task b/2of2 '"whole":"b","part":2,"parts":2,"status":"complete","result":"'"$1"'","tests":{"passed":2}' >two
		task b/1of2 '"whole":"b","part":1,"parts":2,"status":"complete","result":"'"$2"'","tests":{"passed":1,"failed":3}' >>two
		same "$3 3 3" "$(ft-stats -a two |
			jq -r '"\(.result) \(.tests.passed) \(.tests.failed)"')"
	done
}

@test "a run that never got all parts of a whole tells of it as a file does" {
	needs redis-server
	task w/1of2 '"whole":"w","part":1,"parts":2' | ft-push >log
	same 1 "$(ft-stats log | jq .total)"
	same '1 w' "$(ft-stats | jq .total) $(ft-stats -a | jq -r .id)"
	ft-pop -n | ended_as passed | ft-result >log
	same '1 w' "$(ft-stats -f | tail -n 1 | jq .total) $(ft-stats -fa |
		tail -n 1 | jq -r .id)"
}

@test "the history of the parts is that of the whole" {
	needs redis-server
	toy long short 3000 '"split":3' | ft-push -s 3 >/dev/null
	for k in 1 2 3; do
		ft-pop
	done >popped
	jq -c '. + {status: "complete", result: "passed", started_ms: 1,
		finished_ms: 2, duration_ms: (.part * 1000)}' popped |
		ft-result >log
	same 6000 "$(redis HGET ft:history long)"
	toy long short 1 '"split":3' | jq -c 'del(.expected_ms)' >task
	# one slot: nothing to divide; three: two seconds each
	same 6000 "$(ft-push -r "$FT_RUN.b" -s 1 <task | jq .expected_ms)"
	same '2000 2000 2000' "$(ft-push -r "$FT_RUN.c" -s 3 <task |
		jq .expected_ms | paste -sd ' ')"
	# and so from a saved stream
	redis DEL ft:history
	same '2000 2000 2000' "$(ft-push -r "$FT_RUN.d" -s 3 -H log <task |
		jq .expected_ms | paste -sd ' ')"
}

@test "a run keeps its divisions, whatever has been learnt since" {
	needs redis-server
	for i in 1 2 3; do
		toy "s$i" short 1 | jq -c 'del(.expected_ms)'
	done >tasks
	toy long long 1 '"split":9' | jq -c 'del(.expected_ms)' >>tasks
	redis HSET ft:history s1 1000 s2 1000 s3 1000 long 5000 >/dev/null
	unset FT_RUN
	redis DEL runmeta >/dev/null
	ft-push -s 4 <tasks >pushed
	same 's1 s2 s3 long/1of3 long/2of3 long/3of3' "$(ids pushed)"
	run=$(redis HGET runmeta runid)
	redis HSET ft:history long 1000 >/dev/null
	# sealed: by name, and as a controller that starts anew, which may see the
	# divided spec first; and without -s
	for call in "-s 4 -r $run" '-s 4' "-r $run" ''; do
		# shellcheck disable=SC2086 # words of a call
		tac tasks | exits 0 ft-push $call
		same '' "$(cat out)"
		same "$run" "$(redis HGET runmeta runid)"
	done
	# open: nothing is there twice, in parts or whole
	ft-push -k -s 4 -r open <tasks >pushed
	same 's1 s2 s3 long' "$(ids pushed)"
	redis HSET ft:history long 9000 >/dev/null
	ft-push -k -s 4 -r open <tasks >pushed
	same '' "$(ids pushed)"
	ft-push -k -s 4 -r other <tasks >pushed
	same 's1 s2 s3 long/1of3 long/2of3 long/3of3' "$(ids pushed)"
	ft-push -r other <tasks >pushed
	same '' "$(ids pushed)"
	[ "$(redis TTL 'ft:{other}:parts')" -gt 604000 ]
}

@test "a map lets a spec be divided, where its runner can" {
	cat >map.json <<-'EOF'
		{"split": true, "groups": [{"name": "g", "tasks": [
			{"spec": "a.spec.ts", "viewports": ["d"], "browsers": ["chrome"]},
			{"spec": "b.spec.ts", "viewports": ["d"], "browsers": ["chrome"], "split": 3},
			{"spec": "c.spec.ts", "viewports": ["d"], "browsers": ["chrome"], "split": false},
			{"spec": "d.cy.js", "viewports": ["d"], "browsers": ["chrome"]}]}]}
	EOF
	same '100 3 null null' "$(ft-expand map.json | jq .split | paste -sd ' ')"
	sed -i 's/"split": 3/"split": 1/' map.json
	exits 65 ft-expand map.json
	grep -q 'split: expected true, false, or a number of parts' err
}

@test "a part for a runner that knows none is an error" {
	task a '"spec":"long.toy","runner":"command","whole":"w","part":1,"parts":2' |
		sed 's/"spec":"a",//' | ft-run >out
	same 'error config' "$(jq -r 'select(.status == "complete") |
		"\(.result) \(.reason)"' out)"
}

@test "a Playwright spec of six tests in three parts on two slots" {
	needs node chromium redis-server
	[ -d "$root/specs/node_modules" ] || skip "specs/node_modules is not there"
	ln -s "$root/specs/node_modules" node_modules
	cp "$root/specs/playwright.config.ts" .
	cat >six.spec.ts <<-'EOF'
		import { test, expect } from '@playwright/test';
		for (let i = 1; i <= 6; i++)
			test(`number ${i}`, async () => expect(i).not.toBe(4));
	EOF
	cat >one.spec.ts <<-'EOF'
		import { test } from '@playwright/test';
		test.describe.configure({ mode: 'serial' });
		test('one', async () => {});
		test('two', async () => {});
	EOF
	for spec in six one gone; do
		task "$spec" '"viewport":"desktop","browser":"chrome","split":3,"expected_ms":9000'
	done | sed 's/"spec":"\([a-z]*\)"/"spec":"\1.spec.ts"/' |
		ft-push -s 9 >/dev/null
	same 9 "$(ft-stats -c | jq .waiting)"
	ft-pop -f -j 2 | ft-run -j 2 -C . | ft-result >/dev/null
	ft-stats -a >all
	# tests that stay together leave parts without any, a missing file is told
	same 'six failed 5 1 number 4
one passed 2 0
gone error 0 0 there is no file' "$(jq -r '"\(.id) \(.result) \(.tests.passed) \(.tests.failed)" +
		(if .message then " " + (.message | if startswith("number") then .[0:8] else .[0:16] end) else "" end)' all)"
	same '2 1 2' "$(jq -r 'select(.id == "six") | .pieces |
		"\(map(.slot) | unique | length) \(map(select(.result == "failed")) | length) " +
		"\(map(select(.result == "passed")) | length)"' all)"
}
