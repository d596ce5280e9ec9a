#!/usr/bin/env bats
# ft-result: beats, verdicts and hand-backs to the queue

load helper

setup_file() {
	redis_start
}

teardown_file() {
	redis_stop
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	redis FLUSHALL >/dev/null
	export FT_RUN=r
}

waiting() {
	redis ZCARD 'ft:{r}:queue'
}

processing() {
	redis ZCARD 'ft:{r}:leases'
}

# takeover - first and second are the leases of one task, the first silent
takeover() {
	task a | ft-push "$@" >/dev/null
	ft-pop -n -w one -l 0.3 >first
	ft-pop -w two -l 30 >second
}

@test "it takes no run from the environment" {
	FT_RUN='no such name' exits 0 ft-result </dev/null
}

@test "what passes teach is there soon, without another report" {
	tasks a | ft-push -r taught >/dev/null
	mkfifo reports
	ft-result <reports >out 3>&- &
	pid=$!
	exec 7>reports
	ft-pop -n -r taught | ended_as passed >&7
	patience=20 poll eval '[ "$(redis HGET ft:history a)" = 100 ]'
	exec 7>&-
	ends 0 $pid
}

@test "what is no duration in the history is learnt anew" {
	redis HSET ft:history a abc b/1of2 nan b/2of2 7 >/dev/null
	tasks a b/2of2 | ft-push -r absurd >/dev/null
	for _ in 1 2; do
		ft-pop -n -r absurd | ended_as passed | exits 0 ft-result
	done
	same '100 nan' "$(redis HMGET ft:history a b/1of2 | paste -sd ' ')"
	same '' "$(redis HGET ft:history b)"
}

@test "a passed attempt is the verdict, with all that the record holds" {
	task a '"ticket":7' | ft-push
	ft-pop -n >leased
	ended_as passed '"output":"fine","exit_code":0' <leased >ended
	exits 0 ft-result <ended
	same "$(cat ended)" "$(cat out)"
	same "$(jq -cS 'del(.lease,.lease_ms)' ended)" \
		"$(ft-stats -a | jq -cS 'del(.lease,.lease_ms)')"
	same '0 0' "$(processing) $(waiting)"
}

@test "each result becomes its own verdict" {
	tasks a b c | ft-push
	ft-pop -n | ended_as passed | ft-result
	ft-pop -n | ended_as failed '"reason":"exit"' | ft-result
	ft-pop -n | ended_as error '"reason":"timeout"' | ft-result
	same '["passed",null] ["failed","exit"] ["error","timeout"]' \
		"$(ft-stats -a | jq -c '[.result,.reason]' | paste -sd ' ')"
	same '{"passed":1,"failed":1,"error":1}' \
		"$(ft-stats | jq -c '{passed,failed,error}')"
}

@test "a failure with retries left waits again, without that attempt's state" {
	task a '"ticket":7' | ft-push -R 1
	ft-pop -n -w one | ended_as failed '"reason":"exit","message":"m","output":"o"' |
		exits 0 ft-result
	same '{"id":"a","spec":"a","ticket":7,"retries":1,"run":"r","status":"waiting","result":"unknown","attempts":1}' \
		"$(jq -c '.attempts |= length' out)"
	same '{"attempt":1,"worker":"one","slot":1,"result":"failed","reason":"exit","started_ms":1764000000000,"finished_ms":1764000000100,"duration_ms":100,"message":"m"}' \
		"$(jq -c '.attempts[0]' out)"
	same 1 "$(waiting)"
	same 1 "$(ft-stats | field retried)"
}

@test "passed after a failure is flaky, its own verdict" {
	task a | ft-push -R 1
	ft-pop -w one | ended_as failed | ft-result >/dev/null
	ft-pop -w two | ended_as passed | exits 0 ft-result
	same '["complete","flaky",["failed"]]' \
		"$(jq -c '[.status,.result,(.attempts|map(.result))]' out)"
	same '{"passed":0,"flaky":1,"retried":1}' \
		"$(ft-stats | jq -c '{passed,flaky,retried}')"
	exits 0 ft-stats -e
}

@test "the last failure is the verdict when no retries are left" {
	task a | ft-push -R 2
	for n in 1 2 3; do
		ft-pop -w "w$n" | ended_as failed | ft-result >out
	done
	same '["failed",2,3]' "$(jq -c '[.result,(.attempts|length),.attempt]' out)"
	exits 1 ft-pop -n
}

@test "a beat renews the lease and is passed on as it is" {
	task a | ft-push
	ft-pop -n -w one -l 30 >leased
	before=$(redis ZSCORE 'ft:{r}:leases' a)
	jq -c '. + {started_ms: 1764000000000}' leased >beat
	later() {
		ft-result <beat >out && [ "$(redis ZSCORE 'ft:{r}:leases' a)" -gt "$before" ]
	}
	poll later
	same "$(cat beat)" "$(cat out)"
	same 1764000000000 "$(ft-stats -a | field started_ms)"
}

