#!/bin/sh
# keep-history.sh FILE - keep the durations of the current run's specs in FILE
set -eu
. "$(dirname "$0")/usage.sh"

# Replaced whole, beside what other runs have left there; in a folder where we
# may not write, as when it is a part of a cluster's configuration, left alone.
# Its mode stays, and a link to it.
file=$(realpath -m "$1")
here=$(cd "$(dirname "$0")" && pwd)
[ ! -d "$here/../bin" ] || PATH=$here/../bin:$PATH
jq=$here/../lib/jq
[ -d "$jq" ] || jq=$here/../jq
[ -w "$(dirname "$file")" ] || exit 0
new=$(mktemp "$file.XXXXXX")
chmod '=rw' "$new"
trap 'rm -f "$new" "$new.all"' EXIT
[ ! -e "$file" ] || chmod --reference="$file" "$new"
[ ! -r "$file" ] || cp "$file" "$new.all"
ft-stats -a >>"$new.all"
jq -cnf "$jq/history.jq" "$new.all" >"$new"
mv "$new" "$file"
