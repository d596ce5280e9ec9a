#!/bin/sh
# feed.sh SECONDS - push a part of $CHAOS_DIR/tasks.jsonl slowly, then be the
# one who keeps a controller alive, which pushes the rest and seals
#
# It waits for the file struck, so that no run ends before all kinds of faults.
set -eu
cd "$CHAOS_DIR"
batches=$(($1 / 3 + 1))
mkdir batch
head -n $((TASKS / 2)) tasks.jsonl |
	split -a 4 -l $((TASKS / 2 / batches + 1)) - batch/

# slowly FILE - so that a push lasts long enough to be killed
slowly() {
	head -n 5 "$1"
	sleep 0.3
	tail -n +6 "$1"
}

# push BATCH - keeps whole lines only: a killed ft-push may tear its last one
push() {
	pushed=0
	slowly "$1" | ft-push -k >pushed.jsonl || pushed=$?
	jq -cR 'fromjson?' pushed.jsonl >>accepted.jsonl
	return $pushed
}

for batch in batch/*; do
	# what a killed push had added it cannot tell: its successor's success
	# says that the run has all of them
	until push "$batch"; do
		cat "$batch" >>unsure.jsonl
		sleep 0.1
	done
	sleep 2.5
done
# some to kill, until each of the other faults has struck
until [ -e struck ]; do
	slowly "$batch" | ft-push -k >/dev/null || :
	sleep 1
done
export GROUP_TASKS_FILE="$PWD/map.json" FT_REDIS=external FT_BIND=127.0.0.1 FT_PORT
while :; do
	FT_PORT=$(shuf -i 20000-31999 -n 1)
	# killed, it goes with all that it had started, like a container
	setsid scripts/controller.sh >>controller.log 2>&1 || sleep 0.1
done
