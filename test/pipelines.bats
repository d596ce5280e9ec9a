#!/usr/bin/env bats
# The pipelines that funkytown(7) shows, as they are typed there.

load helper

setup_file() {
	redis_start
}

teardown_file() {
	redis_stop
}

# A folder with what the pipelines name: map.json and lib/jq.
setup() {
	cd "$BATS_TEST_TMPDIR" || return
	redis FLUSHALL >/dev/null
	ln -s "$root/lib" lib
	cat >map.json <<-'MAP'
		{"runner": "command", "groups": [
			{"name": "good", "command": ["true"], "tasks": [
				{"spec": "one", "viewports": ["desktop", "mobile"],
					"browsers": ["chrome"]}]},
			{"name": "bad", "command": ["sh", "-c", "echo why; exit 1"],
				"tasks": [{"spec": "two", "viewports": ["desktop"],
					"browsers": ["chrome"]}]}]}
	MAP
}

# worked - the map's three tasks are pushed and have their verdicts
worked() {
	ft-expand map.json | ft-push "$@"
	ft-pop -f -j 2 "$@" | ft-run -j 2 | ft-result
} >/dev/null

@test "one machine, no server" {
	export REDIS_HOST=/nowhere
	ft-expand map.json | ft-run -j 4 | ft-report-html > report.html
	grep -q '<title>1 of 3 failed' report.html
	grep -q 'good/one/mobile-chrome' report.html
	same '</html>' "$(tail -n 1 report.html)"
}

@test "the controller's half" {
	ft-expand map.json | ft-push
	same '{"state":"sealed","total":3,"waiting":3}' \
		"$(ft-stats | jq -c '{state,total,waiting}')"
	same 3 "$(redis HGET runmeta cmdcount)"
}

@test "a worker" {
	ft-expand map.json | ft-push
	ft-pop -f -j 2 | ft-run -j 2 | ft-result
	exits 1 ft-pop -n
	same '{"state":"finished","passed":2,"failed":1,"error":0,"lost":0}' \
		"$(ft-stats | jq -c '{state,passed,failed,error,lost}')"
	same '["failed",1,"why\n"]' "$(ft-stats -a |
		jq -c 'select(.group == "bad") |
			[.result,.exit_code,.output]')"
}

@test "the reporter" {
	worked
	ft-stats -a | ft-report-html > index.html
	grep -q '<title>1 of 3 failed' index.html
	grep -q why index.html
}

@test "the failures again" {
	worked -r monday
	ft-stats -a -r monday | jq -c 'select(.result | IN("failed", "error"))' | ft-push -r tuesday
	same 'bad/two/desktop-chrome' "$(ft-stats -a -r tuesday | jq -r .id)"
	same '["waiting",null,null]' "$(ft-stats -a -r tuesday |
		jq -c '[.status,.output,.attempt]')"
	same 3 "$(ft-stats -r monday | field complete)"
	ft-pop -f -r tuesday | ft-run | ft-result
	same '{"total":1,"failed":1}' \
		"$(ft-stats -r tuesday | jq -c '{total,failed}')"
}

@test "a failure by hand, as the run has it or as its record says" {
	worked
	exits 1 sh -c 'ft-stats -a | ft-run -1 bad/two/desktop-chrome'
	same why "$(cat out)"
	same 'ft-run: bad/two/desktop-chrome: failed: exit status 1' "$(cat err)"
	exits 1 sh -c "$(ft-stats -a | jq -r 'select(.result == "failed").rerun')"
	same why "$(cat out)"
	same '{"complete":3,"failed":1}' "$(ft-stats | jq -c '{complete,failed}')"
}

@test "another tool's format" {
	needs xmllint
	worked
	ft-stats -a | jq -rf lib/jq/junit.jq > junit.xml
	xmllint --noout junit.xml
	same '3 1' "$(xmllint --xpath 'count(//testcase)' junit.xml) $(xmllint \
		--xpath 'count(//failure)' junit.xml)"
}

@test "two workers share a run, and each task has one verdict" {
	jq '.groups[0].tasks[0].viewports = [range(40) | "v\(.)"]' map.json |
		ft-expand | ft-push >/dev/null
	ft-pop -f -j 2 -w one | ft-run -j 2 | ft-result >one 3>&- &
	pid=$!
	ft-pop -f -j 2 -w two | ft-run -j 2 | ft-result >two
	ends 0 "$pid"
	same 41 "$(redis LLEN "ft:{$(redis HGET runmeta runid)}:done")"
	same '{"passed":40,"failed":1,"lost":0}' \
		"$(ft-stats | jq -c '{passed,failed,lost}')"
	same 41 "$(cat one two | jq -r 'select(.status == "complete").id' |
		sort -u | wc -l)"
}

