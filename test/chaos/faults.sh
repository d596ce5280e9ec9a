#!/bin/sh
# faults.sh - do to the run in $CHAOS_DIR what the schedule on stdin says
set -eu
here=$(dirname "$0")
cd "$CHAOS_DIR"

# living KIND [WORKER] - the processes of this run, "pid start", which names
# one for good; a child of the same name is a subshell or a supervisor
living() {
	found=$(pgrep -x "$1" | sed 's|.*|/proc/&/environ|')
	for mark in "CHAOS_DIR=$CHAOS_DIR" ${2:+"FT_WORKER=w$2"}; do
		# shellcheck disable=SC2086 # paths of numbers
		found=$(grep -lzx "$mark" $found /dev/null)
	done || :
	# shellcheck disable=SC2046
	cat $(printf '%s\n' "$found" | sed 's/environ$/stat/') /dev/null |
		awk '{ name[$1] = $2; boss[$1] = $4; start[$1] = $22 }
		END {
			for (p in boss)
				if (name[boss[p]] != name[p])
					print p, start[p]
		}' | sort -n
} 2>/dev/null

# supervisors - those whose ft-run could tidy up behind them
supervisors() {
	living ft-run | while read -r boss _; do
		grep -q '^State:.T' "/proc/$boss/status" && continue
		tr ' ' '\n' <"/proc/$boss/task/$boss/children"
	done | while read -r pid; do
		cut -d ' ' -f 1,22 "/proc/$pid/stat"
	done
} 2>/dev/null

# pipeline NUMBER - what is left of a worker, on a line; two at least are
pipeline() {
	living 'worker.sh|ft-pop|ft-run|ft-result' $(($1 % WORKERS + 1)) |
		paste -sd ' ' | awk 'NF >= 4'
}

# pick KIND NUMBER - one of them
pick() {
	case $1 in
	supervisor) supervisors ;;
	worker) pipeline "$2" ;;
	*) living "$1" ;;
	esac | awk -v n="$2" '{ l[NR] = $0 } END { if (NR) print l[n % NR + 1] }'
}

# same PID START - whether it is still that process: numbers are given again
same() {
	[ "$(cut -d ' ' -f 22 "/proc/$1/stat" 2>/dev/null)" = "$2" ]
}

# stop PID START - freeze it past its lease
stop() {
	kill -STOP "$1" || return 1
	(
		sleep 3
		! same "$1" "$2" || kill -CONT "$1" 2>/dev/null || :
	) &
}

# strike KILL|stop KIND [PID START] ...
strike() {
	how=$1 kind=$2 pids=
	shift 2
	while [ $# -gt 0 ]; do
		! same "$1" "$2" || pids="$pids $1 $2"
		shift 2
	done
	# shellcheck disable=SC2086 # numbers
	set -- $pids
	[ $# -gt 0 ] || return 1
	# shellcheck disable=SC2046 # numbers
	case $how:$kind in
	stop:*) stop "$1" "$2" ;;
	# a controller goes with its whole group
	kill:controller.sh) kill -s KILL -- "-$1" ;;
	kill:worker) kill -s KILL $(printf '%s %.0s' "$@") ;;
	kill:*) kill -s KILL "$1" ;;
	esac 2>/dev/null
}

# hit KILL|stop KIND NUMBER
hit() {
	tries=0 most=60
	[ "$2" != controller.sh ] || most=300 # it comes late
	# shellcheck disable=SC2086 # numbers
	until pid=$(pick "$2" $(($3 + tries))) && strike "$1" "$2" $pid; do
		[ $((tries += 1)) -lt $most ] || return 1
		sleep 0.03
	done
}

# drain NUMBER - one worker is told to stop
drain() {
	pid=$(living worker.sh $(($1 % WORKERS + 1)) | head -n 1)
	[ -n "$pid" ] && kill -TERM "${pid% *}" 2>/dev/null
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

# missing - the kinds that have not struck yet
missing() {
	cut -d ' ' -f 2 schedule | sort -u | while read -r fault; do
		grep -q "^$fault	" faults || printf '%s\n' "$fault"
	done
}

# strike_now FAULT NUMBER - and tell; the controller comes when all else has been
strike_now() {
	if inject "$1" "$2"; then
		printf '%s\t%s\n' "$1" "$(date -u +%T.%3N) ${pid-}" >>faults
	fi
	[ -e struck ] || [ "$(missing)" != kill:controller.sh ] || : >struck
}

while read -r pause fault number; do
	sleep "$pause"
	[ "$(date +%s)" -lt "$UNTIL" ] || break
	[ "$fault" != kill:controller.sh ] || [ -e struck ] || continue
	strike_now "$fault" "$number"
done
# on a slow machine some are made up for
for round in 1 2 3; do
	for fault in $(missing | grep -v controller); do
		strike_now "$fault" "$round"
	done
done
: >struck
[ -z "$(missing)" ] || strike_now kill:controller.sh 1
wait
