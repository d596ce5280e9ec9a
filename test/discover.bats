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
	printf 'no tests\n' | tee specs/webdriver/helper.js >specs/webdriver/it.json
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

@test "specs of a kind of one's own are found by its patterns" {
	printf 'def test_a(): pass\n' >specs/test_a.py
	printf '{"pytest": {"match": ["test_*.py"], "argv": ["true"], %s}}' \
		'"exit": {"0": "passed"}' >mine.json
	export FT_RUNNERS=$PWD/mine.json
	same 'pytest: test_a.py desktop chrome' "$(found -r pytest specs)"
	same 6 "$(found specs | wc -l)"
}

@test "the sample specs are found, each kind with where it runs" {
	needs node npm
	(cd "$root/specs" && "$root/scripts/npm-ci.sh")
	mkdir samples
	tar -C "$root/specs" --exclude=node_modules --exclude=on_purpose -cf - . |
		tar -C samples -xf -
	ln -s "$root/specs/node_modules" samples/node_modules
	found samples >map
	for spec in album_label_search find_a_store kids_clothing_search; do
		cat <<-E
			cypress: cypress/$spec.cy.js desktop electron
			playwright: $spec.spec.ts desktop chrome+firefox+webkit
			playwright: $spec.spec.ts mobile chrome+webkit
			webdriver: webdriver/$spec.js desktop chrome
		E
	done | sort >wanted
	same "$(cat wanted)" "$(sort map)"
}

@test "Playwright lists its own, with viewports and browsers by its projects" {
	needs node npm
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

	# names that tell no viewport leave a spec out, which is said
	mkdir named
	sed 's/desktop-//g; s/mobile-//' specs/playwright.config.js \
		>named/playwright.config.js
	printf "const { test } = require('@playwright/test');\ntest('a', () => {});\n" |
		tee named/a.check.js >named/b.check.js
	exits 65 "$root/scripts/discover.sh" -r playwright named
	grep -q '^discover.sh: a.check.js and 1 more: left out, .*: "chrome", "firefox", "setup"$' err
	# a setup beside such projects is no spec
	sed "s/'setup'/'setup', testMatch: 'c.*'/" specs/playwright.config.js \
		>named/playwright.config.js
	cp named/a.check.js named/c.check.js
	"$root/scripts/discover.sh" -r playwright named 2>err >map
	same '' "$(cat err)"

	# a configuration of a folder's own, and specs that none is near
	mkdir web
	mv specs web/shop
	cp web/shop/f.spec.js web/g.spec.js
	same 'playwright: g.spec.js desktop chrome
playwright: shop/shop.check.js desktop chrome+firefox
playwright: shop/shop.check.js mobile chrome' "$(found -r playwright web | sort)"
}

@test "a folder without specs, or a wrong call, is told" {
	mkdir empty
	exits 65 "$root/scripts/discover.sh" empty
	grep -q 'no spec below' err
	printf '#!/bin/sh\n' >empty/a.sh
	exits 65 "$root/scripts/discover.sh" empty
	grep -q 'no spec below' err
	exits 64 "$root/scripts/discover.sh"
}
