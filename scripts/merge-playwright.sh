#!/bin/sh
# merge-playwright.sh [-C specroot] [-o artifacts] [-r html|junit] OUT - records to Playwright's own report
set -eu
. "$(dirname "$0")/usage.sh"

# ft-stats -a | merge-playwright.sh report: the blobs that each task's last
# attempt left become one HTML report in the folder OUT, or one JUnit file.
fail() {
	printf '%s: %s\n' "${0##*/}" "$2" >&2
	exit "$1"
}

specs=${SPEC_ROOT:-.} artifacts=${FT_ARTIFACTS:-artifacts} reporter=html
while getopts C:o:r: flag; do
	case $flag in
	C) specs=$OPTARG ;;
	o) artifacts=$OPTARG ;;
	r) reporter=$OPTARG ;;
	*) wrong ;;
	esac
done
shift $((OPTIND - 1))
case $#$reporter in
1html | 1junit) ;;
*) wrong ;;
esac
mkdir -p "$(dirname "$1")"
out=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
artifacts=$(cd "$artifacts" && pwd) || exit 66

# Where Playwright is installed: beside the specs, or above them.
at=$(cd "$specs" && pwd) || exit 66
until [ -x "$at/node_modules/.bin/playwright" ]; do
	[ -n "$at" ] || fail 66 "no node_modules/.bin/playwright in $specs or above"
	at=${at%/*}
done

blobs=$(mktemp -d)
trap 'rm -rf "$blobs"' EXIT
jq -nr 'reduce (inputs | select(.id)) as $task ({}; .[$task.id] = $task)
	| .[].artifacts // empty | select(split("/") | index("..") | not)' \
	>"$blobs/folders"
count=0
while IFS= read -r folder; do
	blob=$artifacts/$folder/blob.zip
	if [ -f "$blob" ] && [ ! -h "$blob" ]; then
		count=$((count + 1))
		ln -s "$blob" "$blobs/$count.zip"
	fi
done <"$blobs/folders"
[ $count -gt 0 ] || fail 66 "no blob.zip of these records in $artifacts"

export PLAYWRIGHT_HTML_OUTPUT_DIR="$out" PLAYWRIGHT_HTML_OPEN=never \
	PLAYWRIGHT_JUNIT_OUTPUT_FILE="$out"
"$at/node_modules/.bin/playwright" merge-reports --reporter="$reporter" \
	"$blobs" >&2
