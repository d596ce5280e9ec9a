#!/bin/sh
# worker.sh [-j slots] [-S tasks] [-- ft-run's flags] - work until a run is finished
set -eu
. "$(dirname "$0")/usage.sh"

# Exit status: 0 the run is finished, 143 told to stop, 64 and 65 what no retry
# mends, others what one does. FT_RUN names the run; without it the first
# current one that is not finished.
slots=${FT_SLOTS:-1} share=1
while getopts j:S: flag; do
	case $flag in
	j) slots=$OPTARG ;;
	S) share=$OPTARG ;;
	*) wrong ;;
	esac
done
shift $((OPTIND - 1))
here=$(cd "$(dirname "$0")" && pwd)
[ ! -d "$here/../bin" ] || PATH=$here/../bin:$PATH

told='' pop='' run=''
stop() {
	told=1
	# the drain: no new task, and what runs may finish
	[ -z "$pop$run" ] || kill -TERM $pop $run 2>/dev/null || :
}
trap stop TERM INT HUP

say() {
	[ "${said:-}" = "$1" ] || printf 'worker.sh: %s\n' "$1" >&2
	said=$1
}

nap() {
	sleep 0.5 &
	wait $! || :
	[ -z "$told" ] || exit 143
}

# current - the name of the run, or the status of ft-stats
current() {
	summary=$(ft-stats -c) || return
	printf '%s\n' "$summary" | jq -r .run
}

# Without FT_RUN: a run that came and was finished by others while we waited
# was ours, too; one that is finished when we come is not.
came_and_went() {
	now=$(current) || return
	old=${old-$now}
	[ "$now" != "$old" ]
}

# Wait for Redis and for the run: 0 it is finished, 1 there is work.
await() {
	while :; do
		status=0
		why=$(ft-stats -q 2>&1) || status=$?
		case $status in
		0) [ -z "${FT_RUN:-}" ] && ! came_and_went || return 0
			say 'the current run is finished; waiting for the next' ;;
		1) return 1 ;;
		66) old=${old-}
			say "waiting for a run (${FT_RUN:-any})" ;;
		69) say "waiting for Redis: $why" ;;
		*)
			printf '%s\n' "$why" >&2
			exit "$status"
			;;
		esac
		nap
	done
}

# The status of a child, whatever signals come meanwhile.
reap() {
	while :; do
		status=0
		wait "$1" || status=$?
		kill -0 "$1" 2>/dev/null || return "$status"
	done
}

# Should this shell be killed, what it started ends all the same.
dying() {
	signal=$1
	shift
	! command -v setpriv >/dev/null || set -- setpriv --pdeathsig "$signal" "$@"
	exec "$@"
}

# The pipes have names no longer than it takes to open them, so that none is
# left behind however this ends: 4 is for tasks, 5 for records.
open_pipes() {
	pipes=$(mktemp -d)
	mkfifo "$pipes/tasks" "$pipes/records"
	exec 4<>"$pipes/tasks" 5<>"$pipes/records"
	rm -r "$pipes"
}

work() {
	open_pipes
	# somebody at a terminal sees the view of ft-run, and no records
	if [ -t 1 ] && [ -t 2 ]; then
		ft-result </dev/fd/5 4>&- 5>&- >/dev/null &
	else
		ft-result </dev/fd/5 4>&- 5>&- &
	fi
	result=$!
	dying INT ft-run -j "$slots" "$@" </dev/fd/4 >/dev/fd/5 4>&- 5>&- &
	run=$!
	dying TERM ft-pop -f -j "$slots" -S "$share" >/dev/fd/4 4>&- 5>&- &
	pop=$!
	exec 4>&- 5>&-
	[ -z "$told" ] || stop
	popped=0
	reap $pop || popped=$?
	reap $run || :
	reap $result || :
	pop='' run=''
	return $popped
}

# A wrong call, table or folder ends here, before it costs a task its lease.
status=0
why=$(ft-run "$@" </dev/null 2>&1 >/dev/null) || status=$?
[ -z "$told" ] || exit 143
[ "$status" -eq 0 ] || {
	printf '%s\n' "$why" >&2
	exit "$status"
}
await && exit 0
[ -n "${FT_RUN:-}" ] || FT_RUN=$(current)
export FT_RUN
for start in 1 2 3 4 5; do
	popped=0
	work "$@" || popped=$?
	[ -z "$told" ] || exit 143
	case $popped in
	64 | 65 | 66 | 69) exit "$popped" ;;
	esac
	await && exit 0
	say "the pipeline broke (ft-pop: $popped), start $start of 5"
done
exit 70
