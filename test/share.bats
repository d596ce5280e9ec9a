#!/usr/bin/env bats
# Shared starts: several specs in one start of their runner

load helper

setup_file() {
	! command -v redis-server >/dev/null || redis_start
	mkdir -p "$BATS_FILE_TMPDIR/specs"
	cd "$BATS_FILE_TMPDIR/specs" || return
	# a runner whose specs are shell scripts, and that can share a start
	cat >toy <<-'EOF'
		#!/bin/sh
		echo start >>"$STARTS"
		case $* in *deaf*) trap : INT ;; esac
		case $* in *--shared) ;; *) . "$1" ;; esac
		case $* in *broken*) exit 3 ;; esac
		events=$(jq -r .events "$FT_SHARE") i=0
		for spec; do
			[ "$spec" != --shared ] || break
			log=$(jq -r ".specs[$i].log // empty" "$FT_SHARE")
			printf 'begin %s\nnonsense\nend 99 0\n' $i >"$events"
			code=0
			(. "$spec") >"$log" 2>&1 || code=$?
			echo "end $i $code" >"$events"
			i=$((i + 1))
		done
		case $* in *blob*)
			out=$(jq -r '[.specs[].out | values][0]' "$FT_SHARE")
			head -c 3000000 /dev/zero >"$out/blob.zip"
		esac
	EOF
	chmod +x toy
	cat >table.json <<-'EOF'
		{"toy": {"match": ["*.toy"], "argv": ["{root}/toy", "{spec_path}"],
			"share": ["--shared"], "env": {"CACHE": "{cache}"},
			"exit": {"0": "passed", "1": "failed"}}}
	EOF
	echo 'echo well; exit 0' | tee good.toy also.toy >more.toy
	for i in $(seq 12); do
		cp good.toy "g$i.toy"
	done
	echo 'echo oh; exit 1' >bad.toy
	echo 'exit 0' | tee blob.toy >broken.toy
	echo 'ls "$(jq -r ".specs[0].out" "$FT_SHARE")"' >look.toy
	echo 'echo $(ls "$CACHE"); mkdir -p "$CACHE"; touch "$CACHE/${spec##*/}"; exit 0' |
		tee keep.toy kept.toy >keeps.toy
	echo 'echo hm; sleep 600' >hang.toy
	echo 'echo bang; kill -9 $$; sleep 600' >crash.toy
	cat >fifos.toy <<-'EOF'
		for file in "$FT_SHARE" "${FT_SHARE%.json}.cjs"; do
			rm "$file"
			mkfifo "$file"
		done
	EOF
	echo 'trap ": >\"\$STARTS.int\"" INT; while :; do sleep .1; done' >deaf.toy
	echo 'until [ -e "$STARTS.go" ]; do sleep .02; done' >wait.toy
	echo 'until [ -e "$STARTS.go" ]; do sleep .02; done; exit 1' >waitbad.toy
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export STARTS=$BATS_TEST_TMPDIR/starts SPEC_ROOT=$BATS_FILE_TMPDIR/specs
}

teardown_file() {
	redis_stop
}

# batch SPEC ... - a line each, all of one batch
batch() {
	local spec

	for spec; do
		task "$spec" "\"spec\":\"$spec.toy\",\"batch\":\"b\",\"lease\":\"1-w.$spec\"${more:+,$more}" |
			sed 's/"spec":"[a-z0-9]*",//'
	done
}

# run_all ARG ... - through ft-run; what became of each, by its id
# All is there before it reads, as when ft-pop writes a batch.
run_all() {
	cat >lines
	ft-run -R "$SPEC_ROOT/table.json" "$@" <lines >out
	verdicts
}

# running ARG ... - the same in the background, of the file lines
running() {
	ft-run -R "$SPEC_ROOT/table.json" "$@" <lines >out 3>&- &
}

verdicts() {
	jq -rs 'map(select(.status != "processing")) | group_by(.id)[] |
		map("\(.id) \(.result) \(.reason // "-")") | join(", ")' out
}

starts() {
	wc -l <"$STARTS"
}

@test "a batch shares one start, and each spec keeps its verdict and output" {
	batch good bad also | run_all >seen
	same 'also passed -
bad failed -
good passed -' "$(cat seen)"
	same 1 "$(starts)"
	same 'bad oh
good well' "$(jq -r 'select(.status == "complete" and .id != "also") |
		"\(.id) \(.output | rtrimstr("\n"))"' out | sort)"
	# nothing in it says that it is anybody's batch any more
	same 0 "$(jq -s 'map(select(.status == "complete" and has("batch"))) |
		length' out)"
}

