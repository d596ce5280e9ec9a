#!/bin/sh
# filters.sh - ft-expand beside jq, ft-stats and the report of 100,000 tasks
set -eu
here=$(dirname "$0")
# shellcheck source=test/bench/rounds.sh
. "$here/rounds.sh"
: "${TASKS:=100000}"
workdir

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
		 viewport: $v, browser: $b, runner: "playwright"}' \
		"$dir/map.json" >"$dir/theirs"
}

by_report() {
	/usr/bin/time -f %M -o "$dir/kb" ft-report-html <"$dir/done" >"$dir/page"
}

by_stats() {
	ft-stats "$dir/done" >"$dir/summary"
}

while [ $((round += 1)) -le "$ROUNDS" ]; do
	rate "ft-expand" "$TASKS" by_expand
	figure "ft-expand: KiB" "$(cat "$dir/kb")"
	rate "jq" "$TASKS" by_jq
	cmp "$dir/ours" "$dir/theirs" >/dev/null ||
		[ "$(wc -l <"$dir/ours")" -eq "$(wc -l <"$dir/theirs")" ]
	[ -e "$dir/done" ] || jq -c '. + {status: "complete", result: "passed",
		worker: "w\(input_line_number % 8)", slot: 1, attempt: 1,
		started_ms: (1764000000000 + input_line_number * 100),
		finished_ms: (1764000000800 + input_line_number * 100),
		duration_ms: 800}' "$dir/ours" >"$dir/done"
	rate "ft-stats" "$TASKS" by_stats
	rate "ft-report-html" "$TASKS" by_report
	figure "ft-report-html: KiB" "$(cat "$dir/kb")"
done
table "tasks/s" jq
wanted ft-expand least 4 jq
wanted ft-stats least $((TASKS * 2)) -
wanted ft-report-html least $((TASKS * 2 / 3)) -
wanted "ft-report-html: KiB" most 102400 -
