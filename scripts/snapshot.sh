#!/bin/sh
# snapshot.sh [-u seconds] DIR - write a run's page and its other formats to DIR
set -eu
. "$(dirname "$0")/usage.sh"

# Each file is replaced whole, and none when the run's records are the same as
# last time. FT_RUN names the run. The run is read once.
refresh=
while getopts u: flag; do
	case $flag in
	u) refresh=$OPTARG ;;
	*) wrong ;;
	esac
done
shift $((OPTIND - 1))
[ $# -eq 1 ] || wrong
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

ft-stats -a -s "$dir/.stats.json.new" >"$dir/.results.jsonl.new"
mv -f "$dir/.stats.json.new" "$dir/stats.json"
put metrics jq -rf "$jq/prometheus.jq" "$dir/stats.json"
if cmp -s "$dir/.results.jsonl.new" "$dir/results.jsonl"; then
	rm "$dir/.results.jsonl.new"
	exit 0
fi
mv -f "$dir/.results.jsonl.new" "$dir/results.jsonl"
put index.html page
put junit.xml jq -rf "$jq/junit.jq" "$dir/results.jsonl"