# cached SPEC - what keeps.toy finds in the cache after a shared start with SPEC
cached() {
	(batch keep kept "$1"; echo '{"id":"keeps","spec":"keeps.toy"}') |
		run_all -j 1 >/dev/null
	jq -r 'select(.status == "complete" and .id == "keeps") |
		.output | rtrimstr("\n")' out
}

@test "what a shared start leaves in its slot's cache the next start finds" {
	same 'keep.toy kept.toy' "$(cached good)"
	same '' "$(cached crash)"
}

@test "each is told as soon as it ends, and its time is its own" {
	batch good wait >lines
	running
	poll grep -q '"good".*"complete"' out
	run ! grep -q '"wait".*"complete"' out
	touch "$STARTS.go"
	wait $!
	same 1 "$(starts)"
	same 'true' "$(jq -s 'map(select(.status == "complete")) |
		(.[0].finished_ms <= .[1].started_ms) and
		(.[1].finished_ms - .[1].started_ms >= .[1].duration_ms - 50)' out)"
}

@test "what is alone in its batch, or of another batch, is run as ever" {
	{
		batch good
		batch also more | sed 's/"batch":"b"/"batch":"c"/'
	} | run_all -j 2 >seen
	same 2 "$(starts)"
	same 3 "$(grep -c passed seen)"
	same '1 2 2' "$(jq -r 'select(.status == "complete") | "\(.id) \(.slot)"' \
		out | sort | sed 's/.* //' | sort | paste -sd ' ')"
}

@test "one batch after the other shares its starts in the same slot" {
	batch good also >lines
	batch more bad | sed 's/"batch":"b"/"batch":"c"/' >>lines
	cp lines many
	run_all <many >seen
	same 2 "$(starts)"
	same 3 "$(grep -c passed seen)"
}

@test "a batch that cannot be started keeps nobody waiting" {
	{
		batch good also | sed 's/[a-z]*\.toy/-&/'
		batch more bad | sed 's/"batch":"b"/"batch":"c"/'
	} >many
	run_all <many >seen
	same 2 "$(grep -c 'error refused' seen)"
	same 1 "$(grep -c 'passed -' seen)"
	# and so from the pile
	short g1 g2 g3 | sed 's/[a-z0-9]*\.toy/-&/' >many
	short g4 g5 >>many
	run_all -S 2 <many >seen
	same 2 "$(grep -c 'passed -' seen)"
}

@test "one that hangs is stopped at its own deadline; the others start again" {
	more='"timeout":1' batch good hang also more | run_all -g 0.5 >seen
	same 'also passed -
good passed -
hang error timeout
more passed -' "$(cat seen)"
	same 2 "$(starts)"
}

@test "one that kills the runner is judged by that, the others are not" {
	batch good crash also more | run_all >seen
	same 'also passed -
crash error signal
good passed -
more passed -' "$(cat seen)"
	same 2 "$(starts)"
}

@test "a start that brings no verdict is followed by one for each" {
	batch good broken bad | run_all >seen
	same 'bad failed -
broken passed -
good passed -' "$(cat seen)"
	same 4 "$(starts)"
}

@test "a worker that is told to stop hands back what has no verdict yet" {
	batch good wait also >lines
	running -d 0 -g 0.5
	poll grep -q '"good".*"complete"' out
	kill "$!"
	wait "$!"
	same 'also unknown drain
good passed -
wait unknown drain' "$(verdicts)"
}

@test "one that is past its deadline when the worker stops is a timeout" {
	more='"timeout":1' batch good deaf also >lines
	running -d 0 -g 2
	poll test -e "$STARTS.int"
	kill "$!"
	wait "$!"
	same 'also unknown drain
deaf error timeout
good passed -' "$(verdicts)"
}

@test "a start is for somebody, or there is none" {
	mkdir kept
	: >kept/local
	batch good bad also | run_all -o kept >seen
	same 'also error spawn
bad error spawn
good error spawn' "$(cat seen)"
	[ ! -e "$STARTS" ]
}

@test "what a spec puts in place of a start's own files keeps nobody waiting" {
	batch good fifos >lines
	batch also more | sed 's/"batch":"b"/"batch":"c"/' >>lines
	running
	poll ended $! || {
		kill -9 $!
		false
	}
	same 'also passed -
fifos passed -
good passed -
more passed -' "$(verdicts)"
	same 2 "$(starts)"
}

