#!/usr/bin/env bats
# discover.sh: a map from a folder, for each kind of spec
load helper

setup() {
	cd "$BATS_TEST_TMPDIR"
	mkdir -p specs/node_modules/x specs/webdriver
	for f in a.cy.js b.e2e.js webdriver/c.js d.test.mjs f.spec.js \
		node_modules/x/g.cy.js; do
		printf "it('works', () => {});\n" >"specs/$f"
	done
	printf 'no tests\n' >specs/webdriver/helper.js
	printf '#!/bin/sh\n' >specs/run
	chmod +x specs/run
}

found() {
	"$root/scripts/discover.sh" "$@" | jq -r '.groups[] | .name as $name
		| .tasks[] | "\($name): \(.spec) \(.viewports | join("+")) " +
			(.browsers | join("+"))'
}

@test "specs are found by name and content, each with its runner" {
	same 'cypress: a.cy.js desktop electron
node-test: d.test.mjs desktop chrome
playwright: f.spec.js desktop chrome
wdio: b.e2e.js desktop chrome
webdriver: webdriver/c.js desktop chrome' "$(found specs)"
	for runner in cypress node-test wdio webdriver; do
		same "$runner" "$(found -r $runner specs | cut -d: -f1)"
	done
	same 'command: run desktop chrome' "$(found -r command specs)"
	"$root/scripts/discover.sh" specs | ft-expand -C specs >tasks
	same 5 "$(wc -l <tasks)"
}

@test "Playwright lists its own, with viewports and browsers by its projects" {
	(cd "$root/specs" && "$root/scripts/npm-ci.sh")
	ln -s "$root/specs/node_modules" node_modules
	cat >specs/playwright.config.js <<-'E'
		module.exports = { testMatch: '*.check.js', projects: [
			{ name: 'desktop-chrome' }, { name: 'desktop-firefox' },
			{ name: 'mobile-chrome' }, { name: 'setup' } ] };
	E
	printf "require('@playwright/test').test('a', () => {});\n" \
		>specs/shop.check.js
	same 'playwright: shop.check.js mobile chrome
playwright: shop.check.js desktop chrome+firefox' "$(found -r playwright specs)"
}

@test "a folder without specs, or a wrong call, is told" {
	mkdir empty
	exits 65 "$root/scripts/discover.sh" empty
	grep -q 'no spec below' err
	exits 64 "$root/scripts/discover.sh"
}
