#!/usr/bin/env bats
# ft-stats: the numbers of a run, from Redis or from files

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
	pids=
}

teardown() {
	local pid

	for pid in $pids; do
		kill -KILL "$pid" 2>/dev/null || :
	done
}

# attempts RESULT ... - the next tasks, one ended attempt each
attempts() {
	local result

	for result; do
		ft-pop -n | ended_as "$result" '"tests":{"passed":1}' | ft-result
	done
}

lines() {
	[ "$(wc -l <out)" -ge "$1" ]
}

# commands COMMAND ... - how many commands the server runs for it
commands() {
	redis CONFIG RESETSTAT >/dev/null
	"$@" >/dev/null
	redis INFO commandstats | grep -v 'info\|config' |
		awk -F '[=,]' '{ calls += $2 } END { print calls }'
}

# follow [FLAG ...] - ft-stats -f in the background, into out
follow() {
	ft-stats -f "$@" >out 3>&- &
	pid=$!
	pids="$pids $pid"
}

@test "the summary counts the tasks by status and verdict" {
	tasks a b c d e f | ft-push
	attempts passed passed failed error >/dev/null
	ft-pop -n >/dev/null
	same '{"run":"r","state":"sealed","total":6,"waiting":1,"processing":1,"complete":4,"passed":2,"failed":1,"error":1,"flaky":0,"cancelled":0,"retried":0,"lost":0}' \
		"$(ft-stats | jq -c '{run,state,total,waiting,processing,complete,passed,failed,error,flaky,cancelled,retried,lost}')"
}

@test "tasks that came before a slot is free make no slot busy" {
	tasks a b c | ft-push
	ft-pop -f -j 2 >out 2>err 3>&- &
	pids=$!
	poll lines 2
	same '2 2 0' "$(ft-stats | jq -r '"\(.slots) \(.busy_slots) \(.idle_slots)"')"
	redis EVAL 'local all = redis.call("HGETALL", KEYS[1])
		redis.call("HSET", KEYS[1], all[1], (all[2]:gsub(" 2 f", " 1 f")))' \
		1 'ft:{r}:workers' >/dev/null
	counts='"\(.processing) \(.slots) \(.busy_slots) \(.idle_slots)"'
	same '2 1 1 0' "$(ft-stats | jq -r "$counts")"
	same '2 1 1 0' "$(ft-stats -c | jq -r "$counts")"
	same '2 1 1 0' "$(jq -c '.slot = 1 | .started_ms = 1000' out |
		ft-stats - | jq -r "$counts")"
}

@test "the summary has the fields of the design, in their order, and no id" {
	tasks a | ft-push
	same 'run state total waiting processing complete passed failed error flaky cancelled retried lost workers slots busy_slots idle_slots started_ms elapsed_ms busy_ms bound_ms eta_ms efficiency by percentiles_ms slowest' \
		"$(ft-stats | jq -r 'to_entries | map(.key) |
			map(select(. != "eta_error_ms")) | join(" ")')"
	same 'group browser viewport runner worker' \
		"$(ft-stats | jq -r '.by | to_entries | map(.key) | join(" ")')"
}

@test "-a prints every task's record in push order" {
	tasks c a b | ft-push
	attempts passed >/dev/null
	exits 0 ft-stats -a
	same 'c a b' "$(ids out)"
	same 'passed unknown unknown' "$(jq -r .result out | paste -sd ' ')"
	same 'complete waiting waiting' "$(jq -r .status out | paste -sd ' ')"
}

@test "the same numbers come from Redis and from a file" {
	{
		task a '"group":"g","browser":"chrome","viewport":"d","runner":"command"'
		tasks b c d
	} | ft-push -R 1
	{ ft-pop -w w1; ft-pop -w w2; } >leased
	ended_as failed <leased | ft-result >/dev/null
	while ft-pop -w w3 >leased; do
		ended_as passed <leased | ft-result
	done >/dev/null
	ft-stats -a >saved.jsonl
	ft-stats >redis.json
	ft-stats saved.jsonl >file.json
	ft-stats - <saved.jsonl >pipe.json
	timeless='del(.started_ms,.elapsed_ms,.efficiency,.bound_ms)'
	same "$(jq -S "$timeless" redis.json)" "$(jq -S "$timeless" file.json)"
	same "$(cat file.json)" "$(cat pipe.json)"
	same '{"flaky":2,"passed":2,"retried":2,"state":"finished"}' \
		"$(jq -cS '{state,passed,flaky,retried}' file.json)"
}