@test "what a start leaves to its first spec in the end is bounded, and goes" {
	batch blob also | run_all -o kept -s 1 >seen
	same 2 "$(grep -c 'passed -' seen)"
	same 'left-out.txt
log.txt' "$(ls kept/local/blob/1)"
	grep -qx 'blob.zip: 3000000 bytes, too large' kept/local/blob/1/left-out.txt
	# where nothing is kept, the next in its place does not find it
	batch blob also >many
	batch look more | sed 's/"batch":"b"/"batch":"c"/' >>many
	run_all <many >seen
	same 4 "$(grep -c 'passed -' seen)"
	same null "$(jq 'select(.id == "look" and .status == "complete").output' out)"
}

@test "the reporter leaves what belongs to all to the first spec that there is" {
	needs node
	mkdir all first
	: >all/blob.zip
	jq -n '{out: "all", specs: [{}, {out: "first"}]}' >share.json
	FT_SHARE=share.json node -e '
		const Reporter = require(process.argv[1]);
		new Reporter().onEnd();
	' "$root/lib/reporter.cjs"
	[ -e first/blob.zip ]
	# nor does it fail where there is none
	jq '.specs = [{}]' share.json >none.json
	FT_SHARE=none.json node -e 'new (require(process.argv[1]))().onEnd()' \
		"$root/lib/reporter.cjs"
}

@test "a draining worker lets the start go on for its time" {
	batch good wait also >lines
	running -d 60
	poll grep -q '"good".*"complete"' out
	kill "$!"
	touch "$STARTS.go"
	wait "$!"
	same 3 "$(verdicts | grep -c 'passed -')"
}

@test "one that somebody else has does not stop the others" {
	mkfifo in
	ft-run -R "$SPEC_ROOT/table.json" <in >out 3>&- &
	exec 7>in
	batch good wait also >lines
	cat lines >&7
	poll grep -q '"good".*"complete"' out
	echo '{"id":"also","lease":"1-w.also","status":"complete"}' >&7
	touch "$STARTS.go"
	exec 7>&-
	wait $!
	same 1 "$(starts)"
	same 3 "$(verdicts | grep -c 'passed -')"
	# but when nobody is wanted it is stopped
	rm -f "$STARTS.go"
	ft-run -R "$SPEC_ROOT/table.json" -g 0.5 <in >out 3>&- &
	exec 7>in
	batch good wait also >lines
	cat lines >&7
	poll eval '[ "$(grep -c "\"wait\".*processing" out)" = 2 ]'
	for id in also wait; do
		echo "{\"id\":\"$id\",\"lease\":\"1-w.$id\",\"status\":\"complete\"}"
	done >&7
	exec 7>&-
	wait $!
	same 'also unknown drain
good passed -
wait error interrupted' "$(verdicts)"
}

@test "all of a batch beat, from the moment they are leased" {
	more='"lease_ms":150' batch wait good also >lines
	running
	beats() {
		[ "$(grep -c "\"$1\".*\"processing\"" out)" -gt 3 ]
	}
	poll beats wait
	poll beats also
	touch "$STARTS.go"
	wait $!
}

# short SPEC ... - tasks that may share, each of a second
short() {
	batch "$@" | jq -c --argjson ms "${ms-1000}" 'del(.batch, .lease) +
		{runner: "toy", share: "toy", expected_ms: $ms, retries: 1}'
}

@test "short tasks are leased together, for one slot" {
	needs redis-server
	export FT_RUN=one
	{
		short good also more
		short wait | jq -c '.share = "other"'
		ms=6000 short bad
	} | ft-push >/dev/null
	mkfifo tasks
	ft-pop -f -j 2 -S 10 >tasks 3>&- &
	# longest first: what is not short is alone in its slot
	exec 7<tasks
	for _ in 1 2 3 4; do
		read -r line <&7
		printf '%s\n' "$line" >>popped
	done
	same 'bad 1 false
also 2 true
good 2 true
more 2 true' "$(jq -r '"\(.id) \(.slot) \(has("batch"))"' popped |
		sort -k2n -k1)"
	same 1 "$(jq -s 'map(.batch | values) | unique | length' popped)"
	same 4 "$(jq -s 'map(.lease) | unique | length' popped)"
	# two slots are full until all of the batch have ended
	grep -e good -e also popped | ended_as passed | ft-result >/dev/null
	same 1 "$(ft-stats | jq .waiting)"
	grep more popped | ended_as passed | ft-result >/dev/null
	read -r line <&7
	same 'wait 2' "$(jq -r '"\(.id) \(.slot)"' <<<"$line")"
	exec 7<&-
	wait $! || :
}

