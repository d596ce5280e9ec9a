#!/bin/sh
# run.sh - a run under faults, and the proof that it lost nothing
#
# CHAOS_S= seconds of faults (300), SEED=, WORKERS= (8) of SLOTS= (2) each,
# TASKS= (20 a second, at least 1000), the longest of LONGEST= seconds (0.5).
# What it saved stays in CHAOS_KEEP= if that is given, and where it was if it
# failed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
export CHAOS_S="${CHAOS_S:-300}" WORKERS="${WORKERS:-8}" SLOTS="${SLOTS:-2}"
export TASKS="${TASKS:-$((CHAOS_S < 50 ? 1000 : CHAOS_S * 20))}"
SEED=${SEED:-$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')}
CHAOS_DIR=${CHAOS_KEEP:-$(mktemp -d)}
export CHAOS_DIR
mkdir -p "$CHAOS_DIR" && cd "$CHAOS_DIR"
mkdir -p seen bin lib tmp
export TMPDIR="$CHAOS_DIR/tmp"
export FT_RUN=chaos REDIS_HOST="$CHAOS_DIR/proxy.sock"
: >faults
printf 'SEED=%s CHAOS_S=%s WORKERS=%s TASKS=%s\n' "$SEED" "$CHAOS_S" \
	"$WORKERS" "$TASKS"

# install - the scripts as they are, over programs that are as they are but for
# their times, which are short here
install() {
	cp -R "$root/scripts" scripts
	ln -s "$root/lib/jq" lib/jq
	ln -s "$root"/bin/ft-* bin
	rm bin/ft-pop bin/ft-run
	printf '#!/bin/sh\nexec "%s/bin/ft-pop" -l 2 "$@"\n' "$root" >bin/ft-pop
	printf '#!/bin/sh\nexec "%s/bin/ft-run" -g 0.5 -d 0.5 "$@"\n' "$root" \
		>bin/ft-run
	chmod +x bin/ft-pop bin/ft-run
}

# ours VARIABLE=VALUE - the processes that have it in their environment
ours() {
	grep -lzx "$1" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3
}

# specs - those of this run that live
specs() {
	for pid in $(ours CHAOS_SPEC=yes); do
		grep -qzx "CHAOS_DIR=$CHAOS_DIR" "/proc/$pid/environ" &&
			printf '%s\n' "$pid"
	done 2>/dev/null || :
}

# shellcheck disable=SC2317 # called by the trap
tidy() {
	status=$?
	trap - EXIT
	# shellcheck disable=SC2086 # numbers
	kill $feeder $injector $keepers 2>/dev/null || :
	# a server that names itself in ps has overwritten its environment
	kill -9 "$(cat redis.pid)" 2>/dev/null || :
	# one look can miss what is just being started
	killed=1
	while [ -n "$killed" ]; do
		killed=
		for pid in $(ours "CHAOS_DIR=$CHAOS_DIR"); do
			[ "$pid" = $$ ] || ! kill -9 "$pid" 2>/dev/null ||
				killed=1
		done
	done
	if [ "$status" = 0 ] && [ -z "${CHAOS_KEEP-}" ]; then
		cd / && rm -rf "$CHAOS_DIR"
	else
		printf 'chaos: all of it is in %s\n' "$CHAOS_DIR"
	fi
	exit "$status"
}
feeder='' injector='' keepers=''
trap tidy EXIT
trap 'exit 130' INT TERM

# within SECONDS COMMAND ... - until it succeeds; false when it does not
within() {
	limit=$(($(date +%s) + $1))
	shift
	until "$@" 2>/dev/null; do
		[ "$(date +%s)" -lt "$limit" ] || return 1
		sleep 0.1
	done
}

keep() {
	until FT_WORKER="w$1" scripts/worker.sh -j "$SLOTS" >>"events-$1.jsonl" \
		2>>"worker-$1.err"; do
		sleep 0.1
	done
}

all_gone() {
	for keeper in $keepers; do
		! kill -0 "$keeper" || return 1
	done
	for pid in $(ours "CHAOS_DIR=$CHAOS_DIR"); do
		case $(cat "/proc/$pid/comm") in
		ft-pop | ft-run | ft-result) return 1 ;;
		esac
	done
}

no_specs() {
	[ -z "$(specs)" ]
}

sealed() {
	ft-stats | jq -e '.state != "open"'
}

ended() {
	ft-stats | jq .complete
}

# moved COUNT - more are complete, or all
moved() {
	ft-stats -q || [ "$(ended)" -gt "$1" ]
}

awk -v seed="$SEED" -v tasks="$TASKS" -v spec="$here/spec.sh" \
	-v longest="${LONGEST:-0.5}" -f "$here/tasks.awk" >tasks.jsonl
jq -s '{groups: [{name: "chaos", tasks: map({spec, runner, command, env,
	retries, viewports: [.viewport], browsers: [.browser]})}]}' tasks.jsonl \
	>map.json
awk -v seed="$SEED" -v seconds="$CHAOS_S" -f "$here/schedule.awk" >schedule
install

"$here/redis.sh"
"$here/../../build/chaos-proxy" proxy.sock redis.sock &
printf '%s\n' $! >proxy.pid
within 5 test -S proxy.sock
"$here/feed.sh" $((CHAOS_S / 2)) 2>feed.err &
feeder=$!
within 10 test -s accepted.jsonl
worker=0
while [ $((worker += 1)) -le "$WORKERS" ]; do
	keep "$worker" &
	keepers="$keepers $!"
done
UNTIL=$(($(date +%s) + CHAOS_S)) "$here/faults.sh" <schedule 2>faults.err &
injector=$!
wait "$injector"
within 60 sealed >/dev/null || printf 'chaos: no controller seals the run\n'
[ ! -e unsure.jsonl ] || cat unsure.jsonl >>accepted.jsonl
# what a sealed run has is the controller's whole map
cat tasks.jsonl >>accepted.jsonl
until ft-stats -q; do
	within 120 moved "$(ended)" || {
		printf 'chaos: the run does not end\n'
		break
	}
done
within 20 all_gone || printf 'chaos: a worker does not end\n'
within 2 no_specs || :
specs | wc -l >orphans
# keys that would stay for ever
redis-cli -s redis.sock eval "local all = {}
	for _, key in ipairs(redis.call('KEYS', ARGV[1])) do
		if redis.call('TTL', key) == -1 then all[#all + 1] = key end
	end
	return all" 0 'ft:{chaos}:*' >lasting
ft-stats -a >final.jsonl
{
	redis-cli -s redis.sock hmget 'ft:{chaos}:meta' passed failed error flaky
	redis-cli -s redis.sock lrange 'ft:{chaos}:done' 0 -1
} | jq -Rn '[inputs] | {done: .[4:], results: ([["passed", "failed", "error",
	"flaky"], .[:4]] | transpose | map({key: .[0], value: (.[1] | tonumber?
	// 0)}) | from_entries)}' >counted.json
"$here/check.sh" "$CHAOS_DIR"
never=$(cut -d ' ' -f 2 schedule | sort -u | while read -r fault; do
	grep -q "^$fault	" faults || printf ' %s' "$fault"
done)
[ -z "$never" ] || {
	printf 'chaos: never injected:%s\n' "$never"
	exit 1
}
