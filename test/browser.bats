#!/usr/bin/env bats
# The report in a real browser: Debian's chromium, driven by playwright-core.
load helper

setup_file() {
	[ "${FT_NO_BROWSER-}" = 1 ] && return
	command -v npm >/dev/null || return 0
	cd "$BATS_TEST_DIRNAME/browser" || return
	"$root/scripts/npm-ci.sh"
}

setup() {
	[ "${FT_NO_BROWSER-}" = 1 ] &&
		skip 'FT_NO_BROWSER=1: no browser is wanted here'
	needs node npm "${CHROMIUM:-/usr/bin/chromium}"
	cd "$BATS_TEST_DIRNAME/browser" || return
}

in_browser() {
	node --test --test-reporter=spec "$1.test.mjs"
}

@test "the table sorts, filters, searches and can be sent by its address" {
	in_browser table
}

@test "the page reads without scripts, prints, fits phones and axe is content" {
	in_browser look
}

@test "a run under way refreshes without losing scroll, filter or focus" {
	in_browser refresh
}

@test "no hostile string runs, loads or becomes markup" {
	in_browser hostile
}

@test "a thousand tasks are small, twenty thousand are drawn where one looks" {
	in_browser size
}
