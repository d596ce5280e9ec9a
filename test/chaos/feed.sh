#!/bin/sh
# feed.sh SECONDS - push $CHAOS_DIR/tasks.jsonl in batches, then seal
set -eu
here=$(dirname "$0")
cd "$CHAOS_DIR"
batches=$(($1 / 3 + 1))
mkdir batch
split -a 4 -l $((TASKS / batches + 1)) tasks.jsonl batch/
last=$(find batch -type f | sort | tail -n 1)

# slowly FILE - so that a push lasts long enough to be killed
slowly() {
	head -n 5 "$1"
	sleep 0.3
	tail -n +6 "$1"
}

for batch in batch/*; do
	keep=-k
	[ "$batch" != "$last" ] || keep=
	# what a killed push had added it cannot tell: its successor's success
	# says that the run has all of them
	until slowly "$batch" | "$here/logged.sh" ft-push 0 \
		ft-push $keep >>accepted.jsonl; do
		cat "$batch" >>unsure.jsonl
		sleep 0.1
	done
	sleep 2.5
done
: >fed