@test "-a of a file and of Redis are the same records" {
	tasks a b | ft-push
	attempts passed >/dev/null
	ft-stats -a >saved.jsonl
	same "$(cat saved.jsonl)" "$(ft-stats -a saved.jsonl)"
}

@test "the numbers of a record come out as they went in" {
	local line='{"id":"a","spec":"s","zero":[0,-0,0.5,-7,{"ms":1795823974999}],'
	line+='"most":[999999999999999,-999999999999999,1e+15,1.5e+300,812.25]}'
	same "$line" "$(ft-stats -a - <<<"$line")"
}

@test "the newest line of a task wins, over several files too" {
	printf '%s\n' '{"id":"a","status":"waiting"}' \
		'{"id":"b","status":"complete","result":"failed"}' \
		'{"id":"a","status":"complete","result":"failed","x":1}' >one
	printf '%s\n' '{"id":"a","status":"complete","result":"passed","y":2}' >two
	exits 0 ft-stats -a one two
	same '{"id":"a","status":"complete","result":"passed","y":2}
{"id":"b","status":"complete","result":"failed"}' "$(cat out)"
	same '{"total":2,"passed":1,"failed":1}' \
		"$(ft-stats one two | jq -c '{total,passed,failed}')"
	same '{"total":2,"passed":0,"failed":2}' \
		"$(ft-stats two one | jq -c '{total,passed,failed}')"
}

@test "files need no Redis" {
	REDIS_HOST=/nowhere exits 0 ft-stats -a - <<<'{"id":"a"}'
	same '{"id":"a"}' "$(cat out)"
}

@test "-e is 0 when all passed or are flaky, else 1" {
	tasks a b | ft-push -R 1
	exits 1 ft-stats -e
	attempts failed >/dev/null
	ft-pop | ended_as passed | ft-result >/dev/null
	exits 1 ft-stats -e
	ft-pop | ended_as passed | ft-result >/dev/null
	exits 0 ft-stats -e
	ft-stats -a >saved
	exits 0 ft-stats -e saved
	[ -s out ]
	echo '{"id":"a","status":"complete","result":"failed"}' >>saved
	exits 1 ft-stats -e saved
}

@test "-e is 1 for no task, for a waiting one and for a cancelled one" {
	exits 1 ft-stats -e /dev/null
	exits 1 ft-stats -e - <<<'{"id":"a","status":"waiting"}'
	tasks a b | ft-push
	attempts passed >/dev/null
	ft-push -m 0
	exits 1 ft-stats -e
}

@test "-q prints nothing and is 1 until the run is finished" {
	tasks a | ft-push
	exits 1 ft-stats -q
	attempts failed >/dev/null
	exits 0 ft-stats -q
	[ ! -s out ]
	exits 1 ft-stats -q -e
	[ ! -s out ]
}

@test "-q of an open run is 1 though all of its tasks are complete" {
	tasks a | ft-push -k
	attempts passed >/dev/null
	exits 1 ft-stats -q
	tasks a | ft-push
	exits 0 ft-stats -q
}

@test "-q of a file is 1 while a task waits" {
	exits 1 ft-stats -q - <<<'{"id":"a","status":"processing"}'
	exits 0 ft-stats -q - <<<'{"id":"a","status":"complete","result":"failed"}'
	[ ! -s out ]
}

@test "-f follows to the end: the last line is the finished run" {
	tasks a b c | ft-push
	follow
	poll lines 1
	same 0 "$(sed -n 1p out | field complete)"
	attempts passed >/dev/null
	poll lines 2
	attempts passed failed >/dev/null
	ends 0 "$pid"
	same '{"state":"finished","passed":2,"failed":1,"waiting":0}' \
		"$(tail -n 1 out | jq -c '{state,passed,failed,waiting}')"
	same "$(ft-stats | jq -c 'del(.eta_error_ms)')" \
		"$(tail -n 1 out | jq -c 'del(.eta_error_ms)')"
}

