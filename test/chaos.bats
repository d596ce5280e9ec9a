#!/usr/bin/env bats
# Under faults nothing is lost, and the checker that says so can say otherwise.

chaos=$BATS_TEST_DIRNAME/chaos

setup() {
	PATH=$BATS_TEST_DIRNAME/../bin:$PATH
	saved=$BATS_TEST_TMPDIR
	cd "$saved"
	printf 'net:cut\t12:00\n' >faults
	printf '0\n' >orphans
	: >lasting
	printf '{"done":["g/pass-1/v","g/pass-2/v"],"results":{"passed":2}}\n' \
		>counted.json
	printf '%s\n' '{"id":"g/pass-1/v"}' '{"id":"g/pass-2/v"}' \
		>accepted.jsonl
	held g/pass-1/v 7-a.1 >events-1.jsonl
	ended g/pass-1/v 7-a.1 passed | tee -a events-1.jsonl >final.jsonl
	held g/pass-2/v 8-b.1 >events-2.jsonl
	ended g/pass-2/v 8-b.1 passed | tee -a events-2.jsonl >>final.jsonl
}

# held ID LEASE, ended ID LEASE RESULT - a line of a stream
held() {
	printf '{"id":"%s","lease":"%s","status":"processing"}\n' "$@"
}

ended() {
	printf '{"id":"%s","lease":"%s","result":"%s","attempt":1,%s}\n' "$@" \
		'"status":"complete"'
}

check() {
	run "$chaos/check.sh" "$saved"
	echo "$output"
}

# says COUNT WHAT - a row of the table
says() {
	grep -Eq "^$2 +$1\$" <<<"$output"
}

@test "a run that lost nothing is believed" {
	check
	[ "$status" -eq 0 ]
	says 2 tasks
	says 1 net:cut
	says 0 lost
}

@test "a torn line of a killed ft-result is no evidence against a run" {
	printf '{"id":"g/pass-1/v","lea' >>events-1.jsonl
	check
	[ "$status" -eq 0 ]
	says 1 'torn lines'
}

@test "a lost task is found" {
	sed -i 2d final.jsonl
	check
	[ "$status" -eq 1 ]
	says 1 lost
	[[ $output == *"lost: g/pass-2/v"* ]]
}

@test "a task without a verdict is lost" {
	sed -i 's/complete/waiting/' final.jsonl
	check
	[ "$status" -eq 1 ]
	says 2 lost
}

@test "a double verdict is found" {
	ended g/pass-2/v 8-b.1 failed >>events-1.jsonl
	check
	[ "$status" -eq 1 ]
	says 1 'double verdicts'
}

@test "a second final record is a double verdict" {
	ended g/pass-2/v 8-b.1 passed >>final.jsonl
	check
	[ "$status" -eq 1 ]
	says 1 'double verdicts'
}

@test "a stale verdict is found" {
	held g/pass-2/v 9-a.2 >>events-1.jsonl
	check
	[ "$status" -eq 1 ]
	says 1 'stale verdicts'
}

@test "a verdict of nobody who held the lease is stale" {
	sed -i 's/"lease":"8-b.1",//' final.jsonl events-2.jsonl
	check
	[ "$status" -eq 1 ]
	says 1 'stale verdicts'
}

@test "a verdict that its spec cannot have come to is found" {
	sed -i 's/passed/failed/' final.jsonl events-1.jsonl events-2.jsonl
	check
	[ "$status" -eq 1 ]
	says 2 'wrong verdicts'
}

@test "an error that three losses do not explain is found" {
	lost='"attempts":[{"result":"error","reason":"lost"},{"result":"error",'
	lost=$lost'"reason":"lost"}],"result":"error","reason":"lost"'
	sed -i "s/\"result\":\"passed\"/$lost/" final.jsonl
	sed -i 's/passed/error/' events-*.jsonl
	sed -i 's/passed/error/' counted.json
	check
	[ "$status" -eq 0 ]
	says 6 'lost attempts'
	sed -i '1s/"reason":"lost"/"reason":"interrupted"/' final.jsonl
	sed -i '2s/{"result":"error","reason":"lost"},//' final.jsonl
	check
	[ "$status" -eq 1 ]
	says 2 'wrong verdicts'
}

@test "a task that was never accepted is found" {
	sed -i 1d accepted.jsonl
	check
	[ "$status" -eq 1 ]
	says 1 unaccepted
}

@test "an orphan is found" {
	printf '3\n' >orphans
	check
	[ "$status" -eq 1 ]
	says 3 orphans
}

@test "a key that would stay for ever is found" {
	printf 'ft:{chaos}:leases\n' >lasting
	check
	[ "$status" -eq 1 ]
	says 1 'lasting keys'
}

@test "tasks counted twice are found" {
	sed -i 's/"passed":2/"passed":3/' counted.json
	check
	[ "$status" -eq 1 ]
	says 1 miscounted
	printf '{"done":["g/pass-1/v","g/pass-2/v","g/pass-2/v"],%s}\n' \
		'"results":{}' >counted.json
	check
	[ "$status" -eq 1 ]
	says 1 miscounted
}

@test "a run of nothing proves nothing" {
	: >accepted.jsonl
	: >final.jsonl
	: >events-1.jsonl
	: >events-2.jsonl
	check
	[ "$status" -eq 1 ]
}

@test "a short run under every kind of fault loses nothing" {
	command -v redis-server >/dev/null || skip "redis-server is not installed"
	command -v lighttpd >/dev/null || skip "lighttpd is not installed"
	run env CHAOS_S=25 TASKS=200 WORKERS=4 timeout 600 "$chaos/run.sh"
	echo "$output"
	[ "$status" -eq 0 ]
	says 200 tasks
	says 0 lost
	for fault in drain kill:controller.sh kill:ft-pop kill:ft-push \
		kill:ft-result kill:ft-run kill:supervisor kill:worker \
		kill:worker.sh net:cut net:delay net:lost-reply redis:flush \
		redis:kill redis:restart stop:ft-pop stop:ft-result stop:ft-run \
		stop:supervisor stop:worker.sh; do
		says '[1-9][0-9]*' "$fault"
	done
}
