#!/usr/bin/env bats
# Redis as it is in life: full, away, killed, loading, read-only, in the way.
load helper

setup() {
	needs redis-server jq
	cd "$BATS_TEST_TMPDIR" || return
	export FT_RUN=r FT_WORKER=w
	server=$BATS_TEST_NUMBER
	redis_start "$server" --appendfsync always 5>&-
}

teardown() {
	local one

	for one in ${pid-} ${follower-}; do
		kill -9 "$one" 2>/dev/null || :
	done
	redis_stop "$server"
}

# stopped - this test's server is gone, its socket too
stopped() {
	local was

	was=$(cat "$BATS_FILE_TMPDIR/$server/pid")
	redis_stop "$server"
	poll ended "$was"
}

# result - an ft-result that waits for records in the fifo on descriptor 5
result() {
	mkfifo records
	ft-result <records >result.out 2>result.err 3>&- &
	pid=$!
	exec 5>records
}

# leased N - so many attempts that have passed, in the file ended
leased() {
	tasks $(seq "$1") | ft-push >/dev/null
	for _ in $(seq "$1"); do
		ft-pop -n
	done >leased
	ended_as passed <leased >ended
}

# fill, drain - so that the server has no room, and has it again
fill() {
	redis CONFIG SET maxmemory 1 >/dev/null
}

drain() {
	redis CONFIG SET maxmemory 0 >/dev/null
}

has_lines() {
	[ "$(wc -l <"$1")" -ge "$2" ]
}

# ticks PID - processor time used, in hundredths of a second
ticks() {
	awk '{ print $14 + $15 }' "/proc/$1/stat"
}

# wakes PID - how often it has waited for something
wakes() {
	awk '$1 == "voluntary_ctxt_switches:" { print $2 }' "/proc/$1/status"
}

# woke PID N - whether it has so often
woke() {
	[ "$(wakes "$1")" -ge "$2" ]
}

# hundredths - of a second, on a clock that only goes on
hundredths() {
	awk '{ print int($1 * 100) }' /proc/uptime
}

# patient PID ... - they try again and again, with pauses and with little work
patient() {
	local began one i=0 goal=() work=()

	began=$(hundredths)
	for one; do
		goal[i]=$(($(wakes "$one") + 6))
		work[i]=$(($(ticks "$one") + 20))
		i=$((i + 1))
	done
	i=0
	for one; do
		poll woke "$one" "${goal[i]}"
		[ "$(ticks "$one")" -lt "${work[i]}" ]
		[ "$(($(hundredths) - began))" -ge 100 ]
		i=$((i + 1))
	done
}

@test "a full server is 69, told by its own words" {
	tasks a | ft-push >/dev/null
	fill
	exits 69 ft-push -r other < <(task b)
	grep -q 'OOM' err
	exits 69 ft-pop
	grep -q 'OOM' err
	drain
	exits 0 ft-pop
}

# A beat that goes down a dead connection for longer costs the lease.
@test "a server that says nothing for fifteen seconds is asked anew, no later" {
	local began mute took

	leased 2
	result
	head -n 1 ended >&5
	poll has_lines result.out 1
	mute=$(cat "$BATS_FILE_TMPDIR/$server/pid")
	kill -STOP "$mute"
	began=$(hundredths)
	tail -n 1 ended >&5
	poll grep -q 'no answer; trying again' result.err || :
	took=$(($(hundredths) - began))
	kill -CONT "$mute"
	[ "$took" -ge 1490 ] && [ "$took" -lt 2900 ]
	poll has_lines result.out 2
	exec 5>&-
	ends 0 "$pid"
	same 2 "$(ft-stats | jq .passed)"
}

@test "the first verdict waits for a full server to have room, too" {
	leased 1
	result
	fill
	cat ended >&5
	poll grep -q OOM result.err
	[ ! -s result.out ]
	drain
	poll has_lines result.out 1
	exec 5>&-
	ends 0 "$pid"
	same 1 "$(ft-stats | jq .passed)"
}

@test "verdicts wait for a full server to have room" {
	leased 3
	result
	head -n 1 ended >&5
	poll has_lines result.out 1
	fill
	tail -n 2 ended >&5
	poll grep -q OOM result.err
	same 1 "$(wc -l <result.out)"
	drain
	poll has_lines result.out 3
	exec 5>&-
	ends 0 "$pid"
	same 1 "$(grep -c OOM result.err)"
	same 1 "$(grep -c back result.err)"
	same 3 "$(ft-stats | jq .passed)"
}

