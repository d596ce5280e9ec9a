#!/bin/sh
# container.sh - the controller image's command: Redis and the controller
set -eu
. "$(dirname "$0")/usage.sh"

# One pod holds these two as containers; without Kubernetes they share one.
# When either ends, so does the container.
: "${FT_STATE:=/var/lib/funkytown}"
password=${REDIS_PASSWORD:-}
[ -n "$password" ] || [ -z "${REDIS_PASSWORD_FILE:-}" ] ||
	password=$(cat "$REDIS_PASSWORD_FILE")
mkdir -p "$FT_STATE/redis"

# By its input, so that no argument and no file tells the password. The default
# user keeps its rights, since as that user Redis reads its append-only file.
configuration() {
	sed "s|^dir .*|dir $FT_STATE/redis|" /etc/funkytown/redis.conf
	if [ -n "$password" ]; then
		digest=$(printf %s "$password" | sha256sum | cut -d ' ' -f 1)
		printf 'user %s on #%s ~* &* +@all\n' \
			"${REDIS_USERNAME:-default}" "$digest"
		[ "${REDIS_USERNAME:-default}" = default ] ||
			printf 'user default off ~* &* +@all\n'
	else
		printf 'protected-mode no\n'
	fi
}

[ -n "$password" ] || printf '%s\n' "container.sh: no REDIS_PASSWORD: \
whoever reaches port 6379 owns the queue; do not publish it" >&2

# shellcheck disable=SC2317 # the trap calls it
stop() {
	trap '' TERM INT USR1
	kill "$controller" 2>/dev/null || :
	wait "$controller" || :
	kill "$(cat "$FT_STATE/redis.pid")" 2>/dev/null || :
	wait "$redis" || :
	exit "$1"
}

main=$$
(
	configuration | redis-server - &
	printf '%s\n' $! >"$FT_STATE/redis.pid"
	wait $! || :
	kill -s USR1 "$main"
) &
redis=$!
export REDIS_HOST=127.0.0.1 REDIS_PORT=6379 FT_REDIS=external
"$(dirname "$0")/controller.sh" "$@" &
controller=$!
trap 'stop 143' TERM INT
trap 'stop 70' USR1
status=0
wait "$controller" || status=$?
stop "$status"
