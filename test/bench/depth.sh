#!/bin/sh
# depth.sh - what a task costs the server when 1,000,000 wait, and when 10,000
#
# DEEP (1000000) and SHALLOW (10000) tasks wait; then MORE (5000) are pushed and
# MORE are taken and passed by one client. The figures are microseconds of the
# server's processor a task, without what it rewrites of its log meanwhile; all
# is what a task costs from its push to its verdict.
set -eu
here=$(dirname "$0")
: "${ROUNDS:=1}" "${DEEP:=1000000}" "${SHALLOW:=10000}" "${MORE:=5000}"
# shellcheck source=test/bench/rounds.sh
. "$here/rounds.sh"
# shellcheck source=test/bench/server.sh
. "$here/server.sh"
build=$here/../../build
workdir
server_start
redis-cli -s "$REDIS_HOST" CONFIG SET appendfsync no \
	auto-aof-rewrite-percentage 0 >/dev/null

# tasks NAME COUNT - unlike each other in how long they are expected to take
tasks() {
	awk -v p="$1" -v n="$2" 'BEGIN { srand(n); for (i = 0; i < n; i++)
		printf "{\"id\":\"shop/checkout/payment/%s-%09d.spec.ts/" \
			"desktop-chrome\",\"group\":\"shop\",\"spec\":" \
			"\"checkout/payment/%s-%09d.spec.ts\"," \
			"\"expected_ms\":%d}\n", p, i, p, i,
			1000 + 600000 * rand() }'
}

server_us() {
	awk '{ printf "%d\n", $1 / 1000 }' "/proc/$server/schedstat"
}

# cost NAME COMMAND ... - for MORE tasks
cost() {
	name=$1
	shift
	before=$(server_us)
	"$@"
	spent=$(($(server_us) - before))
	figure_us "$name" "$spent"
}

# figure_us NAME MICROSECONDS - of MORE tasks
figure_us() {
	figure "$1" "$(awk -v us="$2" -v n="$MORE" 'BEGIN { print us / n }')"
}

push() {
	ft-push -k -r deep <"$1" >/dev/null
}

# at COUNT NAME
at() {
	redis-cli -s "$REDIS_HOST" FLUSHALL >/dev/null
	tasks wait "$1" >"$dir/tasks"
	push "$dir/tasks"
	cost "$2: push" push "$dir/more"
	all=$spent
	cost "$2: pop and finish" "$build/bench-client" deep "$MORE"
	figure_us "$2: all" $((all + spent))
}

tasks more "$MORE" >"$dir/more"
while [ $((round += 1)) -le "$ROUNDS" ]; do
	at "$SHALLOW" "$SHALLOW wait"
	at "$DEEP" "$DEEP wait"
done
table us none | sed '$d'
wanted "$DEEP wait: push" most 1.5 "$SHALLOW wait: push"
wanted "$DEEP wait: pop and finish" most 1.5 "$SHALLOW wait: pop and finish"
wanted "$DEEP wait: all" most 1.5 "$SHALLOW wait: all"
