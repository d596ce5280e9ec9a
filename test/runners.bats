#!/usr/bin/env bats
# What the specs of every runner end as. The runners are real ones, and a row
# of test/runners/*.tsv is a case: its name, its task, and what it ends as.
# FT_ALL_RUNNERS=1 takes in what is slow or large; make runners-test sets it.
load helper

setup_file() {
	export tree=$BATS_FILE_TMPDIR/tree
	mkdir "$tree"
	tar -C "$BATS_TEST_DIRNAME/runners" --exclude=node_modules -cf - . |
		tar -C "$tree" -xf -
	if command -v npm >/dev/null; then
		(cd "$root/specs" && "$root/scripts/npm-ci.sh")
	fi
	ln -s "$root/specs/node_modules" "$tree/node_modules"
}

setup() {
	[ "${FT_NO_BROWSER-}" != 1 ] || skip 'FT_NO_BROWSER=1: no browser is wanted'
	cd "$BATS_TEST_TMPDIR"
}

# cases RUNNER BROWSER - its tasks, all but the slow ones unless they are wanted
cases() {
	jq -cR --arg runner "$1" --arg browser "$2" --arg all "${FT_ALL_RUNNERS-}" \
		--arg tree "$tree" --arg recordings "${recordings-}" '
		split("\t") | {id: .[0], runner: $runner, viewport: "desktop",
			browser: $browser} + (.[1] | fromjson)
		| if $recordings == "" then . else .env += {FT_TREE: $tree,
			FT_RECORDING: ($recordings + "/" +
				(.id | gsub("[^A-Za-z0-9]"; "_")) + ".json")} end
		| select($all == "1" or (.tags // [] | index("slow") | not))' \
		"$tree/$1.tsv"
}

# judged RUNNER [BROWSER] - run its cases, and tell those that end otherwise
judged() {
	cases "$1" "${2-chrome}" >in
	PATH=${path-$PATH} ft-run -j 2 -C "$tree" -o kept <in >out
	jq -rn --rawfile table "$tree/$1.tsv" --slurpfile tasks in \
		--arg tree "$tree" -f "$BATS_TEST_DIRNAME/runners/differ.jq" \
		out >wrong
	same '' "$(cat wrong)"
}

@test "command: every end is what it is" {
	[ -z "${FT_VALGRIND-}" ] || skip 'valgrind forks, and loses why a spawn failed'
	judged command
}

@test "playwright: every end is what it is" {
	needs node npm chromium
	judged playwright
}

@test "webdriver: every end is what it is" {
	needs node npm chromium chromedriver
	judged webdriver
}

@test "node-test: every end is what it is" {
	needs node npm
	judged node-test
}

@test "wdio: every end is what it is" {
	[ "${FT_ALL_RUNNERS-}" = 1 ] || skip 'make runners-test installs wdio'
	(cd "$BATS_TEST_DIRNAME/runners/wdio" && "$root/scripts/npm-ci.sh")
	ln -sfn "$BATS_TEST_DIRNAME/runners/wdio/node_modules" \
		"$tree/node_modules"
	judged wdio
	ln -sfn "$root/specs/node_modules" "$tree/node_modules"
}

@test "cypress: every end is what it is" {
	[ "${FT_ALL_RUNNERS-}" = 1 ] || skip 'make runners-test runs the real one'
	[ -x "$tree/node_modules/.bin/cypress" ] ||
		skip 'scripts/install-cypress.sh installs Cypress'
	judged cypress electron
}

@test "playwright: a start finds what the last one in its slot compiled" {
	local compiled

	needs node npm
	compiled=$(node -p 'Number("enableCompileCache" in require("node:module"))')
	jq -cn '{spec: "playwright/cache.spec.ts", viewport: "desktop",
		browser: "chrome"} + ({id: "a"}, {id: "b"})' >in
	ft-run -C "$tree" -o kept <in >out
	grep -ho '^made .*' kept/local/a/1/log.txt | sort >first
	grep -ho '^made .*' kept/local/b/1/log.txt | sort >second
	same 2 "$(wc -l <first)"
	diff first second
	same "0 $compiled" "$(grep -hc '^compiled' kept/local/[ab]/1/log.txt |
		paste -sd ' ')"
}

