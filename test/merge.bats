#!/usr/bin/env bats
# What Playwright itself makes of a run: its blobs become its own report.
load helper

setup_file() {
	command -v npm >/dev/null || return 0
	cd "$BATS_TEST_DIRNAME/../specs" || return
	../scripts/npm-ci.sh >&2
}

# Specs that need no browser, so that the reports are what takes the time.
setup() {
	needs node npm xmllint python3
	cd "$BATS_TEST_TMPDIR" || return
	mkdir specs
	ln -s "$root/specs/node_modules" specs/node_modules
	cat >specs/playwright.config.js <<-'END'
		module.exports = {
			projects: [{ name: 'desktop-chrome' }, { name: 'mobile-chrome' }],
		};
	END
	spec good 'expect(1).toBe(1)'
	spec bad "expect('a label').toBe('another')"
	spec flaky "const fs = require('fs');
		if (!fs.existsSync('seen')) { fs.mkdirSync('seen'); throw Error('first'); }"
	export SPEC_ROOT=specs FT_ARTIFACTS=artifacts
}

spec() {
	cat >"specs/$1.spec.js" <<-END
		const { test, expect } = require('@playwright/test');
		test('$1 one', () => { $2; });
		test('$1 two', () => {});
	END
}

merge() {
	"$root/scripts/merge-playwright.sh" "$@"
}

run_all() {
	for name in good bad; do
		jq -cn --arg name "$name" '("desktop", "mobile") as $v |
			{id: "g/\($name)/\($v)", spec: "\($name).spec.js",
			viewport: $v, browser: "chrome"}'
	done | ft-run -j 2 >records
}

@test "the blobs of a run become Playwright's HTML report" {
	run_all
	same 'bad failed
bad failed
good passed
good passed' "$(jq -r 'select(.status == "complete") |
		"\(.spec | split(".")[0]) \(.result)"' records | sort)"
	merge report <records 2>err
	[ -f report/index.html ]
	# the data stand in the page as a zip file
	grep -o 'data:application/zip;base64,[^"<]*' report/index.html |
		cut -d , -f 2 | base64 -d >data.zip
	python3 -m zipfile -e data.zip data
	same '8 6 2 0' "$(jq -r '.stats | "\(.total) \(.expected) \(.unexpected) \(.flaky)"' \
		data/report.json)"
	same 'desktop-chrome mobile-chrome' "$(jq -r \
		'[.files[].tests[].projectName] | unique | join(" ")' data/report.json)"
}

@test "or one JUnit file, a case a test" {
	run_all
	merge -r junit out/junit.xml <records 2>err
	same '8 2' "$(xmllint --xpath \
		'concat(count(//testcase), " ", count(//failure))' out/junit.xml)"
	xmllint --xpath 'string(//failure)' out/junit.xml | grep -q 'another'
}

@test "a task counts by its last attempt" {
	task flaky '"viewport":"desktop","browser":"chrome","attempt":1' |
		sed 's/"spec":"flaky"/"spec":"flaky.spec.js"/' >in
	ft-run <in >records
	sed 's/"attempt":1/"attempt":2/' in | ft-run >>records
	same 'failed passed' "$(jq -r 'select(.status == "complete").result' \
		records | paste -sd ' ')"
	merge -r junit junit.xml <records 2>err
	same '2 0' "$(xmllint --xpath \
		'concat(count(//testcase), " ", count(//failure))' junit.xml)"
}

@test "without blobs there is no report, and a message" {
	mkdir artifacts
	printf '{"id":"a","artifacts":"../x"}\n{"id":"b"}\n' >records
	exits 66 merge report <records
	grep -q '^merge-playwright.sh: no blob.zip of these records in ' err
	[ ! -e report ]
	exits 64 merge
	exits 64 merge -r pdf report
	exits 66 merge -C / report <records
	grep -q 'no node_modules/.bin/playwright in / or above' err
}
