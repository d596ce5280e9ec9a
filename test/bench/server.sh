# server.sh - sourced: a Redis of the bench's own in $dir, kept as shipped
# shellcheck shell=sh disable=SC2154

server_start() {
	mkdir -p "$dir/redis"
	redis-server --port 0 --unixsocket "$dir/redis/sock" \
		--dir "$dir/redis" --appendonly yes --appendfsync always \
		--save '' >"$dir/redis/log" 2>&1 &
	server=$!
	export REDIS_HOST="$dir/redis/sock"
	until [ "$(redis-cli -s "$REDIS_HOST" PING 2>/dev/null)" = PONG ]; do
		kill -0 "$server"
		sleep 0.02
	done
}

server_stop() {
	kill "$server" 2>/dev/null || :
	wait "$server" 2>/dev/null || :
}