@test "a server that is away is told once, not asked without end, and gets all" {
	leased 3
	result
	head -n 1 ended >&5
	poll has_lines result.out 1
	kill -9 "$(cat "$BATS_FILE_TMPDIR/$server/pid")"
	tail -n 2 ended >&5
	poll grep -q 'trying again' result.err
	patient "$pid"
	same 1 "$(wc -l <result.out)"
	redis_start "$server" --appendfsync always 5>&-
	poll has_lines result.out 3
	exec 5>&-
	ends 0 "$pid"
	same 1 "$(grep -c 'trying again' result.err)"
	same 1 "$(grep -c back result.err)"
	same 3 "$(ft-stats | jq .passed)"
}

@test "patience has an end, and says so: 69" {
	leased 2
	for bound in '-p 0.5' 'REDIS_PATIENCE=0.5'; do
		mkfifo records
		case $bound in
		-p*) ft-result $bound <records >result.out 2>result.err 3>&- & ;;
		*) env "$bound" ft-result <records >result.out 2>result.err 3>&- & ;;
		esac
		pid=$!
		exec 5>records
		rm records
		head -n 1 ended >&5
		poll has_lines result.out 1
		kill -9 "$(cat "$BATS_FILE_TMPDIR/$server/pid")"
		tail -n 1 ended >&5
		ends 69 "$pid"
		exec 5>&-
		same 2 "$(grep -c "^ft-result: redis at $REDIS_HOST: " result.err)"
		head -n 1 result.err | grep -q 'trying again'
		redis_start "$server" --appendfsync always 5>&-
	done
	for program in 'ft-pop -f' ft-push 'ft-stats -f'; do
		exits 64 $program -p soon </dev/null
		grep -q -- '-p: expected' err
	done
}

@test "a server that loads its data is 69 at the start, and waited for later" {
	stopped
	redis_start "$server" --appendfsync always --enable-debug-command yes 5>&-
	leased 2
	result
	head -n 1 ended >&5
	poll has_lines result.out 1
	redis DEBUG POPULATE 10000 >/dev/null
	redis BGREWRITEAOF >/dev/null
	poll eval 'redis INFO persistence | grep -q aof_rewrite_in_progress:0'
	kill -9 "$(cat "$BATS_FILE_TMPDIR/$server/pid")"
	redis-server --port 0 --unixsocket "$REDIS_HOST" --appendonly yes \
		--dir "$BATS_FILE_TMPDIR/$server" --appendfsync always \
		--key-load-delay 50000 --loading-process-events-interval-bytes 1024 \
		>log 2>&1 3>&- 5>&- &
	printf '%s\n' "$!" >"$BATS_FILE_TMPDIR/$server/pid"
	poll eval 'redis PING 2>&1 | grep -q LOADING'
	for program in ft-push ft-pop ft-result ft-stats; do
		exits 69 $program </dev/null
		grep -q "^$program: redis at $REDIS_HOST: LOADING" err
	done
	tail -n 1 ended >&5
	poll grep -q 'trying again' result.err
	redis CONFIG SET key-load-delay 0 >/dev/null
	poll has_lines result.out 2
	exec 5>&-
	ends 0 "$pid"
	same 1 "$(grep -c 'trying again' result.err)"
	same 1 "$(grep -c back result.err)"
	same 2 "$(ft-stats | jq .passed)"
}

@test "a server that only reads is waited for, by those who hold something" {
	leased 2
	result
	head -n 1 ended >&5
	poll has_lines result.out 1
	redis REPLICAOF 127.0.0.1 1 >/dev/null
	exits 69 ft-pop -n
	grep -q "^ft-pop: redis at $REDIS_HOST: pop: READONLY" err
	tail -n 1 ended >&5
	poll grep -q 'READONLY.*trying again' result.err
	redis REPLICAOF NO ONE >/dev/null
	poll has_lines result.out 2
	exec 5>&-
	ends 0 "$pid"
	same 1 "$(grep -c READONLY result.err)"
	same 1 "$(grep -c back result.err)"
	same 2 "$(ft-stats | jq .passed)"
}