@test "a whole run in shared starts: every verdict, retries alone, no lease left" {
	needs redis-server
	export FT_RUN=two
	short good also more bad crash | ft-push >/dev/null
	ft-pop -f -j 2 -S 10 | tee popped | ft-run -j 2 -R "$SPEC_ROOT/table.json" |
		ft-result >/dev/null
	same 'also passed 1
bad failed 2
crash error 2
good passed 1
more passed 1' "$(ft-stats -a | jq -r '"\(.id) \(.result) \(.attempt)"' | sort)"
	same 0 "$(jq -s 'map(select(.attempt > 1 and has("batch"))) | length' popped)"
	same '' "$(jq 'select(has("wait_ms"))' popped)" # its slot is its batch's
	same 'finished 0 0' "$(ft-stats | jq -r '"\(.state) \(.waiting) \(.lost)"')"
	same '' "$(redis --scan --pattern '*{two}:held:*' | head -1)"
	# fewer starts than specs: two attempts of each failure are alone
	[ "$(starts)" -lt 7 ]
}

# taken RUN COUNT FLAG ... - the file RUN: what an ft-pop takes of tasks in its slots
taken() {
	# shellcheck disable=SC2034 # poll reads count
	local run=$1 count=$2

	shift 2
	ft-push -r "$run" >/dev/null
	ft-pop -r "$run" -f -S 100 "$@" >"$run" 3>&- &
	poll eval '[ "$(wc -l <"$run")" -ge "$count" ]'
	kill $!
	wait $! || :
}

@test "a batch is no more than the tail allows" {
	needs redis-server
	export FT_RUN=three
	short good | jq -c 'range(201) as $i | .id += "\($i)"' | ft-push >/dev/null
	# 201 seconds for two slots: half of a hundred each
	ft-pop -f -j 2 -S 100 >popped 3>&- &
	poll eval '[ "$(wc -l <popped)" -ge 100 ]'
	same '50 1
50 2' "$(jq .slot popped | sort | uniq -c | sed 's/^ *//')"
	# and of what is left, forty seconds are not divided further
	jq -c 'select(.slot == 1)' popped | ended_as passed | ft-result >/dev/null
	poll eval '[ "$(wc -l <popped)" -ge 140 ]'
	same 140 "$(wc -l <popped)"
	kill $!
	wait $! || :
	# nor are three seconds left behind that would want a start of its own
	short good | jq -c 'range(83) as $i | .id += "\($i)"' | taken crumbs 83 -j 2
	same '40 1
43 2' "$(jq .slot crumbs | sort | uniq -c | sed 's/^ *//')"
	# where a slot's part is some tasks, each slot gets as many
	short good | jq -c 'range(32) as $i | .id += "\($i)"' | taken even 32 -j 4
	same '8 8 8 8' "$(jq .slot even | sort | uniq -c |
		awk '{ print $1 }' | paste -sd ' ')"
	# which a long one does not overdo
	short good | jq -c 'range(7) as $i | .id += "\($i)"
		| .expected_ms = if $i < 2 then 5000 else 1000 end' |
		taken mixed 7 -j 2
	same '7 8' "$(jq -s 'group_by(.slot) | map(map(.expected_ms) | add / 1000) |
		.[]' mixed | paste -sd ' ')"
	# but a slot that is free takes its part
	short a b c | taken parts 3 -j 3
	same '1 2 3' "$(jq .slot parts | sort | paste -sd ' ')"
	# without -S one comes for each slot
	ft-push -m 0
	ft-push -r four < <(jq -c . popped) >/dev/null
	ft-pop -r four -n >one
	same 1 "$(wc -l <one)"
}

