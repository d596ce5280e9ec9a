#!/usr/bin/env bats
# ft-push: tasks onto the queue

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
}

# order - the ids as they are leased, one worker after the other
order() {
	ft-pop -f -j 100 -r r >popped.jsonl &
	local pid=$!

	poll all_leased
	kill "$pid"
	wait "$pid" || :
	ids popped.jsonl
}

all_leased() {
	[ "$(redis ZCARD 'ft:{r}:queue')" = 0 ] &&
		[ "$(wc -l <popped.jsonl)" = "$(redis LLEN 'ft:{r}:ids')" ]
}

state() {
	redis HGET "ft:{${1-r}}:meta" state
}

@test "ft:runs keeps the newest thousand runs" {
	seq 1000 | sed 's/.*/ZADD ft:runs & old-&/' | redis >/dev/null
	tasks a | ft-push -r r >/dev/null
	same '1000 old-2 r' "$(redis ZCARD ft:runs) $(redis ZRANGE ft:runs 0 0) $(redis ZRANGE ft:runs -1 -1)"
}

@test "it prints the tasks that it accepted, waiting" {
	tasks a b | exits 0 ft-push -r r
	same '{"id":"a","spec":"a","status":"waiting"}
{"id":"b","spec":"b","status":"waiting"}' "$(cat out)"
	[ ! -s err ]
}

@test "tasks are leased in the order they were pushed" {
	tasks c a b | ft-push -r r
	same 'c a b' "$(order)"
}

@test "a higher priority comes first, whatever else is known" {
	{
		task low '"priority":-1'
		task plain
		task high '"priority":7,"expected_ms":1'
		task long '"expected_ms":900000'
		task urgent '"priority":7,"expected_ms":5'
	} | ft-push -r r
	same 'urgent high plain long low' "$(order)"
}

@test "the longest expected comes first, and unknown ones before it" {
	{
		task short '"expected_ms":10'
		task new
		task long '"expected_ms":5000'
		task newer
	} | ft-push -r r
	same 'new newer long short' "$(order)"
}

@test "what Redis remembers of a task orders it" {
	redis HSET ft:history short 10 long 5000 >/dev/null
	tasks short long new | ft-push -r r >out
	same 'null 10 5000' "$(jq -s -r '"\(.[2].expected_ms) \(.[0].expected_ms) \(.[1].expected_ms)"' out)"
	same 'new long short' "$(order)"
}

@test "what nobody has run yet goes by the weight of its file, after the unknown" {
	{
		task light '"weight":900'
		task known '"expected_ms":5000'
		task heavy '"weight":70000'
		task new
	} | ft-push -r r >out
	same 'new heavy light known' "$(order)"
	same '[null,5000,null,null]' "$(jq -sc 'map(.expected_ms)' out)"
}

@test "a task that never ran learns from its spec in another browser" {
	printf '%s\n' '{"id":"g/s/d-chrome","group":"g","spec":"s"}' |
		ft-push -r one
	ft-pop -n -r one | ended_as passed '"duration_ms":4000' | ft-result
	printf '%s\n' '{"id":"g/s/d-firefox","group":"g","spec":"s"}' \
		'{"id":"g/t/d-firefox","group":"g","spec":"t"}' |
		ft-push -r two >out
	same '[4000,null]' "$(jq -sc 'map(.expected_ms)' out)"
}

@test "a spec that never ran learns from its group's others, by weight" {
	member() { # GROUP SPEC WEIGHT
		printf '{"id":"%s/%s/d-c","group":"%s","spec":"%s","weight":%s}\n' \
			"$1" "$2" "$1" "$2" "$3"
	}
	{ member fast a 2000; member slow a 1000; } |
		jq -c '. + {status: "complete", result: "passed",
			duration_ms: (if .group == "fast" then 200 else 9000 end)}' >old
	{ member fast b 5000; member slow b 500; } |
		ft-push -r file -H old >out
	same '[500,4500]' "$(jq -sc 'map(.expected_ms)' out)"
	{ member fast a 2000; member slow a 1000; } | ft-push -r one
	while ft-pop -n -r one >leased; do
		jq -c '. + {status: "complete", result: "passed", duration_ms:
			(if .group == "fast" then 200 else 9000 end)}' leased |
			ft-result
	done
	{ member fast b 5000; member slow b 500; member other b 1000; } |
		ft-push -r two >out
	same '[500,4500]' "$(jq -sc 'map(.expected_ms)[:2]' out)"
	# another group's is the mean of all, whichever ended last
	jq -se '.[2].expected_ms | . > 100 and . < 9000' out
}

