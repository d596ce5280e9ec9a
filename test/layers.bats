#!/usr/bin/env bats
# Who may know what: each layer uses only those below it.

setup() {
	cd "$BATS_TEST_DIRNAME/.." || return
}

# MODULE RANK, lowest first; a module may include only what has a lower rank,
# or a part of itself (queue_pop of queue, supervisor and sweep of child)
ranks() {
	awk '{ for (i = 1; i <= NF; i++) print $i, NR }' <<-'EOF'
		mem clock
		opt utf8 path names weight launch oom
		text jsonl json html screen
		record
		verdict summary newest estimate split fold pile prefetch folder redis timeline
		history sim runner child chart entry queue progress
		rerun keep cache
		attempt page expand figures display
		share foreground
		crew
		slots
		worker
	EOF
}

# upward FILES - includes of a module that is not below, as FILE MODULE
upward() {
	grep -Ho '^#include "[^"]*"' "$@" |
		sed 's|:#include "\(.*\)\.h"| \1|' |
		awk 'function whole(m) {
			sub(/.*\//, "", m); sub(/\.[ch]$/, "", m); sub(/_.*/, "", m)
			return m == "supervisor" || m == "sweep" ? "child" : m
		}
		NR == FNR { rank[$1] = $2; next }
		{
			own = whole($1); other = whole($2)
			if (own != other && other in rank &&
				rank[other] >= rank[own])
				print
		}' <(ranks) -
}

# strangers FILES: a use of hiredis outside the queue
strangers() {
	grep -l 'hiredis' "$@" | grep -v '^lib/redis[a-z_]*\.[ch]$' || :
}

@test "no module includes one of a layer above its own" {
	run upward lib/*.c lib/*.h
	[ -z "$output" ]
	# the rule can fail
	mkdir -p "$BATS_TEST_TMPDIR/lib"
	printf '#include "record.h"\n' >"$BATS_TEST_TMPDIR/lib/mem.c"
	run upward "$BATS_TEST_TMPDIR/lib/mem.c" /dev/null
	[[ $output == *"mem.c record" ]]
}

@test "every module of lib has a layer" {
	for header in lib/*.h; do
		name=$(basename "$header" .h)
		case ${name%%_*} in
		supervisor | sweep) ;;
		*) ranks | grep -q "^${name%%_*} " ;;
		esac
	done
}

@test "hiredis is known in one place" {
	run strangers lib/*.c lib/*.h src/*.c
	[ -z "$output" ]
	printf '#include <hiredis/hiredis.h>\n' >"$BATS_TEST_TMPDIR/page.c"
	run strangers "$BATS_TEST_TMPDIR/page.c" /dev/null
	[ -n "$output" ]
}

# spelled FILES: a record's field as a string
spelled() {
	fields=$(sed -n 's/^    \[RECORD_[A-Z_]*\] = {"\([a-z_]*\)".*/\1/p' \
		lib/record_words.c | grep _ | paste -sd'|')
	[ -n "$fields" ]
	grep -nE "\"($fields)\"" "$@" || :
}

@test "a program spells no field of the record and no command of Redis" {
	run spelled src/*.c
	[ -z "$output" ]
	run grep -nE 'request_(command|script)|"(HGET|HSET|EVAL|LRANGE|ZADD)"|ft:\{' \
		src/*.c
	[ -z "$output" ]
	printf 'x("lease_ms");\n' >"$BATS_TEST_TMPDIR/bad.c"
	run spelled "$BATS_TEST_TMPDIR/bad.c"
	[ -n "$output" ]
}

# but for the one that says who may touch them
@test "the scripts name no key of the queue" {
	run grep -nE --exclude=redis-users.sh \
		'ft:(\{|runs|history)|hgetall|evalsha' scripts/*.sh
	[ -z "$output" ]
}