@test "a beat that its attempt's end follows at once is not reported" {
	tasks a b | ft-push
	ft-pop -n -w one >a
	ft-pop -n -w two >b
	{ cat a b; ended_as passed <a; } >all
	redis CONFIG RESETSTAT >/dev/null
	exits 0 ft-result <all
	same 'a complete b processing' \
		"$(jq -r '.id, .status' out | paste -sd ' ')"
	# one script each for an end, a beat and what the pass taught
	same 3 "$(redis INFO commandstats |
		sed -n 's/^cmdstat_eval[sha]*:calls=\([0-9]*\),.*/\1/p' |
		awk '{ n += $1 } END { print n }')"
}

@test "beats keep a task from being taken over" {
	tasks a b | ft-push
	ft-pop -n -w one -l 0.6 >leased
	ft-pop -n -w two -l 30 >/dev/null
	old=$(redis ZSCORE 'ft:{r}:leases' a)
	past_the_first_lease() {
		ft-result <leased >/dev/null
		[ "$(redis TIME | sed -n 1p)000" -gt $((old + 400)) ]
	}
	poll past_the_first_lease
	exits 2 ft-pop -n -w three
	same 0 "$(ft-stats | field lost)"
}

@test "a hand-back is free of charge and keeps no trace of a failure" {
	task a | ft-push
	ft-pop -n | jq -c '. + {status: "waiting", reason: "drain"}' |
		exits 0 ft-result
	same '{"status":"waiting","reason":"drain","attempts":null}' \
		"$(jq -c '{status,reason,attempts}' out)"
	same 1 "$(waiting)"
	same '{"waiting":1,"retried":0,"lost":0}' \
		"$(ft-stats | jq -c '{waiting,retried,lost}')"
	ft-pop -n | ended_as passed | ft-result >out
	same passed "$(jq -r .result out)"
}

@test "hand-backs never use up the retries" {
	task a | ft-push
	for n in 1 2 3 4 5; do
		ft-pop -n | jq -c '. + {status: "waiting", reason: "drain"}' |
			ft-result >/dev/null
	done
	ft-pop -n | ended_as passed | ft-result >out
	same '["passed",6]' "$(jq -c '[.result,.attempt]' out)"
}

@test "a result that comes too late never decides, and is kept as evidence" {
	takeover
	ended_as passed <first | exits 0 ft-result
	same '["processing","two",2]' "$(jq -c '[.status,.worker,.attempt]' out)"
	same '["passed"]' "$(jq -c '.late | map(.result)' out)"
	ended_as failed <second | ft-result >out
	same '["failed",["lost"]]' \
		"$(jq -c '[.result,(.attempts|map(.reason))]' out)"
	same '["failed",["passed"]]' \
		"$(ft-stats -a | jq -c '[.result,(.late|map(.result))]')"
}

@test "a result after the verdict changes nothing of it" {
	takeover
	ended_as passed <second | ft-result >/dev/null
	ended_as failed <first | ft-result >out
	same '["complete","passed"]' "$(jq -c '[.status,.result]' out)"
	same '{"passed":1,"failed":0}' "$(ft-stats | jq -c '{passed,failed}')"
}

@test "a beat that comes too late does not take the task back" {
	takeover
	before=$(redis HGET 'ft:{r}:task:a' lease)
	exits 0 ft-result <first
	same "$before" "$(redis HGET 'ft:{r}:task:a' lease)"
	same two "$(jq -r .worker out)"
}

@test "a holder that speaks before anybody took over keeps its task" {
	task a | ft-push -k
	ft-pop -n -w one -l 0.3 >first
	for id in b c d; do
		task "$id" '"priority":1'
	done | ft-push
	ft-pop -n -w two -l 30 >second
	expired() {
		ft-result <second >/dev/null
		[ "$(redis TIME | sed -n '1s/$/000/p')" -gt \
			$(($(redis ZSCORE 'ft:{r}:leases' a) + 1000)) ]
	}
	taken_back() {
		poll expired
		ft-pop -n -w two -l 30 >/dev/null
		redis ZRANGE 'ft:{r}:queue' 0 -1 | grep -x a
	}
	# a machine that is slow enough is a silence of the server's, once
	taken_back || taken_back
	same 1 "$(ft-stats | field lost)"
	ended_as passed <first | ft-result >out
	same passed "$(jq -r .result out)"
	same 0 "$(ft-stats | field lost)"
	run -1 grep -x a <<<"$(redis ZRANGE 'ft:{r}:queue' 0 -1)"
}

