#!/bin/sh
# discover.sh [-r runner] DIR - print a map of the specs below DIR, the spec root
set -eu

# Playwright lists its own, with a viewport and a browser by each project
# {viewport}-{browser}; other specs are found by their names and by what they
# say, and get desktop and one browser: edit the map with jq.
usage='usage: discover.sh [-r runner] DIR'
only=
while getopts hr: flag; do
	case $flag in
	h) printf '%s\n' "$usage" && exit 0 ;;
	r) only=$OPTARG ;;
	*) printf '%s\n' "$usage" >&2 && exit 64 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -eq 1 ] || { printf '%s\n' "$usage" >&2 && exit 64; }
dir=$(cd "$1" && pwd -P) || exit 66
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

PATH=$(cd "$(dirname "$0")/.." && pwd)/bin:$PATH
jq=$(dirname "$0")/../lib/jq
[ -f "$jq/discover.jq" ] || jq=$(dirname "$0")/../jq
at=$dir
until [ -z "$at" ] || [ -x "$at/node_modules/.bin/playwright" ]; do
	at=${at%/*}
done
printf '{}\n' >"$tmp/listed"
if [ -n "$at" ] && [ "${only:-playwright}" = playwright ] &&
	[ -n "$(find "$dir" -maxdepth 1 -name 'playwright.config.*')" ]; then
	(cd "$dir" && "$at/node_modules/.bin/playwright" test --list \
		--reporter=json >"$tmp/listed" 2>"$tmp/said") || :
	jq -e . "$tmp/listed" >/dev/null 2>&1 || {
		cat "$tmp/said" "$tmp/listed" >&2
		exit 65
	}
	jq -r '.errors[]? | "discover.sh: " + (.message | split("\n")[0])' \
		"$tmp/listed" >&2
fi

(cd "$dir" && find . -name node_modules -prune -o -name '.?*' -prune -o \
	-type f \( -perm -100 -o -exec grep -qE \
	'(^|[^A-Za-z_.])(it|test|describe)(\.[a-z]+)*\(' '{}' \; \) -print) |
	LC_ALL=C sort >"$tmp/files"
[ -s "$tmp/files" ] || { printf 'discover.sh: no spec below %s\n' "$dir" >&2; exit 65; }
jq -Rs '{exclude: [], include: [split("\n")[] | select(. != "")
	| {group: "g", spec: .[2:], viewport: "v", browser: "b"}]}' "$tmp/files" |
	ft-expand -C "$dir" >"$tmp/guessed"
jq -n --arg only "$only" --arg dir "$dir" --slurpfile listed "$tmp/listed" \
	-f "$jq/discover.jq" "$tmp/guessed"