@test "very short tasks wait for their slots, and run once each" {
	seq 400 | jq -c '{id: "t\(.)", command: ["true"]}' | ft-push >/dev/null
	ft-pop -f -j 4 | tee popped | ft-run -j 4 | ft-result >out
	same true "$(jq -s 'any(.wait_ms)' popped)"
	same '[1,2,3,4]' "$(jq -sc 'map(.slot) | unique' popped)"
	same 400 "$(grep -c '"complete"' out)"
	same "$(grep -c . popped)" "$(jq -r .lease popped | sort -u | wc -l)"
	same '{"passed":400,"retried":0,"lost":0}' \
		"$(ft-stats | jq -c '{passed,retried,lost}')"
	same false "$(ft-stats -a | jq -s 'any(.late)')"
	same '' "$({ cat out; ft-stats -a; } | jq 'select(has("wait_ms"))')"
}

@test "a run ends while beats keep its slow tasks leased" {
	printf '%s\n' '{"id":"slow","command":["sleep","1.2"]}' | ft-push
	ft-pop -f -l 0.5 -w one | ft-run | ft-result >/dev/null 3>&- &
	pid=$!
	leased() {
		ft-stats | jq -e '.processing == 1'
	}
	poll leased
	exits 1 ft-pop -w two -l 0.5
	ends 0 "$pid"
	same '{"passed":1,"lost":0}' "$(ft-stats | jq -c '{passed,lost}')"
}

@test "a task that failed is tried again and is flaky" {
	printf '%s\n' '{"id":"x","command":["sh","-c","mkdir seen 2>&- && exit 1; exit 0"],"retries":1}' |
		sed "s#seen#$PWD/seen#" | ft-push
	ft-pop -f | ft-run | ft-result >/dev/null
	same '["flaky",2,["failed"]]' "$(ft-stats -a |
		jq -c '[.result,.attempt,(.attempts|map(.result))]')"
}

@test "unknown fields pass through every filter" {
	jq '.groups[].tasks[].ticket = {"no": [7]}' map.json >with.json
	ft-expand with.json | ft-push | jq -c .ticket | sort -u >pushed
	ft-pop -f -j 2 | ft-run -j 2 | ft-result | jq -c .ticket |
		sort -u >reported
	same '{"no":[7]}' "$(cat pushed)"
	same '{"no":[7]}' "$(cat reported)"
	same '{"no":[7]}' "$(ft-stats -a | jq -c .ticket | sort -u)"
}

@test "the sample map is twelve tasks, the two left out are named" {
	ft-expand "$root/specs/spec_context_map.json" >tasks.jsonl 2>err
	same 12 "$(wc -l <tasks.jsonl)"
	same '3 album_label_search.spec.ts 3 find_a_store.spec.ts 1 kids_clothing_search.spec.ts 2 webdriver/album_label_search.js 2 webdriver/find_a_store.js 1 webdriver/kids_clothing_search.js' \
		"$(jq -r .spec tasks.jsonl | sort | uniq -c | xargs)"
	same 'chrome 5 playwright firefox 2 playwright webkit 5 webdriver' \
		"$(jq -r '"\(.runner) \(.browser)"' tasks.jsonl | sort | uniq -c |
			awk '{print $3, $1, $2}' | sort | xargs)"
	same 'ft-expand: left out search/album_label_search.spec.ts/mobile-firefox: rule {"viewport":"mobile","browser":"firefox"}
ft-expand: left out stores/find_a_store.spec.ts/mobile-firefox: rule {"viewport":"mobile","browser":"firefox"}' \
		"$(cat err)"
}

@test "the twelve tasks of the sample map run to the end" {
	ft-expand "$root/specs/spec_context_map.json" 2>/dev/null |
		jq -c '.runner = "command" | .command = ["true"]' | ft-push >/dev/null
	ft-pop -f -j 4 | ft-run -j 4 | ft-result >/dev/null
	exits 0 ft-stats -e
	same '{"total":12,"passed":12}' "$(jq -c '{total,passed}' out)"
}
