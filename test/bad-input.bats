#!/usr/bin/env bats
# Bad input gets one clear line with its place, and nothing good is lost.

load helper

setup_file() {
	redis_start
}

teardown_file() {
	redis_stop
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	redis FLUSHALL >/dev/null
}

# The filters that read records, and what each needs of a good line.
good() {
	task good '"run":"r","attempt":1,"lease":"1-w.1.a.1","status":"waiting"'
}

# refuses MESSAGE: each reader says PROGRAM: stdin:MESSAGE for the file bad,
# ends with 65 and still takes the good line after it
refuses() {
	{ cat bad; good; } >in
	for program in ft-push ft-run ft-stats ft-report-html; do
		set -- "$1"
		[ "$program" != ft-stats ] || set -- "$1" -a -
		exits 65 "$program" "${@:2}" <in || return
		grep -qF "$program: stdin:$1" err || {
			printf '%s said:\n' "$program"
			head -c 400 err
			return 1
		}
		grep -q good out
	done
}

# status, command, the first line of its message, and input for printf %b, if
# any; beside these, bad-maps.tsv and bad-tables.jsonl are of this kind
@test "each input of the table has its status and its message" {
	local count=0 wanted command message input

	while IFS=$'\t' read -r wanted command message input; do
		printf '%b' "${input:+$input\\n}" >in
		# shellcheck disable=SC2086 # words
		exits "$wanted" $command <in || {
			printf '%s\n%s\n' "$command" "$input"
			return 1
		}
		# getopt tells the whole path by which valgrind starts a program
		same "${message//SOCKET/$REDIS_HOST}" \
			"$(head -n 1 err | sed 's,^/[^:]*/,,')"
		count=$((count + 1))
	done <"$root/test/data/bad-input.tsv"
	[ "$count" -ge 150 ]
}

@test "a line that is not JSON" {
	printf 'nonsense\n' >bad
	refuses '1:1: expected JSON'
}

@test "a line that breaks off" {
	printf '{"id":"a","spec":\n' >bad
	refuses '1:17: expected JSON up to the end'
}

@test "a line that is not an object" {
	printf '[1,2]\n' >bad
	refuses '1:1: expected a JSON object'
}

@test "text after the object" {
	printf '{"id":"a","spec":"a"} {}\n' >bad
	refuses '1:22: expected nothing after the JSON value'
}

@test "a line of 50 MB" {
	{ printf '{"id":"'; head -c 50000000 /dev/zero | tr '\0' a; printf '"}\n'; } >bad
	refuses '1:16777216: expected a line of at most 16 MiB'
}

@test "deep nesting" {
	{ printf '{"id":"a","spec":"a","x":'; printf '[%.0s' $(seq 2000); printf '\n'; } >bad
	refuses '1:'
}

@test "invalid UTF-8" {
	printf '{"id":"a\xff","spec":"a"}\n' >bad
	refuses '1:9: expected valid UTF-8'
}

@test "a NUL byte, raw and escaped" {
	printf '{"id":"a\0","spec":"a"}\n' >bad
	refuses '1:9: expected no NUL byte'
	printf '{"id":"a\\u0000","spec":"a"}\n' >bad
	refuses '1:9: expected no NUL in a string'
}

@test "a field twice" {
	printf '{"id":"a","spec":"a","id":"b"}\n' >bad
	refuses '1:1: expected every member once'
}

@test "a missing id" {
	printf '{"spec":"a"}\n' >bad
	refuses '1:1: expected a field id'
}

@test "an empty id" {
	printf '{"id":"","spec":"a"}\n' >bad
	refuses '1:7: id: expected a string that is not empty'
}

@test "an id of two lines, and a run that is no name" {
	task 'a\nb' >in
	exits 65 ft-push <in
	grep -qF 'ft-push: stdin:1:7: id: expected no control characters' err
	task a '"run":"a b","attempt":1,"lease":"1-w.1.a.1","status":"waiting"' >in
	exits 65 ft-result <in
	grep -qF 'ft-result: stdin:1:28: run: expected 1 to 64 of' err
}

