#!/usr/bin/env bats
# What the specs of every runner end as. The runners are real ones, and a row
# of test/runners/*.tsv is a case: its name, its task, and what it ends as.
# FT_RUNNERS=1 takes in what is slow or large; make runners-test sets it.
load helper

setup_file() {
	export tree=$BATS_FILE_TMPDIR/tree
	mkdir "$tree"
	tar -C "$BATS_TEST_DIRNAME/runners" --exclude=node_modules -cf - . |
		tar -C "$tree" -xf -
	(cd "$root/specs" && "$root/scripts/npm-ci.sh")
	ln -s "$root/specs/node_modules" "$tree/node_modules"
}

setup() {
	cd "$BATS_TEST_TMPDIR"
}

# cases RUNNER BROWSER - its tasks, all but the slow ones unless they are wanted
cases() {
	jq -cR --arg runner "$1" --arg browser "$2" --arg all "${FT_RUNNERS-}" \
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
	judged command
}

@test "playwright: every end is what it is" {
	judged playwright
}

@test "webdriver: every end is what it is" {
	needs chromedriver
	judged webdriver
}

@test "node-test: every end is what it is" {
	judged node-test
}

@test "wdio: every end is what it is" {
	[ "${FT_RUNNERS-}" = 1 ] || skip 'make runners-test installs wdio'
	(cd "$BATS_TEST_DIRNAME/runners/wdio" && "$root/scripts/npm-ci.sh")
	ln -sfn "$BATS_TEST_DIRNAME/runners/wdio/node_modules" \
		"$tree/node_modules"
	judged wdio
	ln -sfn "$root/specs/node_modules" "$tree/node_modules"
}

@test "cypress: every end is what it is" {
	[ "${FT_RUNNERS-}" = 1 ] || skip 'make runners-test runs the real one'
	[ -x "$tree/node_modules/.bin/cypress" ] ||
		skip 'scripts/install-cypress.sh installs Cypress'
	judged cypress electron
}

@test "cypress, as recorded: every end is what it is" {
	rm "$tree/node_modules"
	mkdir -p "$tree/node_modules/.bin" bin
	cp "$BATS_TEST_DIRNAME/runners/replay.sh" "$tree/node_modules/.bin/cypress"
	# a recording needs no screen
	printf '#!/bin/sh\nshift 3\nexec "$@"\n' >bin/xvfb-run
	chmod +x bin/xvfb-run
	unset FT_RUNNERS
	path=$PWD/bin:$PATH recordings=$BATS_TEST_DIRNAME/data/cypress \
		judged cypress electron
	rm -r "$tree/node_modules"
	ln -s "$root/specs/node_modules" "$tree/node_modules"
}

@test "a runner that is not installed is told with what installs it" {
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

@test "a user adds pytest by an entry alone" {
	/usr/bin/python3 -c "import pytest" 2>/dev/null || skip 'pytest is not installed'
	mkdir specs
	printf 'def test_adds():\n    assert 1 + 1 == 2\n' >specs/test_pass.py
	printf 'def test_till():\n    assert 7 == 8, "change"\n' >specs/test_fail.py
	printf '# no tests\n' >specs/test_none.py
	jq -n '{pytest: {match: ["test_*.py"],
		argv: ["/usr/bin/python3", "-m", "pytest", "-p", "no:cacheprovider",
			"--junitxml={out}/result.xml", "{spec_path}"],
		result: {format: "junit", file: "{out}/result.xml"},
		exit: {"2": "config", "4": "config", "5": "no-tests"}}}' >mine.json
	jq -cn '("pass", "fail", "none") | {id: ., spec: "test_\(.).py"}' >in
	ft-run -R mine.json -C specs <in >out
	same 'fail failed null {"passed":0,"failed":1,"skipped":0,"flaky":0}
none error no-tests {"passed":0,"failed":0,"skipped":0,"flaky":0}
pass passed null {"passed":1,"failed":0,"skipped":0,"flaky":0}' \
		"$(jq -r 'select(.status == "complete") |
			"\(.id) \(.result) \(.reason) \(.tests)"' out | sort)"
	[[ $(jq -r 'select(.id == "fail").message // empty' out) == 'test_till: '* ]]
}