@test "a key of ours that holds something else is 65, and named by its operation" {
	for key in meta queue leases ids workers bell task:a; do
		redis FLUSHALL >/dev/null
		tasks a b | ft-push -k >/dev/null
		redis DEL "ft:{r}:$key" >/dev/null
		redis SET "ft:{r}:$key" x >/dev/null
		case $key in
		ids | task:a) set -- ft-push ;;
		bell) # who gets a task does not look at it
			ft-pop >/dev/null
			ft-pop >/dev/null
			set -- ft-pop
			;;
		*) set -- ft-pop -n ;;
		esac
		tasks a c | exits 65 "$@"
		grep -q "^$1: redis at $REDIS_HOST: ${1#ft-}: WRONGTYPE" err
	done
	redis FLUSHALL >/dev/null
	leased 1
	redis SET 'ft:{r}:done' x >/dev/null
	exits 65 ft-result <ended
	grep -q "^ft-result: redis at $REDIS_HOST: finish: WRONGTYPE" err
}

# blocked - a popper waits, in the way that a command names
blocked() {
	redis CLIENT LIST | grep -q "cmd=$1"
}

# unblock - end its wait by an error, as a server does that becomes a replica
unblock() {
	redis CLIENT UNBLOCK "$(redis CLIENT LIST |
		sed -n "s/^id=\([0-9]*\) .*cmd=$1.*/\1/p")" ERROR
}

@test "a wait that the server ends goes on; one that it refuses is 64" {
	tasks a b | ft-push -k >/dev/null
	for command in blmpop xread; do
		poll eval '! blocked blmpop && ! blocked xread'
		ft-pop -f -l 30 >popped.$command 2>err 3>&- &
		pid=$!
		poll blocked $command
		unblock $command
		poll grep -q back err
		poll blocked $command
		same 1 "$(grep -c 'UNBLOCKED.*trying again' err)"
		redis ACL SETUSER default -$command >/dev/null
		unblock $command
		ends 64 "$pid"
		grep -q "^ft-pop: redis at $REDIS_HOST: waiting: NOPERM" err
		redis ACL SETUSER default +$command >/dev/null
		ft-pop -n >/dev/null || [ $? -eq 2 ]
	done
}

@test "a server that is too old to know a command is 64" {
	tasks a | ft-push >/dev/null
	stopped
	redis_start "$server" --rename-command BLMPOP '' 5>&-
	exits 64 timeout 20 ft-pop -f
	grep -q "^ft-pop: redis at $REDIS_HOST: waiting: .*unknown command" err
}

@test "an idle popper and a follower do not spin while the server is away" {
	tasks a | ft-push -k >/dev/null
	ft-pop >leased
	ft-pop -f >out 2>pop.err 3>&- &
	pid=$!
	ft-stats -f >stats.out 2>stats.err 3>&- &
	follower=$!
	poll eval 'redis CLIENT LIST | grep -q cmd=xread'
	poll has_lines stats.out 1
	kill -9 "$(cat "$BATS_FILE_TMPDIR/$server/pid")"
	poll grep -q 'trying again' pop.err
	poll grep -q 'trying again' stats.err
	patient "$pid" "$follower"
	kill -TERM "$pid" "$follower"
	ends 143 "$pid"
	ends 143 "$follower"
}

# outage OPTION ... - the server dies in the midst of verdicts, with a disk that
# has only what was synced, and comes back; the file lost has what it forgot
outage() {
	stopped
	LD_PRELOAD=$root/build/chaos-forget.so redis_start "$server" "$@" 5>&-
	leased 20
	result
	while read -r line; do
		printf '%s\n' "$line" >&5
	done <ended &
	poll has_lines result.out 5
	kill -9 "$(cat "$BATS_FILE_TMPDIR/$server/pid")"
	cp result.out echoed
	redis_start "$server" --appendfsync always 5>&-
	ft-stats -a >now || [ $? -eq 66 ]
	jq -r 'select(.result == "passed").id' echoed | sort >told
	jq -r 'select(.result == "passed").id' now | sort | comm -23 told - >lost
	exec 5>&-
}

@test "a verdict that was echoed survives the loss of its server's power" {
	outage --appendfsync always
	same '' "$(cat lost)"
	ends 0 "$pid"
	same 20 "$(ft-stats | jq .passed)"
}

@test "a server that does not sync loses verdicts: the disk forgets them" {
	outage --appendfsync no
	[ -s lost ]
}

@test "a build without TLS refuses to go without: 64" {
	[[ $(ft-stats -V) != *'TLS: yes'* ]] || skip 'this build has TLS'
	REDIS_TLS=1 exits 64 ft-stats
	same 'ft-stats: REDIS_TLS: this build has no TLS' "$(cat err)"
}
