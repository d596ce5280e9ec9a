#!/usr/bin/env bats
# the manual: a page a program, and each tells what its program does
bats_require_minimum_version 1.5.0

setup() {
	root="$BATS_TEST_DIRNAME/.."
	PATH="$root/bin:$PATH"
	pages="$BATS_TEST_TMPDIR/man"
}

programs() {
	local program

	for program in "$root"/src/ft-*.c; do
		basename "$program" .c
	done
}

# Lay the pages out as a manual, where references are looked up.
manual() {
	local page section

	for page in "$root"/src/*.[157]; do
		section=${page##*.}
		mkdir -p "$pages/man$section"
		cp "$page" "$pages/man$section"
	done
}

# flags_of - the flags of a synopsis on stdin, a line each
flags_of() {
	grep -oE -- '\[-[A-Za-z]+( [a-z.]+)?' |
		sed 's/^\[-//' |
		while read -r letters argument; do
			printf '%s\n' "$letters" | fold -w 1 |
				sed "s/\$/ $argument/"
		done | sort
}

# page_synopsis PROGRAM - as a reader sees it, on one line
page_synopsis() {
	mandoc -Tascii -Owidth=1000 "$root/src/$1.1" | col -bx |
		sed -n '/^SYNOPSIS/,/^DESCRIPTION/p' | sed '1d;$d'
}

# words - all space as one
words() {
	tr -s ' \n' ' ' | sed 's/^ //; s/ $//'
}

@test "every program has a page, and the toolkit has one" {
	local program

	for program in $(programs); do
		[ -f "$root/src/$program.1" ] || {
			echo "no page for $program"
			return 1
		}
	done
	[ -f "$root/src/funkytown.7" ]
}

@test "a page describes each flag of its program and no other" {
	local program

	for program in $(programs); do
		diff <("$program" -h | flags_of | cut -d ' ' -f 1) \
			<(sed -n '/^\.Sh DESCRIPTION/,/^\.Sh ENV/s/^\.It Fl \(.\).*/\1/p' \
				"$root/src/$program.1" | sort) || {
			echo "the flags of $program"
			return 1
		}
	done
}

@test "the synopsis of a page is the usage of its program" {
	local program

	command -v mandoc || skip "no mandoc"
	for program in $(programs); do
		diff <("$program" -h | sed 's/^usage: //' | words) \
			<(page_synopsis "$program" | words) || {
			echo "the synopsis of $program"
			return 1
		}
	done
}

# References beyond our own pages need not be installed here.
@test "mandoc finds nothing to say about the pages" {
	local found

	command -v mandoc || skip "no mandoc"
	manual
	found=$(MANPATH="$pages:" mandoc -Tlint "$pages"/man?/* 2>/dev/null |
		grep -vE 'referenced manual not found: Xr (glob|jq|redis-server|regex) ' ||
		true)
	[ -z "$found" ] || {
		printf '%s\n' "$found"
		return 1
	}
}

@test "the table of funkytown(7) has every program" {
	local program

	for program in $(programs); do
		grep -q "^\.Xr $program 1 ,\$" "$root/src/funkytown.7"
		grep -q "^\.It $program Ta " "$root/src/funkytown.7"
	done
}
