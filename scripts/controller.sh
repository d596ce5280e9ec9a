#!/bin/sh
# controller.sh - push a map, watch the run and serve its page until told to stop
set -eu
. "$(dirname "$0")/usage.sh"

# GROUP_TASKS_FILE is the map. A Redis on this machine that does not answer is
# started here, and stopped with us, unless FT_REDIS=external: then it is
# somebody else's to start. The page is at http://localhost:3000/. FT_HISTORY
# is a file of how long specs last, read first and kept where that is allowed.
[ -n "${GROUP_TASKS_FILE:-}" ] || {
	printf 'controller.sh: GROUP_TASKS_FILE has to name the map\n' >&2
	exit 64
}
: "${SPEC_ROOT:=$(dirname "$GROUP_TASKS_FILE")}"
here=$(cd "$(dirname "$0")" && pwd)
[ ! -d "$here/../bin" ] || PATH=$here/../bin:$PATH
[ -r "$GROUP_TASKS_FILE" ] || {
	printf 'controller.sh: no such map: %s\n' "$GROUP_TASKS_FILE" >&2
	exit 66
}

case ${FT_REDIS:-own} in
own | external) ;;
*)
	printf 'controller.sh: FT_REDIS is own or external: %s\n' "$FT_REDIS" >&2
	exit 64
	;;
esac

state=${FT_STATE:-}
[ -n "$state" ] || state=$(mktemp -d)
web=$state/web port=${FT_PORT:-3000}
FT_ARTIFACTS=$(mkdir -p "${FT_ARTIFACTS:-$state/artifacts}" &&
	cd "${FT_ARTIFACTS:-$state/artifacts}" && pwd)/
export SPEC_ROOT FT_ARTIFACTS
mkdir -p "$web"

pids=
# shellcheck disable=SC2317 # the trap calls it
stop() {
	status=$1
	trap '' TERM INT HUP
	# shellcheck disable=SC2086 # a list of words
	[ -z "$pids" ] || kill $pids 2>/dev/null || :
	wait || :
	[ -n "${FT_STATE:-}" ] || rm -rf "$state"
	exit "$status"
}
trap 'stop 143' TERM INT HUP
trap 'stop $?' EXIT

local_redis() {
	case ${FT_REDIS:-own}:${REDIS_HOST:-127.0.0.1} in
	own:127.0.0.1 | own:localhost) command -v redis-server >/dev/null ;;
	*) return 1 ;;
	esac
}

start_redis() {
	mkdir -p "$state/redis"
	redis-server --bind 127.0.0.1 --port "${REDIS_PORT:-6379}" \
		--dir "$state/redis" --appendonly yes --appendfsync always \
		--save '' --loglevel warning >&2 &
	pids="$pids $!"
}

tries=0
await_redis() {
	while :; do
		status=0
		why=$(ft-stats -q 2>&1) || status=$?
		case $status in
		0 | 1 | 66) return ;;
		69) ;;
		*)
			printf '%s\n' "$why" >&2
			exit "$status"
			;;
		esac
		[ $tries -ne 0 ] || printf 'controller.sh: waiting: %s\n' "$why" >&2
		# a server that is only starting gets a moment to answer
		[ $tries -ne 4 ] || ! local_redis || start_redis
		tries=$((tries + 1))
		sleep 0.5
	done
}

await_redis
ft-expand "$GROUP_TASKS_FILE" >"$state/tasks.jsonl"
set --
[ ! -r "${FT_HISTORY:-}" ] || set -- -H "$FT_HISTORY"
ft-push "$@" <"$state/tasks.jsonl" >/dev/null
summary=$(ft-stats)
FT_RUN=$(printf '%s\n' "$summary" | jq -r .run)
export FT_RUN
printf ok >"$web/health"
"$here/reporter.sh" "$web"
"$here/reporter.sh" -i 2 -p "$port" "$web" &
reporter=$!
"$here/follow.sh" &
pids="$pids $reporter $!"
printf 'controller.sh: run %s\n' "$FT_RUN" >&2
# The page gets old without it: whoever started us may do so again.
status=0
wait $reporter || status=$?
printf 'controller.sh: the reporter has ended\n' >&2
[ "$status" -eq 69 ] || status=70
exit $status