@test "who has left or died takes no share of what there is" {
	needs redis-server
	export FT_RUN=five
	short good | ft-push -k >/dev/null
	ft-pop -n >leased
	pids=
	for i in $(seq 20); do
		FT_WORKER=w$i ft-pop -f -S 100 >none 3>&- &
		pids="$pids $!"
	done
	poll eval '[ "$(ft-stats -c | jq .workers)" = 21 ]'
	# shellcheck disable=SC2086 # words
	kill $pids
	wait
	for i in $(seq 80); do
		short good | jq -c --arg i "$i" '.id += $i'
	done | ft-push >/dev/null
	ended_as passed <leased | ft-result >/dev/null
	ft-pop -f -S 100 >popped 3>&- &
	# eighty seconds for one slot: half of them
	poll eval '[ "$(wc -l <popped)" -ge 40 ]'
	kill $!
	wait $! || :
	same 40 "$(wc -l <popped)"
}

@test "a killed worker loses nothing of its batch" {
	needs redis-server
	export FT_RUN=killed
	short good wait also bad | ft-push >/dev/null
	mkfifo tasks
	ft-pop -f -S 10 -l 1 >tasks 3>&- &
	ft-run -R "$SPEC_ROOT/table.json" <tasks 3>&- > >(ft-result >first) &
	run=$!
	poll grep -q '"bad".*waiting' first
	poll grep -q '"wait".*processing' first
	kill -9 "$run"
	touch "$STARTS.go"
	ft-pop -f -S 10 -l 1 | ft-run -R "$SPEC_ROOT/table.json" |
		ft-result >/dev/null
	same 'also passed
bad failed
good passed
wait passed' "$(ft-stats -a | jq -r '"\(.id) \(.result)"' | sort)"
	# each has one verdict, and those that were lost are told
	same 4 "$(redis LRANGE 'ft:{killed}:done' 0 -1 | sort -u | wc -l)"
	same 4 "$(redis LLEN 'ft:{killed}:done')"
	[ "$(ft-stats | jq .lost)" -ge 1 ]
}

@test "without a queue -S shares starts as well" {
	short g1 g2 g3 g4 g5 g6 g7 g8 g9 g10 g11 g12 |
		jq -c 'del(.expected_ms)' >lines
	short bad >>lines
	ms=6000 short also >>lines
	cp lines many
	run_all -j 2 -S 10 <many >seen
	same 13 "$(grep -c passed seen)"
	same 'bad failed -' "$(grep bad seen)"
	# both slots had some of it, and what is not short its own start
	same '1 2' "$(jq -r 'select(.status == "complete").slot' out |
		sort -u | paste -sd ' ')"
	[ "$(starts)" -lt 8 ]
	# told to stop, it hands back what it has not started
	: >"$STARTS"
	{
		short wait | jq -c 'del(.share)'
		sed 4q many
	} >./more
	mv more lines
	running -S 3 -d 60
	poll test -s "$STARTS"
	kill $!
	touch "$STARTS.go"
	wait $!
	same 4 "$(verdicts | grep -c 'unknown drain')"
	same 1 "$(verdicts | grep -c 'passed -')"
}

@test "Playwright specs share a start of it" {
	needs node chromium
	[ -d "$root/specs/node_modules" ] || skip "specs/node_modules is not there"
	ln -s "$root/specs/node_modules" node_modules
	cp "$root/specs/playwright.config.ts" .
	for i in 1 2 3; do
		cat >"s$i.spec.ts" <<-EOF
			import { test, expect } from '@playwright/test';
			test('one', async ({ page }) => {
				await page.setContent('<p>$i</p>');
				console.log('this is $i');
				expect(await page.locator('p').innerText()).not.toBe('2');
			});
			test.skip('two', async () => {});
		EOF
	done
	for i in 1 2 3; do
		task "s$i" '"viewport":"desktop","browser":"chrome","batch":"b"'
	done | sed 's/"spec":"s\(.\)"/"spec":"s\1.spec.ts"/' |
		ft-run -C . -o kept >out
	same 's1 passed 1 0
s2 failed 0 1
s3 passed 1 0' "$(jq -r 'select(.status == "complete") |
		"\(.id) \(.result) \(.tests.passed) \(.tests.failed)"' out | sort)"
	same 's1 s2 s3' "$(jq -r 'select(.status == "complete") |
		. as $r | select(.output | contains("this is " + $r.id[1:])).id' out |
		sort | paste -sd ' ')"
	# the failure's files are its own; the blob of all is the first one's
	test -f kept/local/s2/1/artifacts/*/trace.zip
	same 1 "$(find kept -name blob.zip | wc -l)"
	test ! -e kept/local/s1/1/artifacts/*/trace.zip
	same true "$(jq 'select(.id == "s2" and .status == "complete") |
		.message | startswith("one: ")' out)"
}
