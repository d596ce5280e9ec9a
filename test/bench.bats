#!/usr/bin/env bats
# make bench: short forms of its parts; no figure is judged here

load helper

@test "the makespan bench plays a suite in every order and foretells it" {
	printf 'g/%s.js\t%s\n' a 1000 b 2000 c 3000 d 4000 >"$BATS_TEST_TMPDIR/t.tsv"
	make -s -C "$root" build/bench-sleep >&2
	MEDIAN=0.02 SUITES='made-20-4 table-2' \
		"$root/test/bench/makespan.sh" "$BATS_TEST_TMPDIR/t.tsv" \
		>"$BATS_TEST_TMPDIR/out"
	local orders='history first map random shards xargs'
	same "$orders $orders" "$(awk '/^(made|table)/ {print $2}' \
		"$BATS_TEST_TMPDIR/out" | paste -sd ' ')"
	# what sleeps longest first on two slots is the bound itself: 4 + 1, 3 + 2
	same 1.000 "$(awk '$1 == "table-2" && $2 == "history" {print $NF}' \
		"$BATS_TEST_TMPDIR/out")"
	# no measured time is shorter than the bound
	awk '/^(made|table)/ && $7 < 1 {exit 1}' "$BATS_TEST_TMPDIR/out"
	grep -q '^mean x bound: history ' "$BATS_TEST_TMPDIR/out"
}

@test "a table shows medians, ranges, and ratios taken within a round" {
	printf '%s\t%s\t%s\n' 1 a 10 1 b 5 2 a 40 2 b 30 3 a 20 3 b 12 \
		>"$BATS_TEST_TMPDIR/figures"
	run awk -v unit=tasks/s -v base=a -f "$root/test/bench/table.awk" \
		"$BATS_TEST_TMPDIR/figures"
	[[ ${lines[2]} =~ ^b\ +12\ +5\ +30\ +0\.60$ ]]
	run awk -v name=b -v sense=least -v limit=0.7 -v base=a \
		-f "$root/test/bench/table.awk" "$BATS_TEST_TMPDIR/figures"
	same 'b: 0.6 x a (0.5 to 0.75), wanted at least 0.7: NO' "$output"
}

@test "the dispatch bench runs every contender and loses no task" {
	PEERS=none ROUNDS=1 TASKS=20 run "$root/test/bench/run.sh" dispatch
	same 0 "$status"
	[[ $output == *'ft-pop | ft-run | ft-result '* ]]
	[[ $output == *'wanted at least 0.7: '* ]]
	run "$root/test/bench/run.sh" nonsense
	same 64 "$status"
}

@test "the supervision bench tells what a slot adds, and its memory" {
	make -s -C "$root" build/bench-spawn >&2
	ROUNDS=1 TASKS=20 MANY=200 run "$root/test/bench/run.sh" supervision
	same 0 "$status"
	[[ $output == *'ft-run -o artifacts, more than the spawn, ms: '* ]]
	[[ $output == *'after 200 tasks: '*' KiB resident' ]]
}

@test "the queue bench measures a push and a worker beside the bare clients" {
	make -s -C "$root" build/bench-bare build/bench-client >&2
	PEERS=none ROUNDS=1 TASKS=300 DONE=50 run "$root/test/bench/run.sh" queue
	same 0 "$status"
	[[ $output == *'BullMQ, bee-queue '*'not measured: '* ]]
	[[ $output == *'bytes a waiting task: '*' wanted at most 1024: '* ]]
	[[ $output == *'lib/queue: '*' x work: bare client'* ]]
}

@test "the filters bench compares expansions that are the same" {
	make -s -C "$root" build/bench-client >&2
	ROUNDS=1 TASKS=400 run "$root/test/bench/run.sh" filters
	same 0 "$status"
	[[ $output == *'jq: '*' x ft-expand '* ]]
	[[ $output == *'ft-stats -a | ft-report-html: '*' wanted at most 1.5: '* ]]
}

@test "the scale bench keeps its workers busy, idle and awake" {
	make -s -C "$root" build/bench-scale >&2
	WORKERS=20 TASK_MS=200 BUSY_S=1 IDLE_S=1 run \
		"$root/test/bench/run.sh" scale
	same 0 "$status"
	[[ $output =~ 'busy, always: tasks a second'\ +[1-9] ]]
	[[ $output == *'busy, no: next task ms, 99 %'* ]]
	# the push in the middle woke them all
	[[ $output == *'ring: pop ms, 99 %'* ]]
}

@test "the depth bench measures the same at both depths" {
	make -s -C "$root" build/bench-client >&2
	DEEP=500 SHALLOW=50 MORE=20 run "$root/test/bench/run.sh" depth
	same 0 "$status"
	[[ $output == *'500 wait: push: '*' x 50 wait: push '* ]]
	[[ $output == *'500 wait: pop and finish: '* ]]
	# all is the sum of the two, as far as three digits tell
	awk '/^50 wait: push / {push = $4} /^50 wait: pop and finish / {pop = $6}
		/^50 wait: all / {all = $4} END {
		miss = all - push - pop
		exit !(push > 0 && pop > 0 && miss * miss < (1 + all / 50) ^ 2)
	}' <<<"$output"
}

@test "the idle bench times pushes to a worker that waits" {
	make -s -C "$root" build/bench-clock >&2
	ROUNDS=2 IDLE_S=1 run "$root/test/bench/run.sh" idle
	same 0 "$status"
	[[ $output == *'the three programs used '*' us of CPU, the server '* ]]
	[[ $output == *'ms from ft-push to the start: '*' wanted at most 5: '* ]]
}
