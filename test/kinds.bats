#!/usr/bin/env bats
# The sample specs of all kinds, in real browsers, against the real shop.
load helper

setup_file() {
	[ "${FT_NO_BROWSER-}" != 1 ] || return 0
	command -v npm >/dev/null || return 0
	(cd "$root/specs" && "$root/scripts/npm-ci.sh")
	node "$root/specs/app/server.js" 0 >"$BATS_FILE_TMPDIR/app" 3>&- &
	printf '%s\n' "$!" >"$BATS_FILE_TMPDIR/app.pid"
	poll grep -q listening "$BATS_FILE_TMPDIR/app"
	BASE_URL=$(sed -n 's/^listening on //p' "$BATS_FILE_TMPDIR/app")
	export BASE_URL
	redis_start
}

teardown_file() {
	[ -e "$BATS_FILE_TMPDIR/app.pid" ] || return 0
	kill "$(cat "$BATS_FILE_TMPDIR/app.pid")"
	redis_stop
}

setup() {
	[ "${FT_NO_BROWSER-}" != 1 ] || skip 'FT_NO_BROWSER=1: no browser is wanted'
	needs node npm chromium chromedriver WebKitWebDriver xvfb-run xmllint
	cd "$BATS_TEST_TMPDIR"
	export SPEC_ROOT=$root/specs FT_ARTIFACTS=$PWD/kept FT_FLAKY_DIR=$PWD
}

# two_slots RUN MAP ... - run the maps, their records in the file records
two_slots() {
	export FT_RUN=$1
	shift
	ft-expand "$@" | ft-push >/dev/null
	ft-pop -f -j 2 | ft-run -j 2 | ft-result >/dev/null
	ft-stats -a >records
}

@test "specs that misbehave on purpose end as their map expects" {
	two_slots on-purpose "$root/specs/on_purpose_map.json"
	same 8 "$(wc -l <records)"
	same '' "$(jq -c '([.result, .reason // empty] | join(" ")) as $end
		| select($end != .expect) | [.spec, .expect, $end, .message]' records)"
	same 2 "$(jq 'select(.expect == "flaky").attempt' records)"
	same '{"passed":1,"failed":1,"skipped":0,"flaky":0}' \
		"$(jq -c 'select(.expect == "failed").tests' records)"
	same '{"passed":0,"failed":0,"skipped":2,"flaky":0}' \
		"$(jq -c 'select(.spec == "on_purpose/only_skipped.spec.ts").tests' \
			records)"
	# what the failure left: log, result, blob, and of the test its own
	cd "kept/$(jq -r 'select(.expect == "failed").artifacts' records)" || return
	grep -q '4 albums on' log.txt
	same 'blob.zip
log.txt
result.json
test-failed-1.png
trace.zip' "$(find . -type f \( -path './*/*' \( -name '*.png' -o -name '*.zip' \) \
		-o ! -path './*/*' \) -printf '%f\n' | sort)"
}

# The kinds of one map: what each spec ends as, on which viewport and browser.
mixed() {
	cat <<-'END'
		kids_clothing_search.spec.ts mobile chrome passed
		on_purpose/failing.spec.ts desktop chrome failed
		on_purpose/empty.spec.ts desktop chrome error
		webdriver/find_a_store.js desktop chrome passed
		webdriver/find_a_store.js desktop webkit passed
		webdriver/find_a_store.js desktop firefox error
	END
	printf 'cypress/find_a_store.cy.js desktop electron %s\n' "$cypress"
}

@test "three kinds in one map on two slots, told apart on the page and in JUnit" {
	cypress=passed
	if [ ! -x "$SPEC_ROOT/node_modules/.bin/cypress" ]; then
		cypress=error
		printf '# Cypress is not installed: its spec is an error here\n' >&3
	fi
	mixed >wanted
	jq -R 'split(" ") | {group: "mixed", timeout: 300, spec: .[0],
		viewport: .[1], browser: .[2]}' wanted | jq -s '{include: .}' >map.json
	two_slots mixed map.json
	sort wanted >sorted
	same "$(cat sorted)" "$(jq -r '"\(.spec) \(.viewport) \(.browser) " +
		.result' records | sort)"
	same 'on_purpose/empty.spec.ts no-tests
webdriver/find_a_store.js browser' "$(jq -r 'select(.result == "error" and
		.runner != "cypress") | "\(.spec) \(.reason)"' records | sort)"
	same '2/0' "$(jq -r 'select(.browser == "webkit").tests |
		"\(.passed)/\(.failed)"' records)"

	ft-report-html <records >page.html
	same "$(cat sorted)" "$(sed -n 's|^<tr class=[a-z]*><td>\([a-z]*\)<th.*<bdi>\([^<]*\)</bdi>.*<td>mixed<td>\([a-z]*\)<td>\([a-z]*\)<td>.*|\2 \3 \4 \1|p' \
		page.html | sort)"

	jq -rf "$root/lib/jq/junit.jq" records >junit.xml
	same "7 1 $(grep -c error wanted)" "$(xmllint --xpath \
		'concat(/testsuites/@tests, " ", /testsuites/@failures, " ",
		/testsuites/@errors)' junit.xml)"
	same 'failing' "$(xmllint --xpath \
		'string(//testcase[failure]/@file)' junit.xml |
		sed 's|on_purpose/\(.*\).spec.ts|\1|')"
}

# What a person does with the field rerun: paste it into a shell.
@test "rerun, pasted into a shell, repeats a spec of each kind" {
	cat >in <<-'E'
		{"id":"a","spec":"on_purpose/failing.spec.ts","viewport":"desktop","browser":"chrome"}
		{"id":"b","spec":"webdriver/find_a_store.js","viewport":"mobile","browser":"webkit"}
		{"id":"c","spec":"cypress/find_a_store.cy.js","viewport":"desktop","browser":"electron","timeout":300}
	E
	[ -x "$SPEC_ROOT/node_modules/.bin/cypress" ] || sed -i '$d' in
	ft-run <in >records
	again() {
		jq -r "select(.id == \"$1\" and .status == \"complete\").rerun" \
			records >./paste
		(cd / && exec bash --noprofile --norc -i) <./paste
	}
	export PS1='' TMPDIR=$PWD/by-hand
	mkdir by-hand
	run -1 again a
	[[ $output == *'4 albums on'* ]]
	# this one prints nothing: its report is a file
	run -0 again b
	same 2 "$(cat by-hand/*/result.json | jq -s 'map(.stats.passes // empty)[]')"
	! grep -q '"id":"c"' in || run -0 again c
}