@test "-H learns the durations of passes from a saved stream, the newest last" {
	cat >old.jsonl <<-'OLD'
		{"id":"a","status":"complete","result":"passed","duration_ms":9000}
		{"id":"a","status":"complete","result":"passed","duration_ms":20}
		{"id":"b","status":"complete","result":"flaky","duration_ms":70}
		{"id":"c","status":"complete","result":"failed","duration_ms":900}
	OLD
	redis HSET ft:history a 5 >/dev/null
	tasks a b c | ft-push -r r -H old.jsonl >out
	same '[20,70,null]' "$(jq -sc 'map(.expected_ms)' out)"
	same 'c b a' "$(order)"
}

@test "a weight times a rate beyond all clocks is a long time, not a negative" {
	cat >old.jsonl <<-'OLD'
		{"id":"g/s","group":"g","spec":"s","weight":1,"status":"complete","result":"passed","duration_ms":9007199254740992}
	OLD
	task g/t '"group":"g","weight":9007199254740992' |
		ft-push -r r -H old.jsonl >out
	jq -e '.expected_ms > 9e15' out
}

@test "-H with no such file is exit status 66 and pushes nothing" {
	tasks a | exits 66 ft-push -r r -H none.jsonl
	same 'ft-push: none.jsonl: No such file or directory' "$(cat err)"
	same 0 "$(redis EXISTS 'ft:{r}:meta')"
}

@test "a bad line of the saved stream is told, and the run is sealed" {
	printf '%s\n' '{"id":' >old.jsonl
	tasks a | exits 65 ft-push -r r -H old.jsonl
	grep -q '^ft-push: old.jsonl:1:' err
	same 1 "$(wc -l <err)"
	same a "$(ids out)"
	same sealed "$(state)"
}

@test "the end of the input seals the run, -k leaves it open" {
	tasks a | ft-push -k -r r
	same open "$(state)"
	tasks b | ft-push -r r
	same sealed "$(state)"
	same 'a b' "$(redis LRANGE 'ft:{r}:ids' 0 -1 | paste -sd ' ')"
}

@test "the same map twice changes nothing" {
	{ tasks a b; task c '"priority":3'; } >map.jsonl
	ft-push -r r <map.jsonl
	contents >before
	exits 0 ft-push -r r <map.jsonl
	[ ! -s out ]
	contents >after
	diff before after
}

@test "the same map twice changes nothing of an open run" {
	tasks a b >map.jsonl
	ft-push -k -r r <map.jsonl
	contents >before
	exits 0 ft-push -k -r r <map.jsonl
	[ ! -s out ]
	contents >after
	diff before after
}

@test "the same map changes nothing of a run under way" {
	tasks a b >map.jsonl
	ft-push -r r <map.jsonl
	ft-pop -n -r r | ended_as passed | ft-result >done.jsonl
	contents >before
	exits 0 ft-push -r r <map.jsonl
	contents >after
	diff before after
}

@test "a sealed run refuses new tasks by name, and knows its own" {
	tasks a | ft-push -r r
	tasks a b | exits 65 ft-push -r r
	same 'ft-push: b: run r takes nothing new' "$(cat err)"
	[ ! -s out ]
	same a "$(redis LRANGE 'ft:{r}:ids' 0 -1)"
}

@test "a bad line leaves the run unsealed and not announced, the rest pushed" {
	{ task a; printf '%s\n' '{"id":"b"'; task c; } | exits 65 ft-push -r r
	same 'a c' "$(ids out)"
	same open "$(state)"
	grep -q '^ft-push: stdin:2:[0-9]*: expected ' err
	grep -q 'run r stays open' err
	same 0 "$(redis EXISTS runmeta)"
}

@test "the whole map after half a map seals the run" {
	{ task a; printf '%s' '{"id":"b"'; } | exits 65 ft-push -r r
	same open "$(state)"
	tasks a b | ft-push -r r
	same sealed "$(state)"
	same 2 "$(redis LLEN 'ft:{r}:ids')"
}

@test "a stream without tasks makes no run" {
	exits 0 ft-push -r r </dev/null
	[ ! -s out ]
	same 0 "$(redis DBSIZE)"
}

