#!/usr/bin/env bats
# make bench: short forms of its parts; no figure is judged here

load helper

@test "the makespan bench plays a suite in every order and foretells it" {
	printf 'g/%s.js\t%s\n' a 1000 b 2000 c 3000 d 4000 >"$BATS_TEST_TMPDIR/t.tsv"
	MEDIAN=0.02 SUITES='made-20-4 table-2' \
		"$root/test/bench/makespan.sh" "$BATS_TEST_TMPDIR/t.tsv" \
		>"$BATS_TEST_TMPDIR/out"
	same 'history first map random shards history first map random shards' \
		"$(awk '/^(made|table)/ {print $2}' "$BATS_TEST_TMPDIR/out" |
			paste -sd ' ')"
	# what sleeps longest first on two slots is the bound itself: 4 + 1, 3 + 2
	same 1.000 "$(awk '$1 == "table-2" && $2 == "history" {print $NF}' \
		"$BATS_TEST_TMPDIR/out")"
	# no measured time is shorter than the bound
	awk '/^(made|table)/ && $7 < 1 {exit 1}' "$BATS_TEST_TMPDIR/out"
	grep -q '^mean x bound: history ' "$BATS_TEST_TMPDIR/out"
}
