#!/usr/bin/env bats
# The points where a death or a lost reply is hardest. A proxy swallows what
# the server answers, so that each is held open until a test has stood there.
load helper

setup() {
	needs redis-server
	export CHAOS_DIR=$BATS_TEST_TMPDIR FT_RUN=narrow FT_WORKER=w1
	cd "$CHAOS_DIR"
	"$BATS_TEST_DIRNAME/chaos/redis.sh" 3>&-
	export REDIS_HOST=$CHAOS_DIR/redis.sock
	# so that the first EVALSHA is done, not refused
	for script in "$root"/build/lua/*.lua; do
		redis-cli -s redis.sock -x SCRIPT LOAD <"$script" >/dev/null
	done
	far=REDIS_HOST=$CHAOS_DIR/proxy.sock
	"$root/build/chaos-proxy" proxy.sock redis.sock \
		EVALSHA 3>&- &
	proxy=$!
	mine="$proxy $(cat redis.pid)"
	poll test -S proxy.sock
}

teardown() {
	[ -z "${mine-}" ] || kill -9 $mine 2>/dev/null || :
	wait 2>/dev/null
}

# push RETRIES COMMAND NAME ... - tasks that run a command, sealed
push() {
	local command=$2 retries=$1
	shift 2
	jq -nc --argjson n "$retries" --arg c "$command" '$ARGS.positional[] |
		{id: ., runner: "command", command: ($c / " "), retries: $n}' \
		--args "$@" | ft-push >/dev/null
}

# start NAME COMMAND ... - in the background, its output in NAME.out
start() {
	local name=$1
	shift
	"$@" <&0 >"$name.out" 2>"$name.err" 3>&- &
	pid=$!
	mine="$mine $pid"
}

# worker [LEASE] - until the run is finished
worker() {
	ft-pop -f -l "${1-1}" 2>>pop.err | ft-run -g 0.5 | ft-result
}

# holds FILTER - of what ft-stats says now
holds() {
	ft-stats | jq -e "$1"
}

lines() {
	[ "$(wc -l <"$1")" -ge "$2" ]
}

# A full popper waits for its bell.
blocked() {
	redis-cli -s redis.sock client list | grep -q cmd=blmpop
}

swallow() {
	kill -ALRM "$proxy"
}

cut_all() {
	swallow # no longer
	kill -USR1 "$proxy"
}

# ends VERDICT ... - so the run ends, each told once: "id result attempt"
ends() {
	diff <(printf '%s\n' "$@") <(ft-stats -a |
		jq -r '"\(.id) \(.result) \(.attempt)"')
	diff <(redis-cli -s redis.sock lrange 'ft:{narrow}:done' 0 -1 | sort) \
		<(ft-stats -a | jq -r .id | sort)
	holds '.state == "finished"'
}

@test "ft-pop dies after its script and before the answer" {
	push 0 true a
	swallow
	start pop env "$far" ft-pop -f -l 1
	poll holds '.processing == 1'
	[ ! -s pop.out ]
	kill -9 "$pid"
	worker
	ends 'a passed 2'
}

@test "a pop whose answer was lost gets the same lease" {
	push 0 true a b
	swallow
	start pop env "$far" ft-pop -l 30
	poll holds '.processing == 1'
	cut_all
	wait "$pid"
	[ "$(jq -c '[.id, .attempt]' pop.out)" = '["a",1]' ]
	holds '.processing == 1'
	ft-run <pop.out | ft-result
	worker
	ends 'a passed 1' 'b passed 1'
}

@test "a pop that does not wait gets its lost lease as well" {
	push 0 true a
	swallow
	start pop env "$far" ft-pop -n -l 30
	poll holds '.processing == 1'
	cut_all
	wait "$pid"
	[ "$(jq -c '[.id, .attempt]' pop.out)" = '["a",1]' ]
	ft-run <pop.out | ft-result
	ends 'a passed 1'
}

@test "ft-pop is told to stop while its answer is lost, and hands the task back" {
	push 0 true a
	swallow
	start pop env "$far" ft-pop -f -l 30
	poll holds '.processing == 1'
	kill -TERM "$pid"
	cut_all
	wait "$pid" || [ $? -eq 143 ]
	[ ! -s pop.out ]
	holds '.waiting == 1 and .lost == 0'
	worker
	ends 'a passed 2'
}

@test "a lost note mixes up no slots, and nothing is handed back for it" {
	push 0 true a b c
	start pop env "$far" ft-pop -f -j 2 -l 30
	poll lines pop.out 2
	poll blocked
	swallow
	head -n 1 pop.out | ft-run | ft-result
	holds '.processing == 2 and .complete == 1'
	cut_all
	poll lines pop.out 3
	[ "$(sed -n 3p pop.out | jq -c '[.id, .slot]')" = '["c",1]' ]
	kill -TERM "$pid"
	wait "$pid" || [ $? -eq 143 ]
	holds '.processing == 2'
	tail -n 2 pop.out | ft-run | ft-result
	ends 'a passed 1' 'b passed 1' 'c passed 1'
}

@test "notes that were lost on the wire together come again together" {
	local before='a b c d e f' after='g h i j k l'

	push 0 true $before $after
	start pop env "$far" ft-pop -f -j 6 -l 30
	poll lines pop.out 6
	poll blocked
	swallow
	ft-run -j 6 <pop.out | ft-result
	holds '.processing == 6 and .complete == 6'
	cut_all
	poll lines pop.out 12
	[ "$(tail -n 6 pop.out | jq -s -r '[map(.id), map(.slot)] |
		map(sort | join(" ")) | join(", ")')" = "$after, 1 2 3 4 5 6" ]
	tail -n 6 pop.out | ft-run | ft-result
	wait "$pid" || [ $? -eq 1 ]
	mapfile -t all < <(printf '%s passed 1\n' $before $after)
	ends "${all[@]}"
}

@test "ft-pop dies with a task that was handed to it" {
	push 0 true a b
	start pop ft-pop -f -l 1
	poll lines pop.out 1
	kill -STOP "$pid"
	ft-run <pop.out | ft-result
	holds '.processing == 1 and .complete == 1'
	kill -9 "$pid"
	lines pop.out 1
	worker
	ends 'a passed 1' 'b passed 2'
}

@test "a dead ft-pop is handed a task a slot, and loses none" {
	push 0 true a b c d e
	start pop ft-pop -f -j 2 -l 1
	poll lines pop.out 2
	kill -9 "$pid"
	wait "$pid" || :
	ft-run -j 2 <pop.out | ft-result
	holds '.processing == 2 and .complete == 2'
	worker
	ends 'a passed 1' 'b passed 1' 'c passed 2' 'd passed 2' 'e passed 1'
	holds '.lost == 0'
}

@test "a handed task that was lost on the wire comes again" {
	push 0 true a b
	start pop env "$far" ft-pop -f -l 30
	poll lines pop.out 1
	swallow
	head -n 1 pop.out | ft-run | ft-result
	poll holds '.processing == 1 and .complete == 1'
	cut_all
	poll lines pop.out 2
	sed -n 2p pop.out | ft-run | ft-result
	wait "$pid" || [ $? -eq 1 ]
	ends 'a passed 1' 'b passed 1'
}

# pass FIRST LAST - those lines of pop.out passed after a millisecond
pass() {
	local n
	for n in $(seq "$1" "$2"); do
		poll lines pop.out "$n"
		sed -n "${n}p" pop.out | jq -c '.status = "complete" |
			.result = "passed" | .duration_ms = 1' | ft-result
	done >/dev/null
}

@test "tasks that came early are lost once with their worker" {
	push 0 true $(seq 60)
	start pop ft-pop -f -l 1
	pass 1 40
	poll lines pop.out 50
	holds '.processing == 10'
	kill -9 "$pid"
	worker 2
	holds '.passed == 60 and .lost == 10'
	[ "$(ft-stats -a | jq -s 'map(.attempts // [] | length) | max')" = 1 ]
}

@test "two tasks of one note that was lost on the wire come again" {
	push 0 true $(seq 60)
	start pop env "$far" ft-pop -f -l 30
	pass 1 31
	poll lines pop.out 32
	poll blocked
	swallow
	pass 32 32
	holds '.processing == 2'
	cut_all
	poll lines pop.out 34
	[ "$(jq .wait_ms pop.out | sort -u | paste -sd ' ')" = '250 null' ]
	[ "$(jq .lease pop.out | sort -u | wc -l)" = 34 ]
	pass 33 34
	poll lines pop.out 38
	holds '.complete == 34 and .processing == 4 and .lost == 0'
}

@test "ft-result dies after a verdict and before its echo" {
	push 0 true a
	ft-pop -l 30 | ft-run >ran
	swallow
	start result env "$far" ft-result <ran
	poll holds '.complete == 1'
	[ ! -s result.out ]
	kill -9 "$pid"
	ends 'a passed 1'
	ft-result <ran | tail -n 1 | jq -e '.result == "passed"'
	ends 'a passed 1'
}

@test "a pass whose answer was lost is learnt from all the same" {
	push 0 true a
	ft-pop -l 30 | ft-run >ran
	swallow
	start result env "$far" ft-result <ran
	poll holds '.complete == 1'
	cut_all
	wait "$pid"
	[ "$(tail -n 1 result.out | jq -r .result)" = passed ]
	[ "$(redis-cli -s redis.sock hget ft:history a)" = \
		"$(tail -n 1 ran | jq .duration_ms)" ]
}

@test "a failure whose answer was lost costs one attempt" {
	push 1 false a
	ft-pop -l 30 | ft-run >ran
	swallow
	start result env "$far" ft-result <ran
	poll holds '.retried == 1'
	[ ! -s result.out ]
	cut_all
	wait "$pid"
	tail -n 1 result.out | jq -e '.status == "waiting"'
	holds '.retried == 1 and .waiting == 1'
	worker
	ends 'a failed 2'
}

@test "a pass that comes after the lease does not hide the holder's failure" {
	push 0 'test -e good' a
	touch good
	ft-pop -l 0.5 | ft-run >ran
	mkfifo records
	start result ft-result <>records
	head -n 1 ran >records
	poll lines result.out 1
	kill -STOP "$pid"
	rm good
	FT_WORKER=w2 ft-pop -l 30 >taken
	[ "$(jq .attempt taken)" = 2 ]
	tail -n 1 ran >records
	kill -CONT "$pid"
	poll lines result.out 2
	ft-run <taken | ft-result
	kill -9 "$pid"
	ends 'a failed 2'
	ft-stats -a | jq -e '.late | length == 1'
}

@test "a supervisor that is killed costs time, and no verdict" {
	printf '%s\n' '[ ! -e boss ] || exit 0' 'echo $PPID >boss.new' \
		'mv boss.new boss' 'exec sleep 1000' >spec.sh
	push 0 "sh $PWD/spec.sh" a
	start worker worker
	poll test -s boss
	kill -9 "$(cat boss)"
	wait "$pid"
	ends 'a passed 2'
	holds '.lost == 1 and .retried == 0'
	ft-stats -a | jq -e '.attempts[0] | .reason == "lost" and
		.message == "its supervisor was killed"'
}

@test "two workers under one name share a run" {
	push 0 'sleep 0.03' $(seq 1 20)
	start one worker 30
	one=$pid
	start two worker 30
	wait "${mine##* }" "$one"
	ends "$(seq 1 20 | sed 's/$/ passed 1/')"
}