@test "the same end twice is one verdict and the same answer" {
	tasks a b | ft-push
	ft-pop -n | ended_as passed >ended
	cat ended ended | exits 0 ft-result
	same 1 "$(sort -u out | wc -l)"
	same 2 "$(wc -l <out)"
	same 1 "$(ft-stats | field passed)"
}

@test "the history of a task is (old + 2 new) / 3, of passes only" {
	duration() {
		task a | ft-push -r "$1" >/dev/null
		ft-pop -n -r "$1" | ended_as "$2" "\"duration_ms\":$3" |
			ft-result >/dev/null
		redis HGET ft:history a
	}
	same 900 "$(duration one passed 900)"
	same 500 "$(duration two passed 300)"
	same 500 "$(duration three failed 9000)"
	same 500 "$(duration four error 9000)"
	same 300 "$(duration five passed 200)"
	task a | ft-push -r six >out
	same 300 "$(field expected_ms out)"
}

@test "-r refuses the records of another run and reports the others" {
	tasks a b | ft-push
	{ ft-pop -n | jq -c '.run = "other"'; ft-pop -n; } | ended_as passed |
		exits 65 ft-result -r r
	grep -q '^ft-result: stdin:1:[0-9]*: expected run r$' err
	same b "$(ids out)"
}

@test "without -r each record is reported to its own run" {
	task a | ft-push -r one
	task a | ft-push -r two
	{ ft-pop -n -r one; ft-pop -n -r two; } | ended_as passed | ft-result
	same '1 1' "$(ft-stats -r one | field passed) $(ft-stats -r two |
		field passed)"
}

@test "a task that the run does not have is told by name: 65" {
	tasks a | ft-push
	ft-pop -n >leased
	{ jq -c '.id = "z"' leased; cat leased; } | ended_as passed |
		exits 65 ft-result
	same 'ft-result: z: run r has no such task' "$(cat err)"
	same a "$(ids out)"
}

@test "an end without a verdict is refused and the lease stays" {
	task a | ft-push
	ft-pop -n | jq -c '.status = "complete"' | exits 65 ft-result
	grep -q '^ft-result: stdin:1:[0-9]*: expected the result passed, failed, error or flaky$' err
	same 1 "$(processing)"
}

@test "each answer is written before more input comes" {
	tasks a b | ft-push
	ft-pop -n >leased
	mkfifo in
	ft-result <in >out 3>&- &
	pid=$!
	exec 9>in
	ended_as passed <leased >&9
	poll grep -q '"result":"passed"' out
	exec 9>&-
	ends 0 "$pid"
}

@test "TERM does not end it, the end of its input does" {
	tasks a b | ft-push
	ft-pop -n >leased
	mkfifo in
	ft-result <in >out 3>&- &
	pid=$!
	exec 9>in
	cat leased >&9
	poll test -s out
	kill -TERM "$pid"
	kill -INT "$pid"
	ended_as passed <leased >&9
	exec 9>&-
	ends 0 "$pid"
	same passed "$(tail -n 1 out | jq -r .result)"
}

@test "a reader that is gone does not keep the verdicts from Redis: 74" {
	tasks a b | ft-push
	{ ft-pop -n; ft-pop -n; } | ended_as passed >ended
	status=0
	ft-result <ended >/dev/full 2>err || status=$?
	same 74 "$status"
	same 'ft-result: stdout: No space left on device' "$(cat err)"
	same 2 "$(ft-stats | field passed)"
}

@test "nor does it when a record is longer than what is buffered" {
	long=$(head -c 8192 /dev/zero | tr '\0' x)
	# more than one read takes
	for i in $(seq 12); do
		task "t$i" "\"retries\":0,\"note\":\"$long\""
	done | ft-push >/dev/null
	for _ in $(seq 12); do
		ft-pop -n
	done | ended_as failed >ended
	status=0
	ft-result <ended >/dev/full 2>err || status=$?
	same 74 "$status"
	same 'ft-result: stdout: No space left on device' "$(cat err)"
	same '0 12' "$(processing) $(ft-stats | field failed)"
}

@test "no input is no error" {
	exits 0 ft-result </dev/null
	[ ! -s out ]
}

@test "a wrong call is 64 with the synopsis, -h the same with 0, -V the version" {
	usage='usage: ft-result [-hV] [-r run] [-p patience]'
	exits 0 ft-result -h
	same "$usage" "$(cat out)"
	exits 0 ft-result -V
	grep -q '^ft-result (funkytown) [0-9]' out
	for call in -y 'a file' '-r {r}'; do
		# shellcheck disable=SC2086 # words of a call
		exits 64 ft-result $call </dev/null
		[ -s err ]
	done
}
