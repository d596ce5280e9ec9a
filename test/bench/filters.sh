#!/bin/sh
# filters.sh - ft-expand beside jq, ft-stats and the report of 100,000 tasks
#
# TASKS (100000) of a map are expanded by both; then they are run, so to speak,
# on a server, and read from there and from a file. Each figure of time has its
# processor seconds beside it: all that count on a machine with other work.
set -eu
here=$(dirname "$0")
# shellcheck source=test/bench/rounds.sh
. "$here/rounds.sh"
# shellcheck source=test/bench/server.sh
. "$here/server.sh"
: "${TASKS:=100000}"
build=$here/../../build
workdir
server_start
redis-cli -s "$REDIS_HOST" CONFIG SET appendfsync no >/dev/null

awk -v n="$TASKS" 'BEGIN {
	printf "{\"groups\":["
	for (g = 0; g < 100; g++) {
		printf "%s{\"name\":\"group-%d\",\"tasks\":[", g ? "," : "", g
		for (i = 0; i < n / 400; i++)
			printf "%s{\"spec\":\"cart/spec-%d.spec.ts\"," \
				"\"viewports\":[\"desktop\",\"tablet\"]," \
				"\"browsers\":[\"chrome\",\"firefox\"]}", \
				i ? "," : "", i
		printf "]}"
	}
	print "]}"
}' >"$dir/map.json"

by_expand() {
	/usr/bin/time -f %M -o "$dir/kb" ft-expand "$dir/map.json" >"$dir/ours"
}

# The same lines by the rules that this map needs.
by_jq() {
	jq -c '.groups[] | .name as $g | .tasks[] | .spec as $s |
		.viewports[] as $v | .browsers[] as $b |
		select(($v == "mobile" and $b == "firefox") | not) |
		{id: "\($g)/\($s)/\($v)-\($b)", group: $g, spec: $s,
		 viewport: $v, browser: $b, runner: "playwright",
		 share: "playwright \($v)-\($b)", status: "waiting"}' \
		"$dir/map.json" >"$dir/theirs"
}

by_report() {
	/usr/bin/time -f %M -o "$dir/kb" ft-stats -a -r many |
		/usr/bin/time -f %M -o "$dir/kb-report" ft-report-html \
			>"$dir/page"
}

by_stats() {
	ft-stats -r many >"$dir/summary"
}

by_file() {
	ft-stats "$dir/done" >"$dir/summary"
}

# few or many
counters() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		ft-stats -c -r "$1" >/dev/null
	done
}

# used FILE - processor seconds of the server, and of what has been waited for
used() {
	times >"$dir/times"
	cat "/proc/$server/schedstat" "$dir/times" | awk '
		NR == 1 { printf "%s ", $1 / 1e9 }
		NR == 3 { gsub(/[ms]/, " "); print $1 * 60 + $2 + $3 * 60 + $4 }' \
		>"$1"
}

# seconds NAME COMMAND ... - its time, and that of the processors
seconds() {
	name=$1
	shift
	used "$dir/before"
	from=$(now_us)
	"$@"
	us=$(($(now_us) - from))
	used "$dir/after"
	figure "$name" "$(awk -v us="$us" 'BEGIN { print us / 1000000 }')"
	figure "$name: CPU" "$(cat "$dir/before" "$dir/after" |
		awk '{ s = $2 - s } END { print s }')"
	figure "$name: CPU of redis" "$(cat "$dir/before" "$dir/after" |
		awk '{ s = $1 - s } END { print s }')"
}

by_expand
head -n 100 "$dir/ours" | ft-push -r few >/dev/null
ft-push -r many <"$dir/ours" >/dev/null
"$build/bench-client" many "$TASKS"
ft-stats -a -r many >"$dir/done"
while [ $((round += 1)) -le "$ROUNDS" ]; do
	seconds "ft-expand" by_expand
	figure "ft-expand: KiB" "$(cat "$dir/kb")"
	seconds jq by_jq
	cmp "$dir/ours" "$dir/theirs"
	seconds "ft-stats" by_stats
	seconds "ft-stats file" by_file
	seconds "ft-stats -a | ft-report-html" by_report
	figure "ft-stats -a: KiB" "$(cat "$dir/kb")"
	figure "ft-report-html: KiB" "$(cat "$dir/kb-report")"
	seconds "ft-stats -c of 100, ten times" counters few
	seconds "ft-stats -c of all, ten times" counters many
done
table s jq
wanted jq least 4 ft-expand
wanted "jq: CPU" least 4 "ft-expand: CPU"
report="ft-stats -a | ft-report-html"
for name in "$report" "$report: CPU"; do
	wanted "$name" most 1.5 -
done
for name in ft-stats "ft-stats: CPU" "ft-stats file" "ft-stats file: CPU"; do
	wanted "$name" most 0.5 -
done
wanted "ft-stats -a: KiB" most 102400 -
wanted "ft-report-html: KiB" most 102400 -
wanted "ft-stats -c of all, ten times" most 1.2 "ft-stats -c of 100, ten times"
