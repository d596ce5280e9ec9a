#!/usr/bin/env bats
# ft-pop: tasks from the queue, each under a lease

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
		kill -CONT "$pid" 2>/dev/null || :
		kill -KILL "$pid" 2>/dev/null || :
	done
}

# follow [FLAG ...] - ft-pop -f in the background, its tasks in popped
follow() {
	ft-pop -f "$@" >popped 2>errors 3>&- &
	pid=$!
	pids="$pids $pid"
}

popped() {
	[ "$(wc -l <popped)" -ge "$1" ]
}

waiting() {
	redis ZCARD 'ft:{r}:queue'
}

processing() {
	redis ZCARD 'ft:{r}:leases'
}

# blocked - somebody waits for a bell
blocked() {
	redis CLIENT LIST | grep -q 'cmd=\(xread\|blmpop\)'
}

# full PID - the popper waits for its own bell
full() {
	redis CLIENT LIST | grep -q cmd=blmpop
}

@test "a popped task says where it runs, as which lease and for how long" {
	task a '"ticket":7' | ft-push
	exits 0 ft-pop -w here -l 2.5
	same '{"id":"a","spec":"a","ticket":7,"status":"processing","run":"r","worker":"here","slot":1,"attempt":1,"lease_ms":2500,"result":"unknown"}' \
		"$(jq -c 'del(.lease)' out)"
	[[ $(jq -r .lease out) =~ ^[0-9]+-here\.[0-9]+\.[0-9a-f]{8}\.1$ ]]
	same 1 "$(processing)"
}

@test "notes that came together are read together" {
	tasks a b c d e f | ft-push
	follow -j 3
	poll popped 3
	poll full
	kill -STOP "$pid"
	redis CONFIG RESETSTAT >/dev/null
	jq -c '. + {status: "complete", result: "passed"}' popped | ft-result
	kill -CONT "$pid"
	poll popped 6
	# one call was waiting and got one note, the next got two
	redis INFO commandstats | grep -q '^cmdstat_blmpop:calls=2,'
}

@test "no field of a record stands there twice" {
	task a | ft-push
	exits 0 ft-pop
	same "$(grep -o '"[a-z_]*":' out | sort -u | wc -l)" \
		"$(grep -o '"[a-z_]*":' out | wc -l)"
}

@test "the worker is the host, FT_WORKER beats it, -w beats both" {
	tasks a b c | ft-push
	same "$(uname -n)" "$(ft-pop | jq -r .worker)"
	same env "$(FT_WORKER="env" ft-pop | jq -r .worker)"
	same flag "$(FT_WORKER="env" ft-pop -w flag | jq -r .worker)"
}

@test "the lease is a minute unless -l says else" {
	task a | ft-push
	same 60000 "$(ft-pop | jq .lease_ms)"
}

@test "without -r and FT_RUN the run is the current one" {
	task a | ft-push -r other
	unset FT_RUN
	same other "$(ft-pop | jq -r .run)"
	FT_RUN=none exits 66 ft-pop
	same 'ft-pop: none: no such run' "$(cat err)"
}

@test "without any run it is exit status 66" {
	unset FT_RUN
	exits 66 ft-pop
	same 'ft-pop: no run yet: runmeta names none' "$(cat err)"
}

@test "-n: a task is 0, nothing now is 2, a finished run is 1" {
	task a | ft-push
	exits 0 ft-pop -n
	exits 2 ft-pop -n
	[ ! -s out ]
	jq -c '. + {status: "complete", result: "passed"}' >verdict <<<"$(ft-stats -a)"
	ft-result <verdict
	exits 1 ft-pop -n
	[ ! -s err ]
}

@test "-n on an open run without tasks that wait is 2" {
	task a | ft-push -k
	ft-pop -n | ended_as passed | ft-result
	exits 2 ft-pop -n
	ft-push </dev/null
	exits 1 ft-pop -n
}

@test "it waits for a task and wakes at the bell" {
	task a | ft-push -k
	ft-pop -n >/dev/null
	ft-pop >popped 3>&- &
	pids=$!
	poll blocked
	task b | ft-push -k
	ends 0 "$pids"
	same b "$(ids popped)"
}

@test "it waits for the end of the run and says 1" {
	task a | ft-push
	ft-pop -n >leased
	ft-pop >popped 3>&- &
	pids=$!
	poll blocked
	ended_as passed <leased | ft-result
	ends 1 "$pids"
	[ ! -s popped ]
}

@test "-f goes on until the run is finished" {
	tasks a b c | ft-push
	follow
	for n in 1 2 3; do
		poll popped $n
		sed -n ${n}p popped | ended_as passed | ft-result
	done
	ends 1 "$pid"
	same 'a b c' "$(ids popped)"
}

@test "-j leases no more tasks than there are slots, each with its number" {
	tasks a b c d | ft-push
	follow -j 3
	poll full
	same 3 "$(wc -l <popped)"
	same '[1,2,3]' "$(jq -sc 'map(.slot)' popped)"
	same 1 "$(waiting)"
	sed -n 2p popped | ended_as passed | ft-result
	poll popped 4
	same '{"id":"d","slot":2}' "$(sed -n 4p popped | jq -c '{id,slot}')"
}

