#!/bin/sh
# check.sh DIR - prove from what a chaos run saved that nothing was lost
#
# accepted.jsonl, final.jsonl, events-*.jsonl, faults (fault, tab, when),
# counted.json (the ids done, the number of each result), orphans, a number, and
# lasting (keys without a time to live). Exit status 1 unless the promise was
# kept.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$1"
faults=$(cut -f1 faults | sort | uniq -c |
	jq -Rn '[inputs | capture("(?<n>[0-9]+) (?<f>.*)") | [.f, .n]]')
cat events-*.jsonl | jq -nRr --slurpfile accepted accepted.jsonl \
	--slurpfile final final.jsonl --slurpfile counted counted.json \
	--argjson faults "$faults" \
	--argjson orphans "$(cat orphans)" \
	--argjson lasting "$(grep . lasting | jq -Rn '[inputs]')" -f "$here/check.jq"