# as_recorded RUNNER BROWSER - the same cases by what the real one left once
as_recorded() {
	rm "$tree/node_modules"
	mkdir -p "$tree/node_modules/.bin" bin
	cp "$BATS_TEST_DIRNAME/runners/replay.sh" "$tree/node_modules/.bin/$1"
	# a recording needs no screen, and no browser
	printf '#!/bin/sh\nshift 3\nexec "$@"\n' >bin/xvfb-run
	printf '#!/bin/sh\n' >bin/firefox
	chmod +x bin/*
	unset FT_ALL_RUNNERS
	path=$PWD/bin:$PATH recordings=$BATS_TEST_DIRNAME/data/$1 judged "$1" "$2"
	rm -r "$tree/node_modules"
	ln -s "$root/specs/node_modules" "$tree/node_modules"
}

@test "cypress, as recorded: every end is what it is" {
	as_recorded cypress electron
}

@test "wdio, as recorded: every end is what it is" {
	as_recorded wdio chrome
}

@test "a runner that is not installed is told with what installs it" {
	[ -z "${FT_VALGRIND-}" ] || skip 'valgrind forks, and loses why a spawn failed'
	local here

	here=$(dirname "$(command -v ft-run)")
	mkdir specs
	jq -cn '{playwright: "x.spec.ts", cypress: "x.cy.js", wdio: "x.e2e.js",
		webdriver: "x.wd.js", "node-test": "x.test.mjs"} | to_entries[]
		| {id: .key, runner: .key, spec: .value, viewport: "desktop",
			browser: "electron"}' >in
	jq -n '{webdriver: {browsers: null}}' >any-browser.json
	PATH=$here ft-run -R any-browser.json -C specs <in >out
	same 'cypress error spawn npm install cypress, apt-get install xvfb xauth
node-test error spawn apt-get install nodejs
playwright error spawn npm install @playwright/test
wdio error spawn npm install @wdio/cli
webdriver error spawn npm install mocha selenium-webdriver' \
		"$(jq -r 'select(.status == "complete") | "\(.id) \(.result) " +
			"\(.reason) \(.message | sub(".*: "; ""))"' out | sort)"
}

# The entry is that of the manual. What stands in for a virtual environment is
# Debian's pytest.
@test "a user adds pytest by an entry alone" {
	/usr/bin/python3 -c 'import pytest' || skip 'pytest is not installed'
	sed -n '/^pytest, by/,/^\.Ed/ { /^[ {}]/p }' "$root/src/ft-runners.5" >mine.json
	export FT_RUNNERS=$PWD/mine.json SPEC_ROOT=$PWD/specs
	mkdir -p specs/.venv/bin bin
	printf '#!/bin/sh\nexec /usr/bin/python3 -m pytest -p no:cacheprovider "$@"\n' \
		>specs/.venv/bin/pytest
	printf '#!/bin/sh\n' >bin/chromedriver
	chmod +x specs/.venv/bin/pytest bin/chromedriver
	printf 'import os\ndef test_adds():\n    assert os.environ["BROWSER"] == "chrome"\n' \
		>specs/test_pass.py
	printf 'def test_till():\n    assert 7 == 8, "change"\n' >specs/test_fail.py
	printf 'import pytest\ndef test_a():\n    pytest.skip()\n' >specs/test_skip.py
	printf 'import os\ndef test_a():\n    os.abort()\n' >specs/test_crash.py
	printf 'import time\ndef test_a():\n    time.sleep(999)\n' >specs/test_hang.py
	printf 'def test_a(:\n' >specs/test_syntax.py
	printf '# no tests\n' >specs/test_none.py
	jq -n '{groups: [{name: "g", tasks: [{spec: "test_*.py", timeout: 30,
		viewports: ["desktop"], browsers: ["chrome"]}]}],
		include: [{group: "g", spec: "test_pass.py", viewport: "desktop",
			browser: "firefox"}]}' | ft-expand |
		jq -c 'if .spec == "test_hang.py" then .timeout = 3 else . end' >in
	PATH=$PWD/bin:$PATH
	ft-run -j 2 <in >out
	same 'crash error signal null
fail failed null {"passed":0,"failed":1,"skipped":0,"flaky":0}
hang error timeout null
none error no-tests {"passed":0,"failed":0,"skipped":0,"flaky":0}
pass error browser null
pass passed null {"passed":1,"failed":0,"skipped":0,"flaky":0}
skip passed null {"passed":0,"failed":0,"skipped":1,"flaky":0}
syntax error config {"passed":0,"failed":1,"skipped":0,"flaky":0}' \
		"$(jq -r 'select(.status == "complete" and .runner == "pytest") |
			"\(.spec[5:-3]) \(.result) \(.reason) \(.tests)"' out | sort)"
	[[ $(jq -r 'select(.spec == "test_fail.py").message // empty' out) == 'test_till: '* ]]
	rm -r specs/.venv
	grep chrome in | ft-run >out
	grep -q 'no .venv/bin/pytest in .*: python3 -m venv' out
}
