#!/bin/sh
# queue.sh - push, pop and finish beside bare clients and other queues; memory
#
# TASKS (100000) are pushed and DONE (5000) of them done, with ids of 70 bytes,
# on one server; FSYNC (no) is its appendfsync, for all alike, and the log is
# not rewritten in the middle of a round.
set -eu
here=$(dirname "$0")
# shellcheck source=test/bench/rounds.sh
. "$here/rounds.sh"
# shellcheck source=test/bench/server.sh
. "$here/server.sh"
# shellcheck source=test/bench/peers.sh
. "$here/peers.sh"
: "${TASKS:=100000}" "${DONE:=5000}" "${FSYNC:=no}"
build=$here/../../build
workdir
server_start
redis-cli -s "$REDIS_HOST" CONFIG SET appendfsync "$FSYNC" \
	auto-aof-rewrite-percentage 0 >/dev/null
printf 'redis: appendonly yes, appendfsync %s, one Unix socket\n' "$FSYNC"

# A spec in two viewports and browsers; the id has 70 bytes.
awk -v n="$TASKS" 'BEGIN { for (i = 0; i < n; i++) {
	where = substr("desktop-chrome mobile-safari.", 1 + 15 * (i % 2), 14)
	spec = sprintf("checkout/payment/methods-%012d.spec.js", i / 2)
	id = sprintf("%s/%s/%s", substr("shop", 1, 4), spec, where)
	while (length(id) < 70) {
		spec = "x" spec
		id = "shop/" spec "/" where
	}
	printf "{\"id\":\"%s\",\"group\":\"shop\",\"spec\":\"%s\"," \
		"\"runner\":\"playwright\"}\n", id, spec
} }' >"$dir/tasks.jsonl"
awk -F '"' -v OFS='\t' '{ print $4, $0 }' "$dir/tasks.jsonl" >"$dir/lines"
head -n "$DONE" "$dir/tasks.jsonl" >"$dir/few.jsonl"
head -n "$DONE" "$dir/lines" >"$dir/few"

clean() {
	redis-cli -s "$REDIS_HOST" FLUSHALL >/dev/null
}

bytes() {
	redis-cli -s "$REDIS_HOST" INFO memory |
		sed -n 's/^used_memory:\([0-9]*\).*/\1/p'
}

bare_push() {
	"$build/bench-bare" push bare <"$dir/lines"
}

our_push() {
	ft-push -r ours <"$dir/tasks.jsonl" >"$dir/out"
}

peer() {
	program=$1
	shift
	case $program in
	*.js) NODE_PATH=$peers/node_modules node "$here/peers/$program" "$@" ;;
	*) /usr/bin/python3 "$here/peers/$program" "$@" ;;
	esac
}

# do_few NAME PROGRAM - a peer's one worker
do_few() {
	clean
	peer "$2" add "$DONE" <"$dir/few.jsonl"
	rate "$1" "$DONE" peer "$2" work "$DONE" 2>"$dir/err" || {
		cat "$dir/err" >&2
		exit 1
	}
}

npm='' rq=''
if npm_peers; then npm=1; else
	absent "BullMQ, bee-queue" "npm has not brought them"
fi
if debian_peer python3-rq rq; then rq=1; else
	absent rq "no such package"
fi

bull_push() {
	peer bull.js add <"$dir/tasks.jsonl"
}

while [ $((round += 1)) -le "$ROUNDS" ]; do
	clean
	rate "push: bare client, 200 a script" "$TASKS" bare_push
	clean
	before=$(bytes)
	rate "push: ft-push" "$TASKS" our_push
	[ "$(wc -l <"$dir/out")" -eq "$TASKS" ]
	figure "memory: bytes a waiting task" $((($(bytes) - before) / TASKS))
	clean
	[ -z "$npm" ] || rate "push: BullMQ addBulk" "$TASKS" bull_push
	clean
	"$build/bench-bare" push bare <"$dir/few"
	rate "work: bare client, two scripts" "$DONE" \
		"$build/bench-bare" work bare "$DONE"
	clean
	ft-push -r ours <"$dir/few.jsonl" >/dev/null
	rate "work: one client of lib/queue" "$DONE" \
		"$build/bench-client" ours "$DONE"
	[ -z "$npm" ] || do_few "work: BullMQ, concurrency 1" bull.js
	[ -z "$npm" ] || do_few "work: bee-queue, concurrency 1" bee.js
	[ -z "$rq" ] || [ "$round" -gt 1 ] || do_few "work: rq" rq_bench.py
done
table "a second" "push: bare client, 200 a script"
ours="work: one client of lib/queue"
wanted "push: ft-push" least 0.7 "push: bare client, 200 a script"
wanted "push: ft-push" least 5 "push: BullMQ addBulk"
wanted "$ours" least 0.6 "work: bare client, two scripts"
wanted "$ours" least 1 "work: BullMQ, concurrency 1"
wanted "$ours" least 1 "work: bee-queue, concurrency 1"
wanted "$ours" least 1 "work: rq"
wanted "memory: bytes a waiting task" most 1024 -
