#!/bin/sh
# reporter.sh [-i seconds] DIR - keep a run's page and its other formats in DIR
set -eu

# Once, as from cron, or every so many seconds until the run is over. Every
# file is replaced whole, and only when the run has changed.
every=
while getopts i: flag; do
	case $flag in
	i) every=$OPTARG ;;
	*) exit 64 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -eq 1 ] || {
	printf 'usage: reporter.sh [-i seconds] DIR\n' >&2
	exit 64
}
dir=$1
here=$(cd "$(dirname "$0")" && pwd)
[ ! -d "$here/../bin" ] || PATH=$here/../bin:$PATH
jq=$here/../lib/jq
[ -d "$jq" ] || jq=$here/../jq
mkdir -p "$dir"

# put NAME COMMAND ...: its output becomes the file, if it succeeds.
put() {
	name=$1
	shift
	if "$@" >"$dir/.$name.new"; then
		mv -f "$dir/.$name.new" "$dir/$name"
	else
		status=$?
		rm -f "$dir/.$name.new"
		return "$status"
	fi
}

page() {
	ft-report-html ${refresh:+-u "$refresh"} <"$dir/results.jsonl"
}

snapshot() {
	refresh=
	ft-stats -q 2>/dev/null || refresh=${every:-10}
	ft-stats -a >"$dir/.results.jsonl.new"
	if [ "${refresh:-0}" = "${before:-}" ] && cmp -s "$dir/.results.jsonl.new" \
		"$dir/results.jsonl"; then
		return 0
	fi
	mv -f "$dir/.results.jsonl.new" "$dir/results.jsonl"
	put stats.json ft-stats
	put index.html page
	put metrics jq -rf "$jq/prometheus.jq" "$dir/stats.json"
	put junit.xml jq -rf "$jq/junit.jq" "$dir/results.jsonl"
	before=${refresh:-0}
}

if [ -z "$every" ]; then
	snapshot
	exit
fi
while :; do
	snapshot || [ $? -lt 70 ] || exit
	sleep "$every"
done
