#!/usr/bin/env bats
# A run in a real cluster of three nodes, by its own node.
load helper

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	ports="$(free_port) $(free_port) $(free_port)"
	export ports
	for port in $ports; do
		mkdir "$port"
		redis-server --port "$port" --bind 127.0.0.1 --dir "$PWD/$port" \
			--cluster-enabled yes --appendonly yes --save '' \
			>"$port/log" 2>&1 3>&- &
		echo $! >"$port/pid"
	done
	for port in $ports; do
		poll at "$port" PING
	done
	# shellcheck disable=SC2046 # a word a node
	redis-cli --cluster create $(printf '127.0.0.1:%s ' $ports) \
		--cluster-yes >create.log
	for port in $ports; do
		poll eval "at $port CLUSTER INFO | grep -q cluster_state:ok"
	done
}

teardown_file() {
	for port in ${ports-}; do
		kill "$(cat "$BATS_FILE_TMPDIR/$port/pid")" 2>/dev/null || :
	done
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export REDIS_HOST=127.0.0.1
}

# at PORT COMMAND ...
at() {
	redis-cli -p "$@"
}

# owner KEY - the port of the node that has its slot
owner() {
	for port in $ports; do
		at "$port" EXISTS "$1" | grep -q MOVED || printf '%s\n' "$port"
	done
}

@test "each node serves the runs that it owns, from end to end, in one slot" {
	seen=
	for run in monday r a; do
		REDIS_PORT=$(owner "ft:{$run}:meta")
		export REDIS_PORT FT_RUN=$run
		seen="$seen $REDIS_PORT"
		jq -nc 'range(20) | {id: "t\(.)", runner: "command", retries: 1,
			command: [if . == 0 then "false" else "true" end]}' |
			ft-push >pushed
		same 20 "$(wc -l <pushed)"
		exits 1 eval '(ft-pop -f -j 2; echo $? >popped) | ft-run -j 2 |
			ft-result >told; (exit "$(cat popped)")'
		same 'finished 20 19 1 1' "$(ft-stats | jq -r \
			'"\(.state) \(.total) \(.passed) \(.failed) \(.retried)"')"
		same 20 "$(ft-stats -a | wc -l)"
		at "$REDIS_PORT" --scan --pattern "ft:{$run}:*" >keys
		[ "$(wc -l <keys)" -ge 25 ]
		while read -r key; do
			at "$REDIS_PORT" CLUSTER KEYSLOT "$key"
		done <keys | sort -u >slots
		same 1 "$(wc -l <slots)"
	done
	# all three nodes had one
	same 3 "$(printf '%s\n' $seen | sort -u | wc -l)"
}

@test "what runs share is kept where its node is, and done without elsewhere" {
	task x '"command":["true"]' >in
	REDIS_PORT=$(owner runmeta) FT_RUN=c exits 0 ft-push <in
	[ ! -s err ]
	same c "$(at "$(owner runmeta)" HGET runmeta runid)"
	export FT_RUN=chaos
	REDIS_PORT=$(owner "ft:{$FT_RUN}:meta")
	export REDIS_PORT
	[ "$REDIS_PORT" != "$(owner runmeta)" ]
	exits 0 ft-push <in
	same 1 "$(grep -c '^ft-push: warning: .*MOVED.*another node' err)"
	same 1 "$(wc -l <err)"
	ft-pop -n | ft-run | exits 0 ft-result
	same 1 "$(wc -l <err)"
	same 1 "$(ft-stats | field passed)"
	same c "$(at "$(owner runmeta)" HGET runmeta runid)"
	exits 0 ft-stats -l
	[ ! -s out ]
	unset FT_RUN
	exits 66 ft-stats
}

@test "a node that does not own the run is 64, and tells who does" {
	export FT_RUN=r
	right=$(owner "ft:{r}:meta")
	for REDIS_PORT in $ports; do
		export REDIS_PORT
		[ "$REDIS_PORT" != "$right" ] || continue
		task y | exits 64 ft-push
		grep -q "^ft-push: redis at 127.0.0.1:$REDIS_PORT: push: MOVED .*:$right" err
		exits 64 ft-pop -n
		grep -q "MOVED .*:$right" err
	done
}