# note LEASE_MS - the popper of the first line is handed a task by its bell
note() {
	local nonce
	nonce=$(sed -n 1p popped | jq -r '.lease | sub("^[0-9]+-"; "")')
	redis RPUSH "ft:{r}:bell:${nonce%.*}" "$(printf \
		'task\n9%012d-%s\n1\n%d\n[]\n\n\n{"id":"b"}' "$1" "$nonce" "$1")"
}

@test "what comes early may wait 250 ms for a slot, or a third of its lease" {
	task a | ft-push
	follow
	poll popped 1
	poll full
	note 60000
	note 300
	poll popped 3
	same 'null 250 100' "$(jq .wait_ms popped | paste -sd ' ')"
	same '1 1 1' "$(jq .slot popped | paste -sd ' ')"
}

@test "a slot becomes free by a failure and by a hand-back as well" {
	tasks a b c | ft-push
	follow
	poll popped 1
	ended_as failed <popped | ft-result
	poll popped 2
	sed -n 2p popped | jq -c '.status = "waiting" | .reason = "drain"' |
		ft-result
	poll popped 3
	same 'a b b' "$(ids popped)"
}

@test "a silent worker's task is taken over by another, and told" {
	task a | ft-push
	ft-pop -n -w one -l 0.3 >first
	ft-pop -w two -l 0.3 >second
	same '{"id":"a","worker":"two","attempt":2}' \
		"$(jq -c '{id,worker,attempt}' second)"
	same '[{"attempt":1,"worker":"one","result":"error","reason":"lost"}]' \
		"$(jq -c '.attempts | map(del(.finished_ms, .started_ms, .slot))' second)"
	[ "$(field lease first)" != "$(field lease second)" ]
	same '{"processing":1,"lost":1}' "$(ft-stats | jq -c '{processing,lost}')"
}

@test "a task whose worker fell silent three times is an error, lost" {
	task a | ft-push
	for worker in one two three; do
		ft-pop -w $worker -l 0.3 >last
	done
	same 3 "$(field attempt last)"
	exits 1 ft-pop -w four -l 0.3
	same '{"status":"complete","result":"error","reason":"lost","attempts":2}' \
		"$(ft-stats -a | jq -c '{status,result,reason,attempts:(.attempts|length)}')"
	same 3 "$(ft-stats | field lost)"
}

@test "a retry prefers another worker" {
	[ -z "${FT_VALGRIND-}" ] || skip 'with valgrind the leases run out'
	tasks a b | ft-push -R 1
	ft-pop -n -w one >first
	ft-pop -n -w two >second
	ended_as failed <first | ft-result
	exits 2 ft-pop -n -w one
	same a "$(ft-pop -n -w two | jq -r .id)"
}

@test "a retry goes to the worker that failed when there is no other" {
	task a | ft-push -R 1
	ft-pop -n -w one | ended_as failed | ft-result
	same 'a 2' "$(ft-pop -w one | jq -r '"\(.id) \(.attempt)"')"
}

@test "a cancelled attempt is stopped by a line on the same stream" {
	tasks a b | ft-push
	follow
	poll popped 1
	ft-push -m 0
	jq -c '.lease = "1-" + (.lease | sub("^[0-9]+-"; ""))' popped >stale
	ft-result <stale >/dev/null
	poll popped 2
	same '{"id":"a","status":"complete","result":"unknown","reason":"interrupted"}' \
		"$(sed -n 2p popped | jq -c '{id,status,result,reason}')"
}

@test "TERM is 143, and what was delivered stays leased" {
	tasks a b | ft-push
	follow
	poll full
	kill -TERM "$pid"
	ends 143 "$pid"
	same '1 1' "$(processing) $(waiting)"
	ended_as passed <popped | ft-result
	same '0 1' "$(processing) $(waiting)"
}

@test "TERM while it waits for a task is 143" {
	task a | ft-push -k
	ft-pop -n >/dev/null
	follow
	poll blocked
	kill -TERM "$pid"
	ends 143 "$pid"
}

@test "TERM hands back what was leased but not delivered" {
	tasks a b | ft-push
	follow
	poll full
	kill -STOP "$pid"
	ended_as passed <popped | ft-result
	same '1 0' "$(processing) $(waiting)"
	kill -TERM "$pid"
	kill -CONT "$pid"
	ends 143 "$pid"
	same 'a' "$(ids popped)"
	same '0 1' "$(processing) $(waiting)"
	same '0 {"attempt":2}' "$(ft-stats | field lost) $(ft-pop -n |
		jq -c '{attempt}')"
}

@test "a reader that is gone ends it while it waits: 74" {
	task a | ft-push -k
	ft-pop -n >/dev/null
	mkfifo pipe
	ft-pop -f >pipe 2>errors 3>&- &
	pids=$!
	exec 9<pipe
	poll blocked
	exec 9<&-
	ends 74 "$pids"
	same "ft-pop: stdout: its reader is gone" "$(cat errors)"
}

