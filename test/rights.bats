#!/usr/bin/env bats
# Who may do what: the users of redis-users.sh, and their passwords.

load helper

# roles DIR - the file of users, and each program as the user that does its
# part; a default user without a password is for the tests themselves
roles() {
	local program role

	mkdir -p "$1/bin"
	"$root/scripts/redis-users.sh" >"$1/users" <<-'EOF'
		controller controller secret-of-controller
		worker worker secret-of-worker
		reporter reporter secret-of-reporter
	EOF
	sed 's/^user default off/user default on nopass/' "$1/users" \
		>"$1/users.acl"
	for role in controller worker reporter; do
		printf 'secret-of-%s\n' $role >"$1/$role"
	done
	while read -r program role; do
		cat >"$1/bin/$program" <<-EOF
			#!/bin/sh
			role=$role
			# what follows a run keeps up runmeta
			[ $program != ft-stats ] ||
				case " \$* " in *' -f '*) role=controller ;; esac
			REDIS_USERNAME=\$role REDIS_PASSWORD_FILE=$1/\$role
			export REDIS_USERNAME REDIS_PASSWORD_FILE
			exec "$root/bin/$program" "\$@"
		EOF
		chmod +x "$1/bin/$program"
	done <<-'EOF'
		ft-push controller
		ft-pop worker
		ft-result worker
		ft-stats reporter
		ft-sim reporter
	EOF
}

setup_file() {
	roles "$BATS_FILE_TMPDIR/roles"
	export FT_ROLES=$BATS_FILE_TMPDIR/roles
	redis_start redis
	unset FT_ROLES
}

teardown_file() {
	redis_stop
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	redis FLUSHALL >/dev/null
	redis ACL LOG RESET >/dev/null
	roles=$BATS_FILE_TMPDIR/roles
}

# as ROLE COMMAND ...
as() {
	local role=$1

	shift
	REDIS_USERNAME=$role REDIS_PASSWORD_FILE=$roles/$role "$@"
}

# denied ROLE COMMAND ... - the server does not let that user do it
denied() {
	local role=$1 said

	shift
	said=$(REDISCLI_AUTH=$(cat "$roles/$role") redis-cli --no-auth-warning \
		-s "$REDIS_HOST" --user "$role" "$@")
	[[ $said == NOPERM* || $said == *'The user executing the script'* ]] || {
		printf '%s may: %s: %s\n' "$role" "$*" "$said"
		return 1
	}
}

@test "the tests of the worker's programs pass under the worker's rights" {
	FT_ROLES=$roles bats "$root/test/ft-pop.bats" \
		"$root/test/ft-result.bats" >log || {
		cat log
		return 1
	}
	[ "$(grep -c '^ok' log)" -gt 25 ]
}

@test "the tests of the reporter's programs pass under the reporter's rights" {
	FT_ROLES=$roles bats "$root/test/ft-stats.bats" \
		"$root/test/pipelines.bats" >log || {
		cat log
		return 1
	}
	[ "$(grep -c '^ok' log)" -gt 40 ]
}

@test "worker.sh and reporter.sh need no more than their rights" {
	mkdir -p specs web
	printf '#!/bin/sh\n' >specs/a
	chmod +x specs/a
	tasks a | as controller ft-push >/dev/null
	as worker env SPEC_ROOT=specs FT_ARTIFACTS=art \
		"$root/scripts/worker.sh" >/dev/null
	as reporter "$root/scripts/reporter.sh" web
	as reporter "$root/scripts/reporter.sh" -a web
	grep -q '<title>' web/index.html
	same 1 "$(jq .passed web/stats.json)"
	same '' "$(redis ACL LOG)"
}

@test "nobody's user opens the server, empties it or touches other keys" {
	redis SET other x >/dev/null
	for role in controller worker reporter; do
		for command in 'FLUSHALL' 'FLUSHDB' 'KEYS *' 'CONFIG GET dir' \
			'SHUTDOWN' 'ACL LIST' 'SAVE' \
			'REPLICAOF NO ONE' 'CLIENT LIST' 'MONITOR' 'GET other' \
			'DEL other'; do
			# shellcheck disable=SC2086 # words
			denied $role $command
		done
		denied $role EVAL 'return redis.call("get", "other")' 0
	done
}

@test "a worker makes no run, and a reporter changes nothing" {
	denied worker HSET runmeta runid x
	denied worker ZADD ft:runs 1 x
	denied worker INFO
	tasks a | as worker exits 64 ft-push -r r
	grep -q 'NOPERM' err
	tasks a | as controller ft-push -r s >/dev/null
	as reporter exits 64 ft-pop -n -r s
	grep -q "^ft-pop: redis at .*: pop: .*The user .* can't run this command" err
	for command in 'DEL ft:{s}:meta' 'HSET ft:history a 1' \
		'HSET runmeta runid x' 'EXPIRE ft:{s}:meta 1'; do
		# shellcheck disable=SC2086 # words
		denied reporter $command
	done
	denied reporter EVAL 'redis.call("hset", KEYS[1], "a", "b")' 1 'ft:{s}:meta'
	as reporter exits 64 ft-push -m 0 -r s
	same 1 "$(as reporter ft-stats -r s | jq .waiting)"
}

@test "without a password, or with a wrong one, nobody comes in" {
	sed '/^user default/s/.*/user default off ~* \&* +@all/' "$roles/users.acl" \
		>users.acl
	FT_ROLES=$PWD redis_start closed
	for program in ft-push ft-pop ft-result ft-stats; do
		exits 64 "$program" -r r </dev/null
		grep -q "^$program: redis at $REDIS_HOST: NOAUTH" err
		REDIS_USERNAME=worker REDIS_PASSWORD=guessed exits 64 "$program" \
			-r r </dev/null
		grep -q "^$program: redis at $REDIS_HOST: WRONGPASS" err
		run ! grep -q guessed err
		REDIS_USERNAME=nobody REDIS_PASSWORD=guessed exits 64 "$program" \
			-r r </dev/null
		run ! grep -q guessed err
	done
	redis_stop closed
}

# told_nowhere PID ... - the arguments of these and of what they started
told_nowhere() {
	local pid

	for pid; do
		tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" >>cmdlines || :
		# shellcheck disable=SC2046 # words
		told_nowhere $(cat "/proc/$pid/task/"*/children 2>/dev/null)
	done
}

@test "a password is in no argument, message, record or key" {
	mkdir -p specs
	printf '#!/bin/sh\nuntil [ -e %s/go ]; do sleep 0.1; done\nenv\nexit 1\n' \
		"$PWD" >specs/a
	chmod +x specs/a
	export REDIS_USERNAME=controller REDIS_PASSWORD=secret-of-controller
	tasks a | ft-push -r r >out 2>err
	SPEC_ROOT=specs FT_ARTIFACTS=art FT_RUN=r "$root/scripts/worker.sh" \
		>>out 2>>err 3>&- &
	pid=$!
	poll grep -q processing out
	told_nowhere "$pid"
	grep -q 'ft-run' cmdlines
	grep -q 'ft-pop -f' cmdlines
	: >go
	ends 0 "$pid"
	ft-stats -a -r r >>out
	unset REDIS_USERNAME REDIS_PASSWORD
	contents >keys
	grep -q '"id":"a"' out
	run grep -c secret-of-controller cmdlines out err keys
	same $'cmdlines:0\nout:0\nerr:0\nkeys:0' "$output"
}
