#!/bin/sh
# discover.sh [-r runner] DIR - print a map of the specs below DIR, the spec root
set -eu
. "$(dirname "$0")/usage.sh"

# Playwright lists its own, with a viewport and a browser by each project
# {viewport}-{browser}; other specs are found by their names (FT_RUNNERS has more
# of these) and JavaScript by what it says, too. They get desktop and one browser:
# edit the map with jq.
only=
while getopts r: flag; do
	case $flag in
	r) only=$OPTARG ;;
	*) wrong ;;
	esac
done
shift $((OPTIND - 1))
[ $# -eq 1 ] || wrong
dir=$(cd "$1" && pwd -P) || exit 66
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

PATH=$(cd "$(dirname "$0")/.." && pwd)/bin:$PATH
jq=$(dirname "$0")/../lib/jq
[ -f "$jq/discover.jq" ] || jq=$(dirname "$0")/../jq
# list FOLDER - what Playwright lists by the configuration there
list() {
	at=$1
	until [ -x "$at/node_modules/.bin/playwright" ]; do
		[ -n "$at" ] || return 0
		at=${at%/*}
	done
	(cd "$1" && "$at/node_modules/.bin/playwright" test --list \
		--reporter=json >"$tmp/list" 2>"$tmp/said") || :
	jq -e . "$tmp/list" >>"$tmp/listed" 2>/dev/null || {
		cat "$tmp/said" "$tmp/list" >&2
		exit 65
	}
	jq -r '.errors[]? | "discover.sh: " + (.message | split("\n")[0])' \
		"$tmp/list" >&2
}

find "$dir" -name node_modules -prune -o -name 'playwright.config.[cm][jt]s' \
	-print -o -name 'playwright.config.[jt]s' -print >"$tmp/configs"
: >"$tmp/listed"
if [ "${only:-playwright}" = playwright ]; then
	while IFS= read -r config; do
		list "${config%/*}"
	done <"$tmp/configs"
fi

test_call='(^|[^A-Za-z_.])(it|test|describe)(\.[a-z]+)*\('
set -- ! -name '*.[jt]s' ! -name '*.[cm][jt]s' ! -name '*.[jt]sx' \
	-o -exec grep -qE "$test_call" '{}' \;
[ "$only" != command ] || set -- -perm -100
(cd "$dir" && find . -name node_modules -prune -o -name '.?*' -prune -o \
	-type f \( "$@" \) -print) |
	LC_ALL=C sort >"$tmp/files"
nothing() {
	printf 'discover.sh: no spec below %s that a map can name\n' "$dir" >&2
	exit 65
}
[ -s "$tmp/files" ] || nothing
jq -Rs '{exclude: [], include: [split("\n")[] | select(. != "")
	| {group: "g", spec: .[2:], viewport: "v", browser: "b"}]}' "$tmp/files" |
	ft-expand -C "$dir" >"$tmp/guessed"
jq -n --arg only "$only" --arg dir "$dir" --slurpfile listed "$tmp/listed" \
	-f "$jq/discover.jq" "$tmp/guessed" >"$tmp/found"
jq -r '.left_out | "discover.sh: \(values)"' "$tmp/found" >&2
jq -e '.map.groups != []' "$tmp/found" >/dev/null || nothing
jq .map "$tmp/found"