@test "a task that cannot be delivered is handed back, free of charge" {
	tasks a | ft-push
	status=0
	ft-pop >/dev/full 2>err || status=$?
	same 74 "$status"
	same 'ft-pop: stdout: No space left on device' "$(cat err)"
	same '0 1' "$(processing) $(waiting)"
	same '{"waiting":1,"lost":0,"retried":0}' \
		"$(ft-stats | jq -c '{waiting,lost,retried}')"
	same '[2,null]' "$(ft-pop -n | jq -c '[.attempt, .attempts]')"
}

@test "a task longer than what is buffered is handed back as well" {
	task a "\"note\":\"$(head -c 6144 /dev/zero | tr '\0' x)\"" |
		ft-push >/dev/null
	status=0
	ft-pop >/dev/full 2>err || status=$?
	same 74 "$status"
	same 'ft-pop: stdout: No space left on device' "$(cat err)"
	same '0 1 0' "$(processing) $(waiting) $(ft-stats | field lost)"
}

@test "so is a batch of which a part was written" {
	for i in $(seq 60); do
		task "t$i" '"expected_ms":10,"share":"s"'
	done | ft-push >/dev/null
	status=0
	ft-pop -f -S 100 >/dev/full 2>err || status=$?
	same 74 "$status"
	same '0 60 0' "$(processing) $(waiting) $(ft-stats | field lost)"
}

@test "a popper holds its leases through a server that was away" {
	tasks a b | ft-push
	follow
	poll full
	redis CLIENT KILL TYPE normal SKIPME yes >/dev/null
	ended_as passed <popped | ft-result
	poll popped 2
	sed -n 2p popped | ended_as passed | ft-result
	ends 1 "$pid"
	same 'a b' "$(ids popped)"
}

@test "a lease of most of a year is waited for" {
	tasks a b | ft-push
	# a third of it is more milliseconds than an int has
	follow -l 25769758.779
	poll full
	poll blocked
	ended_as passed <popped | ft-result
	poll popped 2
	same '' "$(cat errors)"
}

@test "a restarted worker under the same name has all its slots" {
	tasks a b c | ft-push
	follow -w same -j 2
	poll popped 2
	kill -KILL "$pid"
	poll ended "$pid"
	same c "$(ft-pop -n -w same | jq -r .id)"
}

@test "every key of a run has a time to live and shares its hash tag" {
	tasks a b c d | ft-push -m 9 -R 1
	follow -w here
	poll popped 1
	ended_as passed <popped | ft-result
	poll popped 2
	sed -n 2p popped | ended_as failed | ft-result
	ft-stats -f >/dev/null 3>&- &
	pids="$pids $!"
	poll popped 3
	redis --scan | sort >keys
	for key in ft:history ft:runs runmeta 'ft:{r}:meta' 'ft:{r}:ids' \
		'ft:{r}:queue' 'ft:{r}:leases' 'ft:{r}:done' \
		'ft:{r}:workers' 'ft:{r}:bell' 'ft:{r}:task:a'; do
		grep -qxF "$key" keys
	done
	grep -q '^ft:{r}:held:here\.' keys
	same '' "$(grep -v '^ft:{r}:' keys |
		grep -vx 'ft:history\|ft:runs\|runmeta')"
	while IFS= read -r key; do
		ttl=$(redis TTL "$key")
		[ "$ttl" -gt 604000 ] && [ "$ttl" -le 604800 ] || {
			printf '%s: %s\n' "$key" "$ttl"
			return 1
		}
	done <keys
}

@test "many poppers get every task once" {
	[ -z "${FT_VALGRIND-}" ] || skip 'with valgrind the leases run out'
	seq 200 | sed 's/.*/{"id":"t&","spec":"s"}/' | ft-push >/dev/null
	for w in 1 2 3 4; do
		while ft-pop -n -w "w$w"; do :; done >"popped.$w" 3>&- &
		workers="${workers-} $!"
	done
	# shellcheck disable=SC2086 # a list of pids
	wait $workers || :
	same 200 "$(cat popped.? | wc -l)"
	same 200 "$(jq -r .id popped.? | sort -u | wc -l)"
	same 200 "$(jq -r .lease popped.? | sort -u | wc -l)"
}

@test "a wrong call is 64 with the synopsis, -h the same with 0, -V the version" {
	usage='usage: ft-pop [-hVn] [-r run] [-w worker] [-l lease] [-p patience] [-f [-j slots] [-S tasks]]'
	exits 0 ft-pop -h
	same "$usage" "$(cat out)"
	exits 0 ft-pop -V
	grep -q '^ft-pop (funkytown) [0-9]' out
	for call in -y 'a file' '-f -n' '-j 2' '-S 2' '-f -S 0' '-f -j 0' '-f -j 513' '-l 0' \
		'-l soon' '-w a/b' '-r {r}'; do
		# shellcheck disable=SC2086 # words of a call
		exits 64 ft-pop $call
		[ -s err ]
	done
	exits 64 ft-pop -f -n
	same "$usage" "$(cat err)"
	FT_WORKER='a b' exits 64 ft-pop
	grep -q '^ft-pop: FT_WORKER: expected ' err
}
