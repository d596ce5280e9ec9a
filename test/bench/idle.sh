#!/bin/sh
# idle.sh - a worker that waits: its CPU, and the time from push to start
#
# ROUNDS (20) tasks are pushed one by one to an idle worker. Each prints when
# it started; the time counts from before ft-push itself is started.
set -eu
here=$(dirname "$0")
: "${ROUNDS:=20}" "${IDLE_S:=2}"
# shellcheck source=test/bench/rounds.sh
. "$here/rounds.sh"
# shellcheck source=test/bench/server.sh
. "$here/server.sh"
workdir
server_start
clock=$(cd "$here/../.." && pwd)/build/bench-clock
[ -x "$clock" ] || {
	echo "idle: build/bench-clock is missing; see make bench" >&2
	exit 66
}

# cpu_us PID ... - what they have used so far
cpu_us() {
	for pid; do
		cat "/proc/$pid/schedstat"
	done | awk '{ us += $1 / 1000 } END { printf "%d\n", us }'
}

# task N - a file with the N-th task, which tells the time
task() {
	printf '{"id":"t%s","spec":"t%s","runner":"command","command":["%s"]}\n' \
		"$1" "$1" "$clock" >"$dir/task"
}

push() {
	ft-push -k -r idle <"$dir/task" >/dev/null
}

# started N - the N-th task's own word, once it is there
started() {
	until [ "$(grep -c '"status":"complete"' "$dir/out")" -ge "$1" ]; do
		sleep 0.02
	done
	grep '"status":"complete"' "$dir/out" | tail -n 1 |
		sed 's/.*"output":"\([0-9]*\).*/\1/'
}

task 0
push
mkfifo "$dir/tasks" "$dir/records"
: >"$dir/out"
ft-pop -f -j 2 -r idle >"$dir/tasks" &
pids=$!
ft-run -j 2 <"$dir/tasks" >"$dir/records" &
pids="$pids $!"
ft-result <"$dir/records" >"$dir/out" &
pids="$pids $!"
started 1 >/dev/null
sleep 1

# shellcheck disable=SC2086 # numbers
before=$(cpu_us $pids)
server_before=$(cpu_us "$server")
sleep "$IDLE_S"
# shellcheck disable=SC2086 # numbers
printf 'idle for %s s: the three programs used %s us of CPU, the server %s\n' \
	"$IDLE_S" "$(($(cpu_us $pids) - before))" \
	"$(($(cpu_us "$server") - server_before))"

while [ $((round += 1)) -le "$ROUNDS" ]; do
	task "$round"
	from=$("$clock")
	push
	figure "ms from ft-push to the start" "$(awk -v a="$from" \
		-v b="$(started $((round + 1)))" 'BEGIN { print (b - a) / 1e6 }')"
done
table ms none | sed '$d'
wanted "ms from ft-push to the start" most 5 -
# shellcheck disable=SC2086 # numbers
kill $pids 2>/dev/null || :
# shellcheck disable=SC2086 # they go before the server, or tell of its end
wait $pids || :
server_stop
server=''
