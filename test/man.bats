#!/usr/bin/env bats
# the manual: a page a program, and each tells what its program does
bats_require_minimum_version 1.5.0

setup() {
	root=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
	PATH="$root/bin:$PATH"
	cd "$BATS_TEST_TMPDIR"
}

programs() {
	local program

	for program in "$root"/src/ft-*.c; do
		basename "$program" .c
	done
}

# flags_of - the flags of a synopsis on stdin, a line each
flags_of() {
	grep -oE -- '\[-[A-Za-z0-9]+( [a-z.]+)?' |
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

# mandoc looks references up among the installed pages: the next test has ours.
@test "mandoc finds nothing to say about the pages" {
	local found

	command -v mandoc || skip "no mandoc"
	found=$(mandoc -Tlint "$root"/src/*.[157] 2>/dev/null |
		grep -v 'referenced manual not found' || true)
	[ -z "$found" ] || {
		printf '%s\n' "$found"
		return 1
	}
}

@test "a terminal of eighty columns has room for every page" {
	local page said

	command -v man || skip "no man"
	for page in "$root"/src/*.[157]; do
		said=$(MANWIDTH=80 man -l "$page" 2>&1 >/dev/null)
		[ -z "$said" ] || {
			printf '%s: %s\n' "$page" "$said"
			return 1
		}
	done
}

@test "a reference to a page of ours leads to one" {
	local name section

	sed -n 's/^\.Xr \([a-z-]*\) \([0-9]\).*/\1 \2/p' "$root"/src/*.[157] |
		sort -u >refs
	grep -q '^funkytown 7' refs
	while read -r name section; do
		case $name in
		ft-* | funkytown*)
			[ -f "$root/src/$name.$section" ] || {
				echo "no page $name($section)"
				return 1
			}
			;;
		esac
	done <refs
}

@test "the table of funkytown(7) has every program" {
	local program

	for program in $(programs); do
		grep -q "^\.Xr $program 1 ,\$" "$root/src/funkytown.7"
		grep -q "^\.It $program Ta " "$root/src/funkytown.7"
	done
}