@test "-f -e says by its status whether all passed" {
	tasks a | ft-push
	follow -e
	poll lines 1
	attempts failed >/dev/null
	ends 1 "$pid"
}

@test "-f -a writes what is news, so that its newest lines are the run" {
	tasks a b c | ft-push -R 1
	follow -a
	poll lines 3
	attempts failed >/dev/null
	while ft-pop -w other >leased; do
		ended_as passed <leased | ft-result
	done >/dev/null
	ends 0 "$pid"
	ft-stats -a out >newest
	same "$(ft-stats -a)" "$(cat newest)"
	same 'flaky passed passed' "$(jq -r .result newest | paste -sd ' ')"
}

@test "-f keeps the current run's six fields up to date" {
	tasks a b | ft-push
	follow
	poll lines 1
	attempts passed >/dev/null
	now() {
		redis HGETALL runmeta | paste -d ' ' - - | sort | paste -sd ' '
	}
	halfway() {
		[ "$(now)" = 'cmdcount 2 cmdfinishedcount 1 finished 0 runid r tasksfinished 1 tasksremaining 1' ]
	}
	poll halfway
	attempts failed >/dev/null
	ends 0 "$pid"
	same 'cmdcount 2 cmdfinishedcount 2 finished 1 runid r tasksfinished 2 tasksremaining 0' "$(now)"
}

@test "-f of an older run leaves the current run's fields alone" {
	tasks a | ft-push
	task b | ft-push -r new
	attempts passed >/dev/null
	redis HGETALL runmeta >before
	exits 0 ft-stats -f -r r
	redis HGETALL runmeta | diff before -
}

@test "-f ends at once for a finished run and after a cancelled one" {
	tasks a b | ft-push
	attempts passed >/dev/null
	ft-push -m 0
	exits 0 ft-stats -f
	same '{"state":"cancelled","passed":1,"cancelled":1}' \
		"$(tail -n 1 out | jq -c '{state,passed,cancelled}')"
}

@test "a cancelled run is over though its last workers have died" {
	tasks a b c | ft-push
	for _ in 1 2; do
		ft-pop -n -l 2
	done >leased
	ft-push -m 0
	exits 1 ft-stats -q
	poll ft-stats -q
	exits 0 ft-stats -f
	same '{"state":"cancelled","processing":0,"cancelled":3}' \
		"$(tail -n 1 out | jq -c '{state,processing,cancelled}')"
	same 'complete cancelled' "$(ft-stats -a |
		jq -r '"\(.status) \(.result)"' | uniq)"
	# and stays so, whatever is said later
	ended_as passed <leased | ft-result >late
	same cancelled "$(jq -r .result late | uniq)"
	jq -c '. + {status: "processing", result: "unknown", started_ms: 1}' \
		leased | ft-result >late
	same cancelled "$(jq -r .result late | uniq)"
	same '{"processing":0,"passed":0,"cancelled":3}' \
		"$(ft-stats | jq -c '{processing,passed,cancelled}')"
	run -1 ft-pop
	same '' "$(jq -r .id <<<"$output")"
}

@test "-f ends when its reader is gone: 74" {
	tasks a | ft-push
	mkfifo pipe
	ft-stats -f >pipe 2>errors 3>&- &
	pids=$!
	head -n 1 pipe >/dev/null
	ends 74 "$pids"
	same 'ft-stats: stdout: its reader is gone' "$(cat errors)"
}

@test "-r beats FT_RUN, and without both it is the current run" {
	tasks a b | ft-push -r one
	task a | ft-push -r two
	same 2 "$(FT_RUN=two ft-stats -r one | field total)"
	same 1 "$(FT_RUN=two ft-stats | field total)"
	unset FT_RUN
	same two "$(ft-stats | jq -r .run)"
}

@test "a run that does not exist is 66, and so is a missing file" {
	for call in '-r none' '-a -r none' '-q -r none' '-f -r none'; do
		# shellcheck disable=SC2086 # words of a call
		exits 66 ft-stats $call
		same 'ft-stats: none: no such run' "$(cat err)"
		[ ! -s out ]
	done
	exits 66 ft-stats none.jsonl
	same 'ft-stats: none.jsonl: No such file or directory' "$(cat err)"
}