@test "-m stops the run after so many failures: what waits is cancelled" {
	tasks a b c d | ft-push -m 2 -r r
	ft-pop -n -r r | ended_as failed | ft-result
	same sealed "$(state)"
	ft-pop -n -r r | ended_as error '"reason":"timeout"' | ft-result
	same cancelled "$(state)"
	run -1 ft-pop -n -r r
	same 'failed error cancelled cancelled' \
		"$(ft-stats -a -r r | jq -r .result | paste -sd ' ')"
	same 2 "$(ft-stats -r r | field cancelled)"
}

@test "-m counts no failure that has retries left, and no pass" {
	tasks a b c | ft-push -m 2 -R 1 -r r
	ft-pop -n -r r | ended_as failed | ft-result
	ft-pop -n -r r | ended_as passed | ft-result
	ft-pop -n -r r | ended_as failed | ft-result
	same sealed "$(state)"
}

@test "-m 0 cancels what waits and reads no tasks" {
	tasks a b | ft-push -r r
	ft-pop -n -r r >leased.jsonl
	tasks c | exits 0 ft-push -m 0 -r r
	[ ! -s out ]
	same cancelled "$(state)"
	same 'unknown cancelled' \
		"$(ft-stats -a -r r | jq -r .result | paste -sd ' ')"
	same 2 "$(redis LLEN 'ft:{r}:ids')"
}

@test "-m 0 without such a run is exit status 66" {
	exits 66 ft-push -m 0 -r none
	same 'ft-push: none: no such run' "$(cat err)"
	exits 66 ft-push -m 0
	grep -q '^ft-push: no run yet' err
}

@test "-R gives retries to the tasks that have none of their own" {
	{ task a; task b '"retries":0'; task c '"retries":5'; } |
		ft-push -R 2 -r r >out
	same '[2,0,5]' "$(jq -sc 'map(.retries)' out)"
}

@test "unknown fields are kept, the state of an earlier run is dropped" {
	printf '%s\n' '{"id":"a","spec":"s","ticket":{"n":[1,"ü"]},"run":"old",
		"worker":"w","slot":1,"attempt":3,"lease":"1-x.1","lease_ms":5,
		"status":"complete","result":"failed","reason":"exit",
		"started_ms":1,"finished_ms":2,"duration_ms":1,"exit_code":1,
		"signal":9,"cpu_ms":1,"max_rss_kb":1,"tests":{"failed":1},
		"message":"m","output":"o","artifacts":"p","attempts":[],
		"late":[],"tags":["t"],"priority":2}' | tr -d '\n\t' >old.jsonl
	ft-push -r r <old.jsonl >out
	same '{"id":"a","spec":"s","ticket":{"n":[1,"ü"]},"tags":["t"],"priority":2,"status":"waiting"}' \
		"$(cat out)"
	same '{"n":[1,"ü"]}' "$(ft-pop -n -r r | field ticket)"
}

@test "two runs on one server do not touch each other" {
	tasks a b | ft-push -r one
	tasks a c | ft-push -r two
	ft-pop -n -r one | ended_as failed | ft-result
	contents | sed -n '/^= ft:{one}/,/^= ft:{two}/p' >before
	ft-pop -n -r two | ended_as passed | ft-result
	ft-push -m 0 -r two
	contents | sed -n '/^= ft:{one}/,/^= ft:{two}/p' >after
	diff before after
	same '{"failed":1,"waiting":1}' \
		"$(ft-stats -r one | jq -c '{failed,waiting}')"
	same '{"passed":1,"cancelled":1}' \
		"$(ft-stats -r two | jq -c '{passed,cancelled}')"
	same 'one two' "$(redis ZRANGE ft:runs 0 -1 | paste -sd ' ')"
}

@test "the first seal makes the run the current one, with six fields" {
	tasks a b | ft-push -k -r r
	same 0 "$(redis EXISTS runmeta)"
	task c | ft-push -r r
	same 'cmdcount 3
cmdfinishedcount 0
finished 0
runid r
tasksfinished 0
tasksremaining 3' "$(redis HGETALL runmeta | paste -d ' ' - - | sort)"
}

@test "what is sealed late is announced as it is, and not when cancelled" {
	tasks a b | ft-push -k -r r
	ft-pop -n -r r | ended_as passed | ft-result
	ft-pop -n -r r | ended_as passed | ft-result
	tasks a | ft-push -r r
	same 'cmdcount 2
cmdfinishedcount 2
finished 1
runid r
tasksfinished 2
tasksremaining 0' "$(redis HGETALL runmeta | paste -d ' ' - - | sort)"
	tasks a | ft-push -k -r stopped
	ft-push -m 0 -r stopped
	tasks a | ft-push -r stopped
	same r "$(redis HGET runmeta runid)"
}

