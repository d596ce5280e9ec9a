#!/bin/sh
# follow.sh - keep the account of FT_RUN until it is finished, then FT_HISTORY
set -eu
. "$(dirname "$0")/usage.sh"

# Redis may be away for longer than ft-stats is patient; a wrong call and a run
# that is gone are not mended. What is started here ends with us.
[ -n "${FT_RUN:-}" ] || wrong
here=$(cd "$(dirname "$0")" && pwd)
[ ! -d "$here/../bin" ] || PATH=$here/../bin:$PATH

child=''
trap '[ -z "$child" ] || kill "$child"; exit 143' TERM
while :; do
	status=0
	ft-stats -f >/dev/null &
	child=$!
	wait $child || status=$?
	case $status in
	0) break ;;
	64 | 65 | 66) exit $status ;;
	esac
	sleep 2 &
	child=$!
	wait $child
done
child=''
[ -z "${FT_HISTORY:-}" ] || "$here/keep-history.sh" "$FT_HISTORY"
printf 'follow.sh: run %s is finished\n' "$FT_RUN" >&2
