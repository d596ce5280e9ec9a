#!/usr/bin/env bats
# The lease protocol as a model. make model looks further than these do.

root=$BATS_TEST_DIRNAME/..
model=$root/test/model

# prove FLAG ... - the model holds
prove() {
	need_spin
	run "$model/run.sh" "$@"
	printf '%s\n' "$output"
	[ "$status" -eq 0 ]
}

need_spin() {
	command -v spin >/dev/null ||
		skip "spin is not installed: apt-get install spin"
}

# refuted_by RULE WORDS [FLAG ...] - without RULE spin finds a run with WORDS
refuted_by() {
	need_spin
	rule=$1 words=$2
	shift 2
	MODEL_O=-O0 run "$model/run.sh" "$@" "-D$rule" -DRETRIES=0
	printf '%s\n' "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"$words"* ]]
}

@test "each task gets one verdict, by its holder, after any two faults" {
	MODEL_O=-O1 prove -DFAULTS=2 -DRETRIES=0
}

@test "each task gets one verdict, by its holder, with a retry and a fault" {
	MODEL_O=-O0 prove -DFAULTS=1
}

@test "the run terminates after any fault" {
	MODEL_O=-O0 prove -l -DFAULTS=1 -DRETRIES=0
}

@test "without the fencing check somebody else decides" {
	refuted_by NO_FENCE newest
}

@test "without taking back a task is lost with its worker" {
	refuted_by NO_TAKE_BACK 'acceptance cycle' -l -DFAULTS=1
}

@test "without knowing a repeated pop a slot is leaked" {
	refuted_by NO_NONCE fresh
}

@test "without the bell a popper sleeps for ever" {
	refuted_by NO_RING 'invalid end state'
}

@test "a finish that takes back first rejects its own holder" {
	refuted_by TAKE_BACK_FIRST 'assertion violated'
}

@test "a lease that never arrived and is another's by now leaks no slot" {
	refuted_by KEEP_UNDELIVERED fresh
}

@test "a holder that speaks after a cancelled run is over changes nothing" {
	refuted_by SPEAK_AFTER_OVER is_over
}

@test "a pop that arrives after a later one is not served" {
	refuted_by OLD_SERVED pipe
}

@test "each script names a step of the model, and each step has one script" {
	scripts=$(sed -n 's/.*Model: \([A-Za-z]*\)\..*/\1/p' "$root"/lib/lua/*.lua |
		sort)
	steps=$(sed -n 's/^inline \([A-Z][A-Za-z]*\)(.*/\1/p' \
		"$model/lease.pml" | sort)
	[ -n "$scripts" ]
	[ "$scripts" = "$steps" ]
}
