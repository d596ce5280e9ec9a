#!/bin/sh
# worker.sh N - a worker that starts again until the run is finished
set -eu
here=$(dirname "$0")
export FT_WORKER="w$1"
until ft-stats -q; do
	"$here/logged.sh" ft-pop "$1" ft-pop -f -j 2 -l 2 |
		"$here/logged.sh" ft-run "$1" ft-run -j 2 -g 0.5 -d 0.5 |
		"$here/logged.sh" ft-result "$1" ft-result \
			>>"$CHAOS_DIR/events-$1.jsonl" || sleep 0.1
done
