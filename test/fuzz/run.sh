#!/bin/sh
# run.sh TARGET SECONDS - fuzz one target; with 0 seconds only its seeds
# A finding is kept as build/fuzz/TARGET-*, and ends it with a status.
set -eu

cd "$(dirname "$0")/../.."
corpus=build/fuzz/corpus/$1
mkdir -p "$corpus"
set -- "$1" "$2" "$corpus" "test/fuzz/seeds/$1"
if [ "$2" -gt 0 ]; then
	how="-max_total_time=$2"
else
	how=-runs=0
fi
exec "build/fuzz-$1" "$how" -max_len=8192 -timeout=60 -rss_limit_mb=4096 \
	-artifact_prefix="build/fuzz/$1-" -print_final_stats=1 "$3" "$4"
