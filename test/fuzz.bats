#!/usr/bin/env bats
# The fuzz targets, short: each seed, and what was once found, must pass.
# make fuzz goes on from there.

load helper

setup() {
	needs clang
}

@test "every parser takes its seeds under ASan and UBSan" {
	cd "$root"
	# a make of its own: not the jobs of the one that runs the tests
	env -u MAKEFLAGS -u MFLAGS make -s -j2 fuzz FUZZ_S=0 \
		>"$BATS_TEST_TMPDIR/log" 2>&1 || {
		tail -n 40 "$BATS_TEST_TMPDIR/log"
		return 1
	}
	same "$(find test/fuzz/seeds -mindepth 1 -maxdepth 1 | wc -l)" \
		"$(grep -c 'DONE' "$BATS_TEST_TMPDIR/log")"
}

@test "every target has seeds, and every folder of seeds a target" {
	cd "$root"
	same "$(cd test/fuzz/seeds && ls)" \
		"$(make -s --no-print-directory -f Makefile -f - print-fuzz <<<'print-fuzz: ; @printf "%s\n" $(FUZZ)' | sort)"
}
