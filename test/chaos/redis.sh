#!/bin/sh
# redis.sh [OPTION ...] - start the server of $CHAOS_DIR as it is shipped, and
# wait for it
set -eu
cd "$CHAOS_DIR"
redis-server --port 0 --unixsocket redis.sock --dir "$CHAOS_DIR" --save '' \
	--appendonly yes --appendfsync always --maxmemory-policy noeviction "$@" \
	>>redis.log 2>&1 3>&- &
printf '%s\n' $! >redis.pid
until redis-cli -s redis.sock ping 2>&1 | grep -q PONG; do
	sleep 0.02
done
