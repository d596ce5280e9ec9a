#!/bin/sh
# starts.sh - SPECS (40) short Playwright specs on two slots, starts shared or not
#
# Each has TESTS_EACH (1, up to 3) of half a second. A spec that takes five
# seconds is not short any more. With PAGES (0) they all import so many page
# objects, and what a slot keeps of these is left out once, to compare.
set -eu
here=$(dirname "$0")
# shellcheck source=test/bench/rounds.sh
. "$here/rounds.sh"
# shellcheck source=test/bench/server.sh
. "$here/server.sh"
: "${SPECS:=40}" "${TESTS_EACH:=1}" "${PAGES:=0}"
workdir
root=$(cd "$here/../.." && pwd)
if ! [ -d "$root/specs/node_modules" ] || ! command -v chromium >/dev/null; then
	absent Playwright "specs/node_modules or chromium is not here"
	exit 0
fi
server_start

# Each opens a page, fills it in, and waits for it now and then as specs do.
mkdir "$dir/specs"
ln -s "$root/specs/node_modules" "$dir/specs/node_modules"
sed "s/trace: .*/trace: 'off',/" "$root/specs/playwright.config.ts" \
	>"$dir/specs/playwright.config.ts"
# A page object of 200 lines, as TypeScript as they are.
for i in $(seq "$PAGES"); do
	{
		echo "import { expect, type Locator, type Page } from '@playwright/test';"
		echo "export class Page$i {"
		echo '	constructor(readonly page: Page) {}'
		for j in $(seq 24); do
			cat <<-EOF
				async row$j(name: string, count: number = $j): Promise<Locator> {
					const row: Locator = this.page.getByRole('row', { name });
					await expect(row).toHaveCount(count);
					for (const cell of await row.locator('td').all())
						await cell.click({ timeout: 1000 * count });
					return row;
				}

			EOF
		done
		echo '}'
	} >"$dir/specs/page$i.ts"
	echo "export { Page$i } from './page$i';" >>"$dir/specs/pages.ts"
done
for i in $(seq "$SPECS"); do
	[ "$PAGES" -eq 0 ] ||
		echo "import * as pages from './pages'; pages;" >"$dir/specs/s$i.spec.ts"
	cat >>"$dir/specs/s$i.spec.ts" <<-EOF
		import { test, expect } from '@playwright/test';
		for (const name of ['one', 'two', 'three'].slice(0, $TESTS_EACH))
			test(name, async ({ page }) => {
				await page.setContent('<input id=a><p id=b></p><script>' +
					'a.oninput = () => setTimeout(() => b.textContent = a.value, 150)</script>');
				await page.fill('#a', name + $i);
				await expect(page.locator('#b')).toHaveText(name + $i);
			});
	EOF
done
printf '%s\n' '{"groups":[{"name":"g","tasks":[{"spec":"*.spec.ts",
	"viewports":["desktop"],"browsers":["chrome"]}]}]}' |
	ft-expand -C "$dir/specs" >"$dir/tasks.jsonl"

# seconds NAME COMMAND ... - how long it takes is the figure
seconds() {
	name=$1
	shift
	from=$(now_us)
	"$@"
	figure "$name" "$(awk -v us=$(($(now_us) - from)) \
		'BEGIN { print us / 1000000 }')"
}

by_playwright() {
	(cd "$dir/specs" && node_modules/.bin/playwright test \
		--project=desktop-chrome --workers=2 --reporter=line >"$dir/log")
}

by_run() {
	ft-run -j 2 -C "$dir/specs" "$@" <"$dir/tasks.jsonl" >"$dir/out"
}

by_worker() {
	ft-pop -f -j 2 -S 100 -r "$run" | ft-run -j 2 -C "$dir/specs" |
		ft-result >"$dir/out"
}

# Every spec has passed, or the figure means nothing.
check() {
	[ "$(grep -c '"result":"passed"' "$dir/out")" -eq "$SPECS" ] || {
		echo "starts: not every spec passed" >&2
		exit 1
	}
}

printf '{"playwright":{"env":{"PWTEST_CACHE_DIR":null,"%s":null}}}\n' \
	NODE_COMPILE_CACHE >"$dir/uncached.json"
base="playwright test --workers=2"
# What a run of the queue learns from: a first one.
by_run -S 100
check
cp "$dir/out" "$dir/old.jsonl"
while [ $((round += 1)) -le "$ROUNDS" ]; do
	seconds "$base" by_playwright
	run=starts-$round
	ft-push -r "$run" -H "$dir/old.jsonl" <"$dir/tasks.jsonl" >/dev/null
	seconds "ft-pop -S 100 | ft-run | ft-result" by_worker
	check
	seconds "ft-run -S 100" by_run -S 100
	check
	[ $((round % 3)) -ne 1 ] || {
		seconds "ft-run, a start a spec" by_run
		check
		[ "$PAGES" -eq 0 ] || {
			seconds "the same, no cache" by_run -R "$dir/uncached.json"
			check
		}
	}
done
table seconds "$base"
wanted "ft-pop -S 100 | ft-run | ft-result" most 1.10 "$base"
wanted "ft-run -S 100" most 1.10 "$base"
wanted "ft-pop -S 100 | ft-run | ft-result" most 0.5 "ft-run, a start a spec"
