#!/bin/sh
# power.sh [ROUNDS] - what a server loses with its power, by appendfsync
#
# The power fails in the midst of pushes and verdicts, at a random moment, by
# kill -9 and a disk that has only what was synced. Then the same tasks are
# pushed again and the run is ended. A row for each setting: verdicts echoed,
# lost, the age of the oldest lost one in ms, tasks accepted and lost, and runs
# that did not end with one verdict a task after all.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
CHAOS_DIR=$(mktemp -d)
export CHAOS_DIR FT_RUN=power REDIS_HOST="$CHAOS_DIR/redis.sock"
trap 'kill -9 "$(cat "$CHAOS_DIR/redis.pid")" 2>/dev/null
	rm -rf "$CHAOS_DIR"' EXIT
cd "$CHAOS_DIR"

# batch N - a hundred tasks
batch() {
	seq $(($1 * 100 + 1)) $(($1 * 100 + 100)) | sed \
		's/.*/{"id":"&","runner":"command","command":["true"],"retries":1}/'
}

feed() {
	i=0
	while batch $((i += 1)) >hundred && ft-push -k -p 0 <hundred >>accepted \
		2>>push.err; do
		sleep 0.05
	done
}

work() {
	ft-pop -f -j 4 -l 3 -p "$1" | ft-run -j 4 | ft-result -p "$1"
}

round() {
	rm -rf appendonlydir accepted told
	LD_PRELOAD=$here/../../build/chaos-forget.so "$here/redis.sh" \
		--appendfsync "$1"
	feed &
	feeder=$!
	until [ -s accepted ]; do sleep 0.01; done
	work 0 >told 2>work.err &
	worker=$!
	sleep "$2"
	kill -9 "$(cat redis.pid)"
	died=$(date +%s%3N)
	wait $feeder || :
	wait $worker || :
	"$here/redis.sh"
	ft-stats -a >after 2>stats.err || : >after
	jq -rn --arg setting "$1" --argjson died "$died" --slurpfile told told \
		--slurpfile accepted accepted --slurpfile after after '
		def of: map({key: .id, value: .}) | from_entries;
		($after | of) as $now | [$told[] | select(.status == "complete")]
			as $told
		| [$told[] | select($now[.id].status != "complete")] as $lost
		| [$setting, ($told | length), ($lost | length),
		   ([$lost[] | $died - .finished_ms] | max // 0),
		   ($accepted | length),
		   ([$accepted[] | select($now[.id] == null)] | length)]
		| join(" ")' | tr '\n' ' '
	jq -c '{id, runner, command, retries}' accepted | ft-push >/dev/null
	work 60 >again 2>work.err
	jq -s 'map(.id) | unique | length' accepted >wanted
	ft-stats | jq --argjson wanted "$(cat wanted)" 'if .state == "finished" and
		.passed + .flaky == .total and .total >= $wanted then 0 else 1 end'
	kill -9 "$(cat redis.pid)"
}

for setting in always everysec no; do
	n=0
	while [ $((n += 1)) -le "${1:-10}" ]; do
		round "$setting" "$(awk -v s="$setting$n$$" \
			'BEGIN { srand(s); srand(srand() + s); print 1 + 2 * rand() }')"
	done
done | awk '{ s = $1; rounds[s]++; told[s] += $2; lost[s] += $3
		if ($4 > age[s]) age[s] = $4
		accepted[s] += $5; gone[s] += $6; bad[s] += $7 }
	END {
		printf "%-9s %6s %8s %6s %7s %9s %6s %6s\n", "fsync", "rounds", \
			"verdicts", "lost", "age ms", "accepted", "lost", "amiss"
		split("always everysec no", name)
		for (i = 1; i in name; i++) {
			s = name[i]
			printf "%-9s %6d %8d %6d %7d %9d %6d %6d\n", s, rounds[s], \
				told[s], lost[s], age[s], accepted[s], gone[s], bad[s]
		}
	}'
