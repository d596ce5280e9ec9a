#!/usr/bin/env bats
# Redis as it is in life: full, away, killed.
load helper

setup() {
	needs redis-server jq
	cd "$BATS_TEST_TMPDIR" || return
	export FT_RUN=r FT_WORKER=w
	server=$BATS_TEST_NUMBER
	redis_start "$server" --appendfsync always 5>&-
}

teardown() {
	[ -z "${pid-}" ] || kill -9 "$pid" 2>/dev/null || :
	redis_stop "$server"
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
	before=$(ticks "$pid")
	sleep 4
	[ "$(($(ticks "$pid") - before))" -lt 20 ]
	same 1 "$(wc -l <result.out)"
	redis_start "$server" --appendfsync always 5>&-
	poll has_lines result.out 3
	exec 5>&-
	ends 0 "$pid"
	same 1 "$(grep -c 'trying again' result.err)"
	same 1 "$(grep -c back result.err)"
	same 3 "$(ft-stats | jq .passed)"
}

@test "an idle popper and a follower do not spin while the server is away" {
	tasks a | ft-push -k >/dev/null
	ft-pop >leased
	ft-pop -f >out 2>pop.err 3>&- &
	pid=$!
	poll eval 'redis CLIENT LIST | grep -q cmd=xread'
	kill -9 "$(cat "$BATS_FILE_TMPDIR/$server/pid")"
	poll grep -q 'trying again' pop.err
	before=$(ticks "$pid")
	sleep 4
	[ "$(($(ticks "$pid") - before))" -lt 20 ]
	kill -TERM "$pid"
	ends 143 "$pid"
}

@test "a verdict that was echoed survives the kill of its server" {
	leased 20
	result
	while read -r line; do
		printf '%s\n' "$line" >&5
	done <ended &
	poll has_lines result.out 5
	kill -9 "$(cat "$BATS_FILE_TMPDIR/$server/pid")"
	cp result.out echoed
	redis_start "$server" --appendfsync always 5>&-
	ft-stats -a >now
	same "$(jq -r 'select(.result == "passed").id' echoed | sort)" \
		"$(jq -r 'select(.result == "passed").id' now | sort | grep -xF \
			"$(jq -r 'select(.result == "passed").id' echoed)")"
	exec 5>&-
	ends 0 "$pid"
	same 20 "$(ft-stats | jq .passed)"
}
