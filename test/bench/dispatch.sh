#!/bin/sh
# dispatch.sh - TASKS (10000) of /bin/true on two slots, beside xargs and parallel
set -eu
here=$(dirname "$0")
# shellcheck source=test/bench/rounds.sh
. "$here/rounds.sh"
# shellcheck source=test/bench/server.sh
. "$here/server.sh"
# shellcheck source=test/bench/peers.sh
. "$here/peers.sh"
: "${TASKS:=10000}"
workdir
server_start

awk -v n="$TASKS" 'BEGIN { for (i = 1; i <= n; i++)
	printf "{\"id\":\"g/true-%d/desktop-chrome\",\"spec\":\"true-%d\"," \
		"\"runner\":\"command\",\"command\":[\"/bin/true\"]}\n", i, i
}' >"$dir/tasks.jsonl"
seq "$TASKS" >"$dir/numbers"

by_xargs() {
	xargs -P 2 -n 1 /bin/true <"$dir/numbers"
}

by_parallel() {
	parallel --will-cite -j 2 /bin/true <"$dir/numbers"
}

by_run() {
	ft-run -j 2 <"$dir/tasks.jsonl" >"$dir/out"
}

# A new folder each time, none removed before the end: for seconds after many
# inodes went, ext4 passes them over one by one when it looks for a free one.
by_run_kept() {
	ft-run -j 2 -o "$dir/artifacts-$round" <"$dir/tasks.jsonl" >"$dir/out"
}

by_worker() {
	ft-pop -f -j 2 -r "$run" | ft-run -j 2 | ft-result >"$dir/out"
}

# Every task has passed, or the figure means nothing.
check() {
	[ "$(grep -c '"result":"passed"' "$dir/out")" -eq "$TASKS" ] || {
		echo "dispatch: not every task passed" >&2
		exit 1
	}
}

parallel=''
if debian_peer parallel parallel; then parallel=1; else
	absent "GNU parallel" "no such package"
fi
while [ $((round += 1)) -le "$ROUNDS" ]; do
	rate "xargs -P 2 -n 1" "$TASKS" by_xargs
	rate "ft-run -j 2" "$TASKS" by_run
	check
	rate "ft-run -j 2 -o artifacts" "$TASKS" by_run_kept
	check
	run=dispatch-$round
	ft-push -r "$run" <"$dir/tasks.jsonl" >/dev/null
	rate "ft-pop | ft-run | ft-result" "$TASKS" by_worker
	check
	redis-cli -s "$REDIS_HOST" CONFIG SET appendfsync everysec >/dev/null
	run=everysec-$round
	ft-push -r "$run" <"$dir/tasks.jsonl" >/dev/null
	rate "the same, appendfsync everysec" "$TASKS" by_worker
	check
	redis-cli -s "$REDIS_HOST" CONFIG SET appendfsync always >/dev/null
	[ -z "$parallel" ] || [ $((round % 3)) -ne 1 ] ||
		rate "GNU parallel -j 2" "$TASKS" by_parallel
done
table "tasks/s" "xargs -P 2 -n 1"
wanted "ft-run -j 2" least 0.9 "xargs -P 2 -n 1"
wanted "ft-pop | ft-run | ft-result" least 0.7 "xargs -P 2 -n 1"
wanted "the same, appendfsync everysec" least 0.7 "xargs -P 2 -n 1"
wanted "ft-pop | ft-run | ft-result" least 3 "GNU parallel -j 2"
