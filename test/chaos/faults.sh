#!/bin/sh
# faults.sh - do to the run in $CHAOS_DIR what the schedule on stdin says
set -eu
here=$(dirname "$0")
cd "$CHAOS_DIR"

# living KIND [WORKER] - the processes of this run; a child of the same name
# is a subshell or a supervisor
living() {
	found=$(grep -lx "$1" /proc/[0-9]*/comm | sed 's/comm$/environ/')
	for mark in "CHAOS_DIR=$CHAOS_DIR" ${2:+"FT_WORKER=w$2"}; do
		# shellcheck disable=SC2086 # paths of numbers
		found=$(grep -lzx "$mark" $found /dev/null)
	done || :
	# shellcheck disable=SC2046
	cat $(printf '%s\n' "$found" | sed 's/environ$/stat/') /dev/null |
		awk '{ boss[$1] = $4 }
		END { for (p in boss) if (!(boss[p] in boss)) print p }' |
		sort -n
} 2>/dev/null

# supervisors - those whose ft-run could tidy up behind them
supervisors() {
	for pid in $(living ft-run); do
		grep -q '^State:.T' "/proc/$pid/status" 2>/dev/null ||
			tr ' ' '\n' <"/proc/$pid/task/$pid/children" || :
	done 2>/dev/null | grep .
}

# pick KIND NUMBER - one of them
pick() {
	case $1 in
	supervisor) supervisors ;;
	*) living "$1" ;;
	esac | awk -v n="$2" '{ l[NR] = $0 } END { if (NR) print l[n % NR + 1] }'
}

# stop PID - freeze it past its lease
stop() {
	kill -STOP "$1" || return 1
	(
		sleep 3
		kill -CONT "$1" 2>/dev/null || :
	) &
}

# hit KILL|stop KIND NUMBER
hit() {
	tries=0 most=60
	[ "$2" != controller.sh ] || most=300 # it comes late
	until pid=$(pick "$2" "$3") && [ -n "$pid" ]; do
		[ $((tries += 1)) -lt $most ] || return 1
		sleep 0.03
	done
	# a controller goes with its whole group
	[ "$2" != controller.sh ] || pid=-$pid
	case $1 in
	kill) kill -s KILL -- "$pid" ;;
	stop) stop "$pid" ;;
	esac 2>/dev/null
}

# drain NUMBER - one worker is told to stop
drain() {
	pid=$(living worker.sh $(($1 % WORKERS + 1)) | head -n 1)
	[ -n "$pid" ] && kill -TERM "$pid" 2>/dev/null
}

# restart SIGNAL NUMBER
restart() {
	pid=$(cat redis.pid)
	kill "-$1" "$pid"
	while kill -0 "$pid" 2>/dev/null; do
		sleep 0.02
	done
	sleep "0.$(($2 % 10))"
	"$here/redis.sh"
}

# inject FAULT NUMBER
inject() {
	case $1 in
	kill:* | stop:*) hit "${1%%:*}" "${1#*:}" "$2" ;;
	net:cut) kill -USR1 "$(cat proxy.pid)" ;;
	net:delay) kill -USR2 "$(cat proxy.pid)" ;;
	net:lost-reply) kill -HUP "$(cat proxy.pid)" ;;
	redis:restart) restart TERM "$2" ;;
	redis:kill) restart KILL "$2" ;;
	redis:flush) redis-cli -s redis.sock script flush >/dev/null ;;
	drain) drain "$2" ;;
	esac
}

while read -r pause fault number; do
	sleep "$pause"
	[ "$(date +%s)" -lt "$UNTIL" ] || break
	if inject "$fault" "$number"; then
		printf '%s\t%s\n' "$fault" "$(date -u +%T.%3N) ${pid-}" >>faults
	fi
done
wait
