#!/bin/sh
# quickstart.sh [-j workers] [map.json ...] - run maps on this machine, from nothing
set -eu
. "$(dirname "$0")/usage.sh"

workers=2
while getopts j: flag; do
	case $flag in
	j) workers=$OPTARG ;;
	*) wrong ;;
	esac
done
shift $((OPTIND - 1))
case $workers in
'' | *[!0-9]* | 0*)
	printf 'quickstart.sh: -j: expected a number from 1: %s\n' "$workers" >&2
	exit 64
	;;
esac
for map; do
	[ -r "$map" ] || {
		printf 'quickstart.sh: no such map: %s\n' "$map" >&2
		exit 66
	}
done
top=$(cd "$(dirname "$0")/.." && pwd)
specs=$top/specs left_out=
if [ $# -eq 0 ]; then
	set -- "$specs/spec_context_map.json" "$specs/old_suites_map.json"
	# Cypress is a large install of its own
	[ -x "$specs/node_modules/.bin/cypress" ] || left_out=cypress
fi
PATH=$top/bin:$PATH
SPEC_ROOT=${SPEC_ROOT:-$(cd "$(dirname "$1")" && pwd)}
FT_ARTIFACTS=${FT_ARTIFACTS:-$PWD/artifacts}
export SPEC_ROOT FT_ARTIFACTS

packages='gcc libc6-dev make pkg-config libhiredis-dev libcjson-dev jq redis-server'
[ "$SPEC_ROOT" != "$specs" ] || packages="$packages chromium chromium-driver
firefox-esr webkit2gtk-driver xvfb xauth"
# shellcheck disable=SC2086 # a list of words
"$top/scripts/install-packages.sh" $packages
[ "$SPEC_ROOT" != "$specs" ] || {
	node=$("$top/scripts/node.sh")
	PATH=$node:$PATH
}
make -s -j2 -C "$top"

private=$(mktemp -d)
redis='' app='' crew='' monitor='' teller=''
# shellcheck disable=SC2317 # the traps call it
finish() {
	status=$?
	trap '' TERM INT HUP
	for pid in $crew $monitor $teller $app $redis; do
		kill "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
	rm -rf "$private"
	exit "$status"
}
trap finish EXIT
trap 'echo "quickstart.sh: interrupted: no report" >&2; exit 130' INT
trap 'exit 143' TERM HUP

until_true() {
	tries=200
	until "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.05
	done
}

REDIS_HOST=$private/redis.sock
unset REDIS_PORT REDIS_USERNAME REDIS_PASSWORD REDIS_PASSWORD_FILE FT_RUN
export REDIS_HOST
redis-server --port 0 --unixsocket "$REDIS_HOST" --dir "$private" \
	--appendonly yes --appendfsync always --save '' \
	--logfile "$private/redis.log" &
redis=$!
until_true test -S "$REDIS_HOST"

if [ "$SPEC_ROOT" = "$specs" ]; then
	(cd "$specs" && "$top/scripts/npm-ci.sh")
	node "$specs/app/server.js" 0 >"$private/app" &
	app=$!
	until_true grep -qs listening "$private/app"
	BASE_URL=$(sed -n 's/^listening on //p' "$private/app")
	export BASE_URL
fi

ft-expand "$@" >"$private/all.jsonl"
jq -c --arg out "$left_out" 'select(.runner != $out)' "$private/all.jsonl" \
	>"$private/tasks.jsonl"
[ -z "$left_out" ] ||
	printf '  left out: the %s specs; scripts/install-%s.sh installs it\n' \
		"$left_out" "$left_out"
ft-push <"$private/tasks.jsonl" >/dev/null
summary=$(ft-stats)
FT_RUN=$(printf '%s\n' "$summary" | jq -r .run)
export FT_RUN

for i in $(seq "$workers"); do
	FT_WORKER=local-$i "$top/scripts/worker.sh" \
		>>"$private/events.jsonl" 2>>"$private/workers.log" &
	crew="$crew $!"
done
if [ -t 1 ]; then
	ft-stats -f &
	monitor=$!
else
	# no pipeline: what is killed is ft-stats, and jq ends by that
	mkfifo "$private/figures"
	jq --unbuffered -r '"  \(.complete)/\(.total) done, " +
	"\(.processing) running: \(.passed + .flaky) passed, \(.failed) failed, " +
	"\(.error) errors" + if .eta_ms then ", \(.eta_ms / 1000 | ceil) s left"
	else "" end' <"$private/figures" &
	teller=$!
	ft-stats -f >"$private/figures" &
	monitor=$!
fi
for worker in $crew; do
	wait "$worker" || cat "$private/workers.log" >&2
done
ft-stats -q || {
	printf 'quickstart.sh: the workers ended before the run did\n' >&2
	exit 70
}
wait $monitor || :
[ -z "$teller" ] || wait "$teller" || :
crew='' monitor='' teller=''

ft-stats -a >"$private/results.jsonl"
ft-report-html <"$private/results.jsonl" >report.html
jq -r 'select(.result | IN("failed", "error")) | "  \(.result) \(.id): " +
	"\(.reason // "") \(.message // "" | split("\n")[0])"' "$private/results.jsonl"
status=0
ft-stats -e >"$private/summary.json" || status=$?
jq -r '"\(if .passed + .flaky == .total and .total > 0 then "PASSED" else
	"FAILED" end): \(.passed) passed, \(.flaky) flaky, \(.failed) failed, " +
	"\(.error) errors of \(.total) in \(.elapsed_ms / 1000) s"' "$private/summary.json"
printf 'report: %s/report.html\n' "$PWD"
exit $status
