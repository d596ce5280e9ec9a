#!/bin/sh
# scale.sh - WORKERS (1000) on one server: busy with tasks of a second, idle, rung
#
# A program plays the workers, by the real scripts on two connections each. Busy:
# all have tasks of TASK_MS (1000). Tail: one has the last task, the others
# wait. Ring: the same, and a task is pushed, which wakes them all. Each lasts
# BUSY_S (10) or IDLE_S (25) seconds; a worker that waits asks every 20.
set -eu
here=$(dirname "$0")
: "${ROUNDS:=1}" "${WORKERS:=1000}" "${TASK_MS:=1000}"
: "${BUSY_S:=10}" "${IDLE_S:=25}"
# shellcheck source=test/bench/rounds.sh
. "$here/rounds.sh"
# shellcheck source=test/bench/server.sh
. "$here/server.sh"
build=$here/../../build
workdir
server_start

# tasks PREFIX COUNT
tasks() {
	awk -v p="$1" -v n="$2" 'BEGIN { for (i = 1; i <= n; i++)
		printf "{\"id\":\"g/%s-%d.spec.ts/desktop-chrome\"," \
			"\"group\":\"g\",\"spec\":\"%s-%d.spec.ts\"," \
			"\"viewport\":\"desktop\",\"browser\":\"chrome\"," \
			"\"runner\":\"playwright\"}\n", p, i, p, i }'
}

# play NAME RUN TASK_MS SECONDS - what is seen becomes figures of that name
play() {
	"$build/bench-scale" "$2" "$WORKERS" "$3" "$4" "$server" >"$dir/seen"
	while IFS='	' read -r what value; do
		figure "$1: $what" "$value"
	done <"$dir/seen"
}

# busy APPENDFSYNC
busy() {
	redis-cli -s "$REDIS_HOST" CONFIG SET appendfsync "$1" >/dev/null
	tasks busy $((WORKERS * ((BUSY_S + 1) * 1000 / TASK_MS + 6))) |
		ft-push -k -r "busy-$1-$round" >/dev/null
	play "busy, $1" "busy-$1-$round" "$TASK_MS" "$BUSY_S"
}

while [ $((round += 1)) -le "$ROUNDS" ]; do
	busy no
	busy always
	tasks last 1 | ft-push -k -r "tail-$round" >/dev/null
	play tail "tail-$round" 1000000 "$IDLE_S"
	tasks last 1 | ft-push -k -r "ring-$round" >/dev/null
	{
		sleep 3
		tasks more 1 | ft-push -k -r "ring-$round" >/dev/null
	} &
	play "ring" "ring-$round" 1000000 5
	wait $!
done
table "" none | sed '$d'
