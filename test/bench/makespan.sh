#!/bin/sh
# makespan.sh [TABLE.tsv] - replay suites through the toolkit in several orders
#
# TABLE, or TSV=, has lines SPEC TAB MILLISECONDS of real specs; without it only
# made-up suites are played. Each spec becomes a process that sleeps, scaled so
# that the median lasts MEDIAN seconds (0.3), run by a real worker from a real
# queue; its own start is kept small, since the bound knows nothing of it.
# What is printed is the time from the start of the push to the end of the
# worker, as a multiple of the bound max(longest, total / slots), beside what
# ft-sim foretells from the table alone, and from the records of the first order
# that was played: these know what the machine takes between two specs.
#
# SUITES= names some of the suites, table-SLOTS and made-SPECS-SLOTS, ORDERS=
# some of the orders, one with the queue first, and FSYNC= another appendfsync
# than what is shipped. The random order is made from the text of this file, so
# it changes with it. xargs is the longest first without queue, supervision or
# records: what the machine itself allows.
set -eu

here=$(dirname "$0")
top=$(cd "$here/../.." && pwd)
PATH=$top/bin:$PATH
table=${1-${TSV-}}
dir=$(mktemp -d)
# shellcheck source=test/bench/server.sh
. "$here/server.sh"
trap 'server_stop; rm -rf "$dir"' EXIT
trap 'exit 143' TERM
trap 'exit 130' INT
server_start
: "${FSYNC:=always}"
[ "$(redis-cli -s "$REDIS_HOST" CONFIG SET appendfsync "$FSYNC")" = OK ] || {
	echo "makespan: FSYNC: expected always, everysec or no" >&2
	exit 64
}

: "${MEDIAN:=0.3}" "${ORDERS:=history first map random shards xargs}"
: "${SUITES:=made-100-8 made-300-16 made-800-32 made-2000-64${table:+ table-8 table-16 table-32 table-64}}"
[ -x "$top/build/bench-sleep" ] || {
	echo "makespan: build/bench-sleep is missing; see make bench" >&2
	exit 66
}
[ -n "$table" ] || echo "no table of real durations: made-up suites only"

# prepare TSV ROOT - the map, its tasks and what they will take
prepare() {
	awk -F '\t' -v OFS='\t' -v median="$MEDIAN" '
		{ spec[NR] = $1; ms[NR] = sorted[NR] = $2 }
		END {
			asort_by_size(NR)
			scale = 1000 * median / sorted[int((NR + 1) / 2)]
			for (i = 1; i <= NR; i++)
				print spec[i], int(ms[i] * scale + 0.5)
		}
		function asort_by_size(n,   i, j, x) {
			for (i = 2; i <= n; i++) {
				x = sorted[i]
				for (j = i - 1; j > 0 && sorted[j] > x; j--)
					sorted[j + 1] = sorted[j]
				sorted[j + 1] = x
			}
		}' "$1" >"$dir/times.tsv"
	jq -Rn --arg sleep "$top/build/bench-sleep" '[inputs | split("\t")] |
		{groups: (group_by(.[0] | split("/")[0]) |
		sort_by(.[0][0]) | map({name: (.[0][0] | split("/")[0]),
		tasks: map({spec: .[0], viewports: ["desktop"], browsers: ["chrome"],
			command: [$sleep, (.[1] | tonumber / 1000 | tostring)]})}))}' \
		"$dir/times.tsv" >"$dir/map.json"
	ft-expand -C "$2" "$dir/map.json" >"$dir/tasks.jsonl"
	jq -c '. + {status: "complete", result: "passed",
		duration_ms: (.command[1] | tonumber * 1000 | round)}' \
		"$dir/tasks.jsonl" >"$dir/past.jsonl"
}

now() {
	date +%s%3N
}

worker() {
	ft-pop -f -r "$1" -w bench -j "$2" | ft-run -j "$2" | ft-result
}

# queued ORDER SLOTS - milliseconds
queued() {
	redis-cli -s "$REDIS_HOST" DEL ft:history >/dev/null
	case $1 in
	history | first) cp "$dir/tasks.jsonl" "$dir/in" ;;
	map) jq -c 'del(.weight)' "$dir/tasks.jsonl" >"$dir/in" ;;
	random) jq -c 'del(.weight)' "$dir/tasks.jsonl" |
		shuf --random-source="$here/makespan.sh" >"$dir/in" ;;
	esac
	from=$(now)
	if [ "$1" = history ]; then
		ft-push -r "$1-$from" -H "$dir/past.jsonl" <"$dir/in" >/dev/null
	else
		ft-push -r "$1-$from" <"$dir/in" >/dev/null
	fi
	worker "$1-$from" "$2" >"$dir/out"
	echo "$(($(now) - from))"
}

