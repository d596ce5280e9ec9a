#!/bin/sh
# logged.sh KIND WORKER COMMAND ... - write down who it is, and become it
set -eu
printf '%s\n' $$ >>"$CHAOS_DIR/pids/$1"
printf '%s\n' $$ >>"$CHAOS_DIR/pids/$1-$2"
shift 2
exec "$@"