@test "wrong types" {
	while IFS='|' read -r member column expected; do
		printf '{"id":"a","spec":"a",%s}\n' "$member" >bad
		refuses "1:$column: $expected"
	done <<-'EOF'
		"retries":"2"|32|retries: expected a whole number
		"retries":1.5|32|retries: expected a whole number
		"retries":101|32|retries: expected a number from 0 to 100
		"priority":5000|33|priority: expected a number from -1000 to 1000
		"timeout":-1|32|timeout: expected a number of at least 0
		"expected_ms":1e999|36|expected_ms: expected a number of at most 2^53
		"weight":9007199254740993e1|31|weight: expected a number of at most 2^53
		"exit_code":-1e300|34|exit_code: expected a number of at most 2^53
		"tests":{"passed":1e999}|30|tests: expected an object of numbers of at most 2^53
		"tags":"x"|29|tags: expected an array of strings
		"env":{"A":1}|28|env: expected an object of strings
		"command":[]|32|command: expected an array that begins with a program
		"status":"done"|31|status: expected waiting, processing or complete
		"result":"green"|31|result: expected unknown, passed, failed
		"reason":"bored"|31|reason: expected one of the reasons
		"attempts":{}|33|attempts: expected an array of objects
	EOF
}

@test "ft-result wants a lease and a verdict" {
	task a >in
	exits 65 ft-result <in
	grep -qF 'ft-result: stdin:1:1: expected a field run' err
	task a '"run":"r","attempt":1,"lease":"1-w.1.a.1","status":"complete","result":"unknown"' >in
	exits 65 ft-result <in
	grep -qF 'expected the result passed, failed, error or flaky' err
}

@test "Redis that is down is 69, at once" {
	for program in ft-push ft-pop ft-result ft-stats; do
		REDIS_HOST=$PWD/nobody exits 69 "$program" </dev/null
		grep -qF "$program: redis at $PWD/nobody: " err
	done
}

@test "a port that is no number is 64" {
	for program in ft-push ft-pop ft-result ft-stats; do
		REDIS_HOST=redis REDIS_PORT=tcp://10.0.0.1:6379 exits 64 "$program" \
			</dev/null
		grep -qF "REDIS_PORT: expected a number from 1 to 65535, not 'tcp://" err
	done
}

@test "a wrong password is 64, and never shown" {
	redis CONFIG SET requirepass secret >/dev/null
	for program in ft-push ft-pop ft-result ft-stats; do
		REDIS_PASSWORD=guess exits 64 "$program" </dev/null
		run ! grep -q guess err
		exits 64 "$program" </dev/null
		grep -q NOAUTH err
	done
	printf 'secret\n' >word
	REDIS_PASSWORD_FILE=word exits 0 ft-push </dev/null
	REDIS_PASSWORD=secret exits 0 ft-push </dev/null
	long=$(printf '%01024d' 0)
	redis -a secret --no-auth-warning CONFIG SET requirepass "$long" \
		>/dev/null
	echo "$long" >word
	REDIS_PASSWORD_FILE=word exits 0 ft-push </dev/null
	# not cut
	echo "${long}1" >word
	REDIS_PASSWORD_FILE=word exits 64 ft-push </dev/null
	same 'ft-push: REDIS_PASSWORD_FILE: word: expected at most 1024 bytes' \
		"$(cat err)"
	redis -a "$long" --no-auth-warning CONFIG SET requirepass '' >/dev/null
}

@test "a server that only reads is 69" {
	redis REPLICAOF 127.0.0.1 1 >/dev/null
	exits 69 ft-push < <(task a)
	grep -q READONLY err
	redis REPLICAOF NO ONE >/dev/null
}

@test "a key of ours that holds something else is 65" {
	redis SET 'ft:{r}:meta' x >/dev/null
	exits 65 ft-push -r r < <(task a)
	grep -q WRONGTYPE err
}

@test "a closed stdout and a full disk are 74" {
	[ -z "${FT_VALGRIND-}" ] || skip 'valgrind takes a closed stream for its own'
	task a >in
	for program in "ft-push -r r" "ft-pop -r r" "ft-stats -r r" "ft-run" \
		"ft-report-html" "ft-stats -a in"; do
		redis FLUSHALL >/dev/null
		ft-push -r r <in >/dev/null
		[ "$program" != "ft-push -r r" ] || redis FLUSHALL >/dev/null
		# shellcheck disable=SC2086 # words
		for out in '/dev/full' '&-'; do
			status=0
			if [ "$out" = /dev/full ]; then
				$program <in >/dev/full 2>err || status=$?
			else
				$program <in >&- 2>err || status=$?
			fi
			same "$program $out 74" "$program $out $status"
			grep -q . err
			[ "$program" != "ft-push -r r" ] || redis FLUSHALL >/dev/null
		done
	done
}