@test "a running worker and its slots are counted" {
	tasks a b c | ft-push
	ft-pop -f -j 2 -w here >popped 3>&- &
	pids=$!
	full() {
		[ "$(wc -l <popped)" = 2 ]
	}
	poll full
	same '{"workers":1,"slots":2,"processing":2}' \
		"$(ft-stats | jq -c '{workers,slots,processing}')"
}

@test "work left and nobody there reads 0 workers; what is over tells who was" {
	tasks a b | ft-push
	attempts passed >/dev/null
	same '{"workers":0,"slots":0,"waiting":1,"eta_ms":null}' \
		"$(ft-stats | jq -c '{workers,slots,waiting,eta_ms}')"
	attempts passed >/dev/null
	same '{"state":"finished","workers":1,"slots":1}' \
		"$(ft-stats | jq -c '{state,workers,slots}')"
}

@test "-c tells what the queue counts, the same as the whole summary" {
	tasks a b c d | ft-push
	attempts passed failed >/dev/null
	ft-pop -n >/dev/null
	names='{run,state,total,waiting,processing,complete,passed,failed,retried,lost,workers,slots,busy_slots,started_ms}'
	same "$(ft-stats | jq -c "$names")" "$(ft-stats -c | jq -c "$names")"
	same 'false false' \
		"$(ft-stats -c | jq -r '"\(has("by")) \(has("slowest"))"')"
	# it asks as little of many tasks as of few
	few=$(commands ft-stats -c)
	seq 300 | sed 's/.*/{"id":"t&","spec":"t&"}/' | ft-push -r many
	same "$few" "$(commands ft-stats -c -r many)"
	[ "$few" != "$(commands ft-stats -r many)" ]
}

@test "-c changes with a lease, not with time" {
	tasks a b | ft-push
	still() {
		ft-stats -c | jq -c 'del(.elapsed_ms)'
	}
	before=$(still)
	same "$before" "$(still)"
	ft-pop -n >/dev/null
	[ "$before" != "$(still)" ]
}

@test "-l lists the runs, the newest first, each as -c tells it" {
	tasks a b | ft-push -r old
	tasks a | ft-push -r new
	redis ZADD ft:runs 1 gone >/dev/null
	same 'new old' "$(ft-stats -l | jq -r .run | paste -sd ' ')"
	same "$(ft-stats -c -r old)" "$(ft-stats -l | tail -n 1)"
}

@test "-a -s writes the summary beside the records" {
	tasks a b | ft-push
	attempts passed >/dev/null
	ft-stats -a -s summary >records
	same "$(ft-stats | jq -c 'del(.elapsed_ms, .efficiency)')" \
		"$(jq -c 'del(.elapsed_ms, .efficiency)' summary)"
	ft-stats -a -s again records | cmp - records
	same 2 "$(jq .total again)"
	exits 74 ft-stats -a -s /none/summary
}

@test "the slowest tasks and the percentiles are those of the verdicts" {
	seq 12 | sed 's/.*/{"id":"t&","status":"complete","result":"passed","duration_ms":&00}/' >saved
	same '{"p50":600,"p90":1100,"max":1200}' \
		"$(ft-stats saved | jq -c '.percentiles_ms | {p50,p90,max}')"
	same '[10,"t12",1200]' \
		"$(ft-stats saved | jq -c '[(.slowest|length), .slowest[0].id,
			.slowest[0].duration_ms]')"
}

@test "a wrong call is 64 with the synopsis, -h the same with 0, -V the version" {
	usage='usage: ft-stats [-hVaceflq] [-r run] [-s summary] [-p patience] [file ...]'
	exits 0 ft-stats -h
	same "$usage" "$(cat out)"
	exits 0 ft-stats -V
	grep -q '^ft-stats (funkytown) [0-9]' out
	for call in -y -ca -cf '-c file' -lc -la -lq '-s x' '-l -r r' '-f file' '-r r file' '-r {r}'; do
		# shellcheck disable=SC2086 # words of a call
		exits 64 ft-stats $call
		[ -s err ]
	done
}
