#!/usr/bin/env bats
# The programs as they are built: what makes an error of ours harder to use.

load helper

setup() {
	needs readelf
	[ -z "${FT_SANITIZE-}" ] || skip 'the sanitizers bring their own'
	[ -z "${FT_COVERAGE-}" ] || skip 'coverage is built without'
}

# weak BINARY - what it lacks
weak() {
	local headers dynamic symbols

	headers=$(readelf -hlW "$1")
	dynamic=$(readelf -dW "$1")
	symbols=$(readelf -sW --dyn-syms "$1")
	grep -q 'Type: *DYN' <<<"$headers" &&
		grep -q 'Flags: .*PIE' <<<"$dynamic" || echo 'PIE'
	grep -q GNU_RELRO <<<"$headers" || echo 'RELRO'
	grep -Eq 'BIND_NOW|Flags: .*NOW' <<<"$dynamic" || echo 'BIND_NOW'
	grep -Eq 'GNU_STACK .* RW +0x' <<<"$headers" || echo 'a stack of data only'
	grep -q '__stack_chk_fail' <<<"$symbols" || echo 'stack protector'
	grep -Eq '__(printf|snprintf|vsnprintf|memcpy|read)_chk' <<<"$symbols" ||
		echo 'FORTIFY'
	! grep -Eq 'RPATH|RUNPATH' <<<"$dynamic" || echo 'no path of its own'
}

@test "RELRO, BIND_NOW, PIE, FORTIFY and stack protector, in every program" {
	local program count=0

	for program in "$root"/bin/ft-*; do
		same "$program: " "$program: $(weak "$program")"
		count=$((count + 1))
	done
	[ "$count" -ge 8 ]
}

@test "a program that is built without is noticed" {
	needs cc
	printf '#include <stdio.h>\nint main(void) { return puts("x") < 0; }\n' \
		>"$BATS_TEST_TMPDIR/weak.c"
	cc -O0 -no-pie -fno-stack-protector -Wl,-z,norelro,-z,lazy \
		-Wl,-z,execstack -Wl,-rpath,/tmp -o "$BATS_TEST_TMPDIR/weak" \
		"$BATS_TEST_TMPDIR/weak.c"
	same 7 "$(weak "$BATS_TEST_TMPDIR/weak" | wc -l)"
}
