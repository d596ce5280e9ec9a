# helper - what the bats files of the queue share: the programs on PATH, a
# private redis-server, records, and waiting for a state
bats_require_minimum_version 1.5.0

root=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
PATH=$root/bin:$PATH
unset FT_RUN FT_WORKER FT_RUNNERS SPEC_ROOT FT_ARTIFACTS REDIS_PORT REDIS_USERNAME \
	REDIS_PASSWORD REDIS_PASSWORD_FILE REDIS_TLS

# FT_ROLES, a folder: the programs log in as who does their part; see rights.bats
[ -z "${FT_ROLES-}" ] || PATH=$FT_ROLES/bin:$PATH

# redis_start [NAME [OPTION ...]] - a server of this file's own, or one more
# It is durable, as funkytown wants it, and listens on a socket only.
redis_start() {
	local dir=$BATS_FILE_TMPDIR/${1-redis}

	mkdir -p "$dir"
	[ $# -eq 0 ] || shift
	[ -z "${FT_ROLES-}" ] || set -- --aclfile "$FT_ROLES/users.acl" "$@"
	redis-server --port 0 --unixsocket "$dir/sock" --dir "$dir" \
		--appendonly yes --save '' "$@" >"$dir/log" 2>&1 3>&- &
	printf '%s\n' "$!" >"$dir/pid"
	export REDIS_HOST=$dir/sock
	poll answers
}

# Any answer will do: a server that wants a password is up as well.
answers() {
	[ -n "$(redis PING 2>/dev/null)" ] &&
		! redis PING 2>&1 | grep -q 'Could not connect\|LOADING'
}

# redis_stop [NAME]
redis_stop() {
	local dir=$BATS_FILE_TMPDIR/${1-redis}

	[ -f "$dir/pid" ] || return 0
	kill "$(cat "$dir/pid")" 2>/dev/null || :
	rm -f "$dir/pid"
}

redis() {
	redis-cli -s "$REDIS_HOST" "$@"
}

# poll COMMAND ... - until it succeeds, for as many seconds as there is patience
poll() {
	local until=$((SECONDS + ${patience:-60}))

	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$until" ] || {
			printf 'in vain: %s\n' "$*" >&2
			return 1
		}
		sleep 0.02
	done
}

# listens PORT - whether anybody does
listens() {
	(: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# free_port - below those that the system gives to connections, and so is the
# one of a cluster's own talk, which is 10,000 above
free_port() {
	local port=

	while [ -z "$port" ] || listens "$port" || listens $((port + 10000)); do
		port=$((11000 + RANDOM % 11000))
	done
	printf '%s\n' "$port"
}

# ended PID - whether a process of ours is gone, or waits to be waited for
ended() {
	! kill -0 "$1" 2>/dev/null ||
		grep -q '^State:.*Z' "/proc/$1/status" 2>/dev/null
}

# ends STATUS PID - a process of this test's ends with that status
ends() {
	local status=0

	poll ended "$2"
	wait "$2" || status=$?
	same "$1" "$status"
}

# same WANTED ACTUAL - compare, and show both when they differ
same() {
	[ "$1" = "$2" ] || {
		printf 'wanted:\n%s\ngot:\n%s\n' "$1" "$2"
		return 1
	}
}

# exits STATUS COMMAND ... - run it, its streams in the files out and err
exits() {
	local wanted=$1 status=0

	shift
	"$@" >out 2>err || status=$?
	same "$wanted" "$status" || {
		cat err
		return 1
	}
}

# task ID [MEMBERS] - one task's line
task() {
	printf '{"id":"%s","spec":"%s"%s}\n' "$1" "$1" "${2:+,$2}"
}

# tasks ID ... - a line each
tasks() {
	local id

	for id; do
		task "$id"
	done
}

# ended_as RESULT [MEMBERS] - leased tasks become records of ended attempts
ended_as() {
	jq -c --arg result "$1" --argjson more "{${2-}}" '. + {status: "complete",
		result: $result, started_ms: 1764000000000,
		finished_ms: 1764000000100, duration_ms: 100} + $more'
}

# ids [FILE] - of a stream, in one line
ids() {
	jq -r .id "$@" | paste -sd ' '
}

# field NAME [FILE]
field() {
	local name=$1

	shift
	jq -c --arg name "$name" '.[$name]' "$@"
}

# contents - every key of the server with all that it holds
contents() {
	local key

	redis --scan | sort | while IFS= read -r key; do
		printf '%s\n' "= $key"
		case $(redis TYPE "$key") in
		hash) redis HGETALL "$key" | paste - - | sort ;;
		list) redis LRANGE "$key" 0 -1 ;;
		set) redis SMEMBERS "$key" | sort ;;
		zset) redis ZRANGE "$key" 0 -1 WITHSCORES ;;
		stream) redis XRANGE "$key" - + ;;
		*) redis GET "$key" ;;
		esac
	done
}

# needs PROGRAM ... - skip, by name, where a test's own tools are missing;
# scripts/check.sh installs them all
needs() {
	local program

	for program; do
		command -v "$program" >/dev/null || skip "$program is not installed"
	done
}