# shards SLOTS - the same for static parts of equal count, with no queue
shards() {
	from=$(now)
	for shard in $(seq "$1"); do
		awk -v n="$1" -v i="$shard" -v all="$(wc -l <"$dir/tasks.jsonl")" \
			'NR > int((i - 1) * all / n) && NR <= int(i * all / n)' \
			"$dir/tasks.jsonl" | ft-run -j 1 >"$dir/out-$shard" &
	done
	wait
	echo "$(($(now) - from))"
}

# alone SLOTS - the same for xargs
alone() {
	jq -r '"\(.duration_ms) \(.command[1])"' "$dir/past.jsonl" |
		sort -rn | cut -d ' ' -f 2 >"$dir/seconds"
	from=$(now)
	xargs -P "$1" -n 1 "$top/build/bench-sleep" <"$dir/seconds"
	echo "$(($(now) - from))"
}

# foretold ORDER SLOTS RECORDS - milliseconds, by ft-sim
foretold() {
	case $1 in
	history | xargs) order=longest ;;
	first) order=pushed ;;
	*) order=$1 ;;
	esac
	ft-sim -j "$2" -o "$order" "$3" | jq .makespan_ms
}

# play NAME SLOTS - one suite in every order
play() {
	rm -f "$dir/lived.jsonl"
	for order in $ORDERS; do
		case $order in
		shards) ms=$(shards "$2") ;;
		xargs) ms=$(alone "$2") ;;
		*)
			ms=$(queued "$order" "$2")
			check
			;;
		esac
		[ -e "$dir/lived.jsonl" ] || # in the order of the map
			jq -c 'del(.expected_ms)' "$dir/tasks.jsonl" \
				"$dir/out" >"$dir/lived.jsonl"
		ft-sim -j "$2" "$dir/past.jsonl" | jq -r --arg name "$1" \
			--arg order "$order" --argjson ms "$ms" \
			--argjson lived "$(foretold "$order" "$2" "$dir/lived.jsonl")" \
			--argjson plan "$(foretold "$order" "$2" "$dir/past.jsonl")" '
			[$name, $order, .tasks, .slots, .bound_ms, $ms,
			 $ms / .bound_ms, $lived / .bound_ms,
			 $plan / .bound_ms] | @tsv'
	done
}

# Every task has passed, or the figure means nothing.
check() {
	jq -se --slurpfile tasks "$dir/tasks.jsonl" '
		map(select(.status == "complete" and .result == "passed") | .id) |
		unique | length == ($tasks | length)' "$dir/out" >/dev/null || {
		echo "makespan: not every task passed" >&2
		exit 1
	}
}

print_table() {
	awk -F '\t' '
		BEGIN { printf "%-14s %-8s %6s %6s %9s %9s %8s %9s %9s\n", "suite",
			"order", "specs", "slots", "bound s", "took s", "x bound",
			"from run", "foretold" }
		{
			printf "%-14s %-8s %6d %6d %9.2f %9.2f %8.3f %9.3f %9.3f\n",
				$1, $2, $3, $4, $5 / 1000, $6 / 1000, $7, $8, $9
			sum[$2] += $7
			n[$2]++
			if ($2 != "random" && $2 != "xargs") {
				worst = most(worst, $7 / $9 - 1)
				from_run = most(from_run, $7 / $8 - 1)
			}
		}
		END {
			printf "mean x bound:"
			count = split("history first map random shards" \
				" xargs", order, " ")
			for (i = 1; i <= count; i++)
				if (n[order[i]])
					printf " %s %.3f", order[i],
						sum[order[i]] / n[order[i]]
			printf "\nworst miss of ft-sim: %.1f %%, from the records of" \
				" the first order %.1f %%\n(not random, a mean," \
				" nor xargs)\n", 100 * worst, 100 * from_run
		}
		function most(a, b) {
			b = b < 0 ? -b : b
			return a > b ? a : b
		}'
}

for suite in $SUITES; do
	slots=${suite##*-}
	case $suite in
	made-*)
		specs=${suite#made-}
		specs=${specs%-*}
		# a root of its own: files just removed would slow down ft-run
		root=$dir/$suite
		awk -f "$here/suite.awk" -v seed="$specs" -v specs="$specs" \
			-v root="$root" >"$dir/suite.tsv"
		prepare "$dir/suite.tsv" "$root"
		;;
	table-*) prepare "$table" /var/empty ;;
	*)
		echo "makespan: $suite: expected table-SLOTS or made-SPECS-SLOTS" >&2
		exit 64
		;;
	esac
	play "$suite" "$slots" >>"$dir/played"
done
print_table <"$dir/played"