@test "what follows a run renews the time to live of runmeta" {
	tasks a | ft-push
	redis EXPIRE runmeta 50 >/dev/null
	ft-pop -n | ended_as passed | ft-result
	exits 0 ft-stats -f
	[ "$(redis TTL runmeta)" -gt 604000 ]
}

@test "a second push of an older run does not make it the current one again" {
	tasks a | ft-push -r old
	tasks a | ft-push -r new
	tasks a | ft-push -r old
	same new "$(redis HGET runmeta runid)"
}

@test "without a name the run is FT_RUN's, and -r beats it" {
	task a | FT_RUN="env" ft-push
	task a | FT_RUN="env" ft-push -r flag
	same 'env flag' "$(redis ZRANGE ft:runs 0 -1 | paste -sd ' ')"
}

@test "without any name a new run is named by Redis' time" {
	task a | ft-push
	run=$(redis HGET runmeta runid)
	[[ $run =~ ^[0-9]{10}\.[0-9]{6}$ ]]
	same sealed "$(state "$run")"
}

@test "without a name a controller that starts anew goes on with its run" {
	tasks a b | ft-push
	run=$(redis HGET runmeta runid)
	tasks a b | ft-push
	same "$run" "$(redis HGET runmeta runid)"
	same 1 "$(redis ZCARD ft:runs)"
}

@test "without a name a finished run is followed by a new one" {
	task a | ft-push
	run=$(redis HGET runmeta runid)
	ft-pop -n | ended_as passed | ft-result
	task a | ft-push
	same 2 "$(redis ZCARD ft:runs)"
	[ "$run" != "$(redis HGET runmeta runid)" ]
}

@test "a server that evicts is refused" {
	redis CONFIG SET maxmemory-policy allkeys-lru >/dev/null
	status=0
	task a | ft-push -r r >out 2>err || status=$?
	redis CONFIG SET maxmemory-policy noeviction >/dev/null
	same 64 "$status"
	same 'ft-push: redis may evict tasks: set maxmemory-policy noeviction, not allkeys-lru' \
		"$(cat err)"
	same 0 "$(redis DBSIZE)"
}

@test "a server that would forget is warned about" {
	redis_start forgetful --appendonly no
	task a | exits 0 ft-push -r r
	redis_stop forgetful
	grep -q '^ft-push: warning: redis keeps no append-only file' err
}

@test "a wrong call is 64 with the synopsis, -h the same with 0, -V the version" {
	usage='usage: ft-push [-hVk] [-r run] [-H old.jsonl] [-m failures] [-R retries] [-s slots] [-p patience]'
	exits 0 ft-push -h
	same "$usage" "$(cat out)"
	exits 0 ft-push -V
	grep -q '^ft-push (funkytown) [0-9]' out
	for call in -y 'a file' '-m -1' '-m many' '-R 101' '-R 0x1' '-s 0' '-r {r}' \
		"-r $(printf '%065d' 0)"; do
		# shellcheck disable=SC2086 # words of a call
		exits 64 ft-push $call </dev/null
		[ -s err ]
	done
	exits 64 ft-push -y </dev/null
	same "$usage" "$(tail -n 1 err)"
	FT_RUN='no such name' exits 64 ft-push </dev/null
	grep -q '^ft-push: FT_RUN: expected ' err
}

@test "more tasks than go in one script arrive in order, each told once" {
	seq 2500 | sed 's|.*|{"id":"g/&","spec":"&"}|' >in
	exits 0 ft-push -r r <in
	same "$(ids in)" "$(ids out)"
	same "$(ids in)" "$(redis LRANGE 'ft:{r}:ids' 0 -1 | paste -sd ' ')"
	# the answers kept for a push that breaks off are gone
	same 0 "$(redis HKEYS 'ft:{r}:meta' | grep -c '^push:')"
	exits 0 ft-push -r r <in
	same '' "$(cat out)"
}

@test "a slow writer keeps no worker waiting" {
	mkfifo slow
	ft-push -k -r r <slow >pushed 3>&- &
	pid=$!
	exec 4>slow
	task a >&4
	poll grep -q '"a"' pushed
	same a "$(ft-pop -n -r r | jq -r .id)"
	tasks b c >&4
	poll grep -q '"c"' pushed
	exec 4>&-
	ends 0 $pid
	same 3 "$(ft-stats -r r | field total)"
	# nothing of the pusher stays
	run -1 grep '^push:' <<<"$(redis HKEYS 'ft:{r}:meta')"
}
