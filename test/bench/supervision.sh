#!/bin/sh
# supervision.sh - what a slot adds to a bare spawn, TASKS (2000) each; the memory of ft-run over MANY (100000)
set -eu
here=$(dirname "$0")
# shellcheck source=test/bench/rounds.sh
. "$here/rounds.sh"
: "${TASKS:=2000}" "${MANY:=100000}"
workdir

# tasks COUNT
tasks() {
	awk -v n="$1" 'BEGIN { for (i = 1; i <= n; i++)
		printf "{\"id\":\"t%d\",\"command\":[\"/bin/true\"]}\n", i }'
}

# cpu_ms - what the children of this shell have used, in the file cpu
cpu_ms() {
	times >"$dir/times"
	awk -F '[ms ]+' 'NR == 2 { print ($1 * 60 + $2 + $3 * 60 + $4) * 1000 }' \
		"$dir/times" >"$dir/cpu"
}

# cost NAME COMMAND ... - milliseconds a task are the figure, and of processor
cost() {
	name=$1
	shift
	cpu_ms
	read -r used <"$dir/cpu"
	from=$(now_us)
	"$@"
	took=$(($(now_us) - from))
	cpu_ms
	figure "$name" "$(awk -v n="$TASKS" -v us="$took" \
		'BEGIN { print us / n / 1000 }')"
	figure "$name: processor" "$(awk -v n="$TASKS" -v before="$used" \
		'{ print ($1 - before) / n }' "$dir/cpu")"
}

bare() {
	"$here/../../build/bench-spawn" "$TASKS" /bin/true
}

by_run() {
	ft-run "$@" <"$dir/tasks.jsonl" >"$dir/out"
	[ "$(grep -c '"result":"passed"' "$dir/out")" -eq "$TASKS" ] || {
		echo 'supervision: not every task passed' >&2
		exit 1
	}
}

tasks "$TASKS" >"$dir/tasks.jsonl"
base='posix_spawn and waitpid'
while [ $((round += 1)) -le "$ROUNDS" ]; do
	cost "$base" bare
	cost 'ft-run' by_run
	cost 'ft-run -o artifacts' by_run -o "$dir/kept"
	rm -r "$dir/kept"
done
table 'ms a task' "$base"
awk -F '\t' -v base="$base" '
	{ ms[$1, $2] = $3; names[$2]; if ($1 > rounds) rounds = $1 }
	END { for (name in names) {
		if (index(name, base) == 1) continue
		than = base (name ~ /: processor$/ ? ": processor" : "")
		line = name ", more than the spawn, ms:"
		for (i = 1; i <= rounds; i++)
			line = line sprintf(" %.2f", ms[i, name] - ms[i, than])
		print line
	} }' "$dir/figures" | sort

# resident - of ft-run and its supervisors, KiB
resident() {
	for pid in $worker $(pgrep -P "$worker"); do
		cat "/proc/$pid/status"
	done | awk '/^VmRSS/ { sum += $2 } END { print sum }'
}

mkfifo "$dir/in"
ft-run -j 2 <"$dir/in" >"$dir/out" &
worker=$!
exec 5>"$dir/in"
done=0
for upto in $((MANY / 100)) $((MANY / 10)) $((MANY / 2)) "$MANY"; do
	tasks $((upto - done)) >&5
	until [ "$(grep -c complete "$dir/out")" -ge "$upto" ]; do
		sleep 0.1
	done
	done=$upto
	printf 'after %s tasks: %s KiB resident\n' "$upto" "$(resident)"
done
exec 5>&-
wait "$worker"
