#!/bin/sh
# quickstart.sh [-j workers] [map.json] - run a map on this machine, from nothing
set -eu

workers=2
while getopts j: flag; do
	case $flag in
	j) workers=$OPTARG ;;
	*)
		printf 'usage: quickstart.sh [-j workers] [map.json]\n' >&2
		exit 64
		;;
	esac
done
shift $((OPTIND - 1))
top=$(cd "$(dirname "$0")/.." && pwd)
map=${1:-$top/specs/spec_context_map.json}
PATH=$top/bin:$PATH
SPEC_ROOT=${SPEC_ROOT:-$(cd "$(dirname "$map")" && pwd)}
FT_ARTIFACTS=${FT_ARTIFACTS:-$PWD/artifacts}
export SPEC_ROOT FT_ARTIFACTS

set -- gcc libc6-dev make pkg-config libhiredis-dev libcjson-dev jq redis-server
if [ "$SPEC_ROOT" = "$top/specs" ]; then
	set -- "$@" chromium firefox-esr
fi
"$top/scripts/install-packages.sh" "$@"
[ "$SPEC_ROOT" != "$top/specs" ] || {
	node=$("$top/scripts/node.sh")
	PATH=$node:$PATH
}
make -s -j2 -C "$top"

private=$(mktemp -d)
redis='' app='' crew='' monitor=''
# shellcheck disable=SC2317 # the traps call it
finish() {
	status=$?
	trap '' TERM INT HUP
	for pid in $crew $monitor $app $redis; do
		kill "$pid" 2>/dev/null || :
		wait "$pid" || :
	done
	rm -rf "$private"
	exit "$status"
}
trap finish EXIT
trap 'exit 143' TERM INT HUP

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

if [ "$SPEC_ROOT" = "$top/specs" ]; then
	(cd "$top/specs" && "$top/scripts/npm-ci.sh")
	node "$top/specs/app/server.js" 0 >"$private/app" &
	app=$!
	until_true grep -q listening "$private/app"
	BASE_URL=$(sed -n 's/^listening on //p' "$private/app")
	export BASE_URL
fi

# A Playwright spec needs a browser that this machine can have.
have() {
	command -v chromium google-chrome >/dev/null && printf 'chrome '
	command -v firefox-esr firefox >/dev/null && printf 'firefox '
	for folder in "${PLAYWRIGHT_BROWSERS_PATH:-$HOME/.cache/ms-playwright}"/webkit-*; do
		[ ! -d "$folder" ] || printf 'webkit '
	done
}
ft-expand "$map" >"$private/all.jsonl"
runnable="(.runner != \"playwright\") or (.browser | IN(\$have | split(\" \")[]))"
jq -c --arg have "$(have)" "select($runnable)" "$private/all.jsonl" \
	>"$private/tasks.jsonl"
jq -r --arg have "$(have)" "select($runnable | not) | \"  left out \(.id): \" +
	\"this machine has no \(.browser) for Playwright\"" "$private/all.jsonl"
ft-push <"$private/tasks.jsonl" >/dev/null
FT_RUN=$(ft-stats | jq -r .run)
export FT_RUN

for i in $(seq "$workers"); do
	FT_WORKER=local-$i "$top/scripts/worker.sh" \
		>>"$private/events.jsonl" 2>>"$private/workers.log" &
	crew="$crew $!"
done
watch() {
	[ ! -t 1 ] || exec ft-stats -f
	ft-stats -f | jq --unbuffered -r '"  \(.complete)/\(.total) done, " +
	"\(.processing) running: \(.passed + .flaky) passed, \(.failed) failed, " +
	"\(.error) errors" + if .eta_ms then ", \(.eta_ms / 1000 | ceil) s left"
	else "" end'
}
watch &
monitor=$!
for worker in $crew; do
	wait "$worker" || cat "$private/workers.log" >&2
done
ft-stats -q || {
	printf 'quickstart.sh: the workers ended before the run did\n' >&2
	exit 70
}
wait $monitor || :
crew='' monitor=''

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
