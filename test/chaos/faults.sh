#!/bin/sh
# faults.sh - do to the run in $CHAOS_DIR what the schedule on stdin says
set -eu
here=$(dirname "$0")
cd "$CHAOS_DIR"

# living KIND[-WORKER] - the processes of this run; numbers come again, so a
# number alone is none
living() {
	# shellcheck disable=SC2046 # numbers
	grep -lx "${1%-[0-9]*}" $(grep -lzx "CHAOS_DIR=$CHAOS_DIR" \
		$(tail -n 48 "pids/$1" 2>/dev/null |
			sed 's|.*|/proc/&/environ|') /dev/null 2>/dev/null |
		sed 's|environ|comm|') /dev/null 2>/dev/null | cut -d/ -f3
}

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
	tries=0
	until pid=$(pick "$2" "$3") && [ -n "$pid" ]; do
		[ $((tries += 1)) -lt 60 ] || return 1
		sleep 0.03
	done
	case $1 in
	kill) kill -9 "$pid" ;;
	stop) stop "$pid" ;;
	esac 2>/dev/null
}

# drain NUMBER - one worker is told to stop
drain() {
	n=$(($1 % WORKERS + 1))
	# shellcheck disable=SC2046 # numbers
	kill -TERM $(living "ft-pop-$n") $(living "ft-run-$n") 2>/dev/null
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
