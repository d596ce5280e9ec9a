#!/usr/bin/env bats
# ft-run: tasks in slots, and that nothing of a spec is left behind
load helper

setup() {
	cd "$BATS_TEST_TMPDIR"
	export TMPDIR="$BATS_TEST_TMPDIR/private"
	mkdir "$TMPDIR"
}

teardown() {
	exec 5>&-
	[ -z "${worker-}" ] || kill -KILL "$worker" 2>/dev/null || true
}

# task ID SCRIPT [MEMBERS] - a task that runs a shell script
task() {
	jq -cn --arg id "$1" --arg script "$2" \
		'{id: $id, command: ["sh", "-c", $script]} + {'"${3-}"'}'
}

# work FLAG ... - run ft-run on the file in; its streams in files
work() {
	local status=0

	ft-run "$@" <in >out 2>err || status=$?
	return "$status"
}

# complete FILTER - of the records in out that are complete, a line each
complete() {
	jq -cr 'select(.status == "complete") | '"$1" out
}

# serve FLAG ... - start ft-run; descriptor 5 is its input, worker its pid
serve() {
	mkfifo pipe
	ft-run "$@" <pipe >out 2>err 3>&- &
	worker=$!
	exec 5>pipe
}

# told FILTER - whether out has a record for which the filter is true
told() {
	jq -e -n "[inputs | select($1)] | length > 0" out >/dev/null
}

# ended STATUS - the worker ends with that status
ended() {
	local status=0

	exec 5>&-
	wait "$worker" || status=$?
	worker=
	same "$1" "$status"
}

# gone FILE - the processes whose ids stand in it are no more
gone() {
	local pid

	[ -s "$1" ] || return 1
	for pid in $(cat "$1"); do
		! kill -0 "$pid" 2>/dev/null || return 1
	done
}

# A daemon: forks twice, has a session of its own and ignores what it can.
daemon='setsid sh -c "trap \"\" INT TERM HUP;
	(echo \$\$ >>pids; while :; do sleep 1000; done) & exit" &
	while [ ! -s pids ]; do sleep .01; done;'
# One that is stopped.
stopped='sleep 1000 & echo $! >>pids; kill -STOP $!;'
deaf='trap "" INT TERM HUP; echo $$ >>pids; while :; do sleep .1; done'

@test "an exit status of 0 is passed, of 1 failed, any other an error" {
	{
		task a 'exit 0'
		task b 'exit 1'
		task c 'exit 77'
	} >in
	work
	same 'a passed null 0
b failed null 1
c error exit 77' "$(complete '"\(.id) \(.result) \(.reason) \(.exit_code)"')"
}

@test "a start is told before the end, with what is known by then" {
	FT_WORKER=me
	export FT_WORKER
	task a 'exit 0' >in
	work
	same 'processing unknown me 1 1
complete passed me 1 1' \
		"$(jq -r '"\(.status) \(.result) \(.worker) \(.slot) \(.attempt)"' out)"
	jq -se '.[1] | .started_ms > 1.6e12 and
		.finished_ms >= .started_ms and .duration_ms >= 0 and
		.cpu_ms >= 0 and .max_rss_kb > 100' out
}

@test "the worker is the host unless the record or FT_WORKER says another" {
	task a 'exit 0' >in
	work
	same "$(uname -n)" "$(complete .worker)"
	task a 'exit 0' 'worker: "w1", attempt: 3' >in
	work
	same 'w1 3' "$(complete '"\(.worker) \(.attempt)"')"
}

@test "fields that it does not know pass through" {
	task a 'exit 0' 'x: {y: [1, null, "ü"]}, tags: ["t"]' >in
	work
	same '{"y":[1,null,"ü"]} ["t"]' "$(complete '"\(.x) \(.tags)"')"
}

@test "what an earlier attempt left in a record goes" {
	task a 'exit 0' 'status: "complete", result: "failed", reason: "exit",
		exit_code: 9, message: "old", output: "old"' >in
	work
	same 'passed null 0 null null' "$(complete \
		'"\(.result) \(.reason) \(.exit_code) \(.message) \(.output)"')"
}

@test "arguments are neither split nor seen by a shell" {
	cat >show <<-'END'
		#!/bin/sh
		printf '[%s]' "$@"
	END
	chmod +x show
	jq -cn '{id: "a", spec: "s p/x.js", browser: "b", viewport: "v",
		command: ["./show", "", "a b", "$(id)", "*", "{spec}:{browser}",
			"-{viewport}-"]}' >in
	work
	same '[][a b][$(id)][*][s p/x.js:b][-v-]' "$(complete .output)"
}

@test "without a command the spec itself is run, below the spec root" {
	mkdir -p root/sub
	printf '#!/bin/sh\npwd; exit 1\n' >root/sub/spec
	chmod +x root/sub/spec
	printf '{"id":"a","spec":"sub/spec"}\n' >in
	work -C root
	same "failed $PWD/root" "$(complete '"\(.result) \(.output[:-1])"')"
	SPEC_ROOT=root work
	same failed "$(complete .result)"
}

@test "a spec that cannot be started is an error of its own" {
	[ -z "${FT_VALGRIND-}" ] || skip 'valgrind forks, and loses why a spawn failed'
	printf 'no program' >text
	cat >in <<-'END'
		{"id":"a","spec":"missing"}
		{"id":"b","spec":"text"}
		{"id":"c","command":["no-such-program"]}
	END
	work
	same 'a error spawn
b error spawn
c error spawn' "$(complete '"\(.id) \(.result) \(.reason)"')"
	complete .message | grep -c . | grep -qx 3
}

@test "a spec that leaves the spec root is refused and never started" {
	mkdir root
	printf '#!/bin/sh\ntouch ../ran\n' >spec
	chmod +x spec
	printf '{"id":"a","spec":"../spec"}\n' >in
	work -C root
	same 'error refused' "$(complete '"\(.result) \(.reason)"')"
	same 1 "$(wc -l <out)"
	[ ! -e ran ]
}

@test "a signal is an error that names it" {
	task a 'kill -SEGV $$' >in
	work
	same 'error signal 11 null' \
		"$(complete '"\(.result) \(.reason) \(.signal) \(.exit_code)"')"
}

@test "the task's own timeout beats -t" {
	{
		task a 'sleep 1000' 'timeout: 0.2'
		task b 'sleep 0.5' 'timeout: 100'
		task c 'sleep 1000'
	} >in
	work -t 0.3 -j 3
	same 'a error timeout
b passed null
c error timeout' "$(complete '"\(.id) \(.result) \(.reason)"' | sort)"
}

@test "at its deadline a spec may tidy up" {
	task a 'trap "echo tidy; exit 0" INT; while :; do sleep .05; done' >in
	work -t 0.3
	same 'error timeout tidy' \
		"$(complete '"\(.result) \(.reason) \(.output[:-1])"')"
}

@test "one that ignores every signal is gone after its timeout" {
	task a "$daemon $stopped $deaf" >in
	work -t 0.5 -g 0.3
	same 'error timeout 9' \
		"$(complete '"\(.result) \(.reason) \(.signal)"')"
	same 3 "$(wc -l <pids)"
	gone pids
}

@test "a spec that ends leaves no daemon and no stopped process behind" {
	task a "$daemon $stopped exit 1" >in
	work
	same failed "$(complete .result)"
	same 2 "$(wc -l <pids)"
	gone pids
}

# As xvfb-run does, which does not wait for the server that it has told to end.
@test "what a spec has told to end may tidy up" {
	task a 'sh -c "trap \"sleep 0.05; echo bye >said; exit\" TERM
		sleep 1000 & echo hello >said; wait" &
		until [ -s said ]; do sleep 0.01; done
		kill $!' >in
	work
	same bye "$(cat said)"
}

@test "when ft-run is killed, everything dies" {
	serve -j 2
	task a "$daemon $stopped $deaf" >&5
	task b 'echo $$ >pid; sleep 1000' >&5
	poll test -s pid
	poll eval '[ "$(wc -l <pids)" = 3 ]'
	kill -KILL "$worker"
	ended 137
	poll gone pids
	poll gone pid
	poll eval '[ -z "$(ls -A "$TMPDIR")" ]'
}

@test "a supervisor that is stopped keeps the deadline all the same" {
	serve
	task a "$daemon echo \$PPID >boss; $deaf" 'timeout: 0.3' >&5
	poll eval '[ -s boss ] && [ "$(wc -l <pids)" = 2 ]'
	kill -STOP "$(cat boss)"
	poll told '.status == "complete"'
	ended 0
	gone pids
	same 'error timeout 9' \
		"$(complete '"\(.result) \(.reason) \(.signal)"')"
}

# The orphans of other programs in the container are its children, too.
@test "as the first process of a container it buries orphans and hears TERM" {
	unshare --pid --fork --mount-proc true 2>/dev/null ||
		skip 'no PID namespace can be made here'
	mkfifo pipe
	unshare --pid --fork --mount-proc ft-run -g 0.2 -d 0.2 <pipe >out 2>err 3>&- &
	worker=$!
	exec 5>pipe
	task a "$daemon $deaf" >&5
	poll eval '[ -s pids ] && [ "$(wc -l <pids)" = 2 ]'
	init=$(pgrep -P "$worker")
	same 1 "$(awk '/^NSpid/ { print $3 }' "/proc/$init/status")"
	nsenter -t "$init" -p -m sh -c '(sleep 0.1; sleep 0.1) & (sleep 0.1 &)'
	# its supervisor is what stays
	poll eval '[ "$(pgrep -P "$init" -c)" = 1 ]'
	kill -TERM "$init"
	poll told '.id == "a" and .status == "waiting" and .reason == "drain"'
	ended 0
}

@test "when a supervisor is killed, its spec dies and the slot goes on" {
	serve -j 2
	task a "$daemon $stopped echo \$PPID >boss; $deaf" >&5
	task b 'echo $$ >pid; while [ ! -e go ]; do sleep .05; done' >&5
	poll eval '[ -s pid ] && [ -s boss ] && [ "$(wc -l <pids)" = 3 ]'
	kill -KILL "$(cat boss)"
	poll told '.id == "a" and .status == "complete"'
	gone pids
	task c 'exit 0' >&5
	poll told '.id == "c" and .status == "complete"'
	touch go
	ended 0
	same 'a error lost
b passed null
c passed null' "$(complete '"\(.id) \(.result) \(.reason)"' | sort)"
}

@test "a result file of nothing but NULs keeps nobody waiting" {
	echo '{"nuls": {"argv": ["sh", "{spec_path}"], "result": {
		"format": "mocha", "file": "{out}/result.json"}}}' >table.json
	echo 'truncate -s 32M "$FT_RESULT_FILE"' >nuls.sh
	echo '{"id":"a","spec":"nuls.sh","runner":"nuls"}' >in
	serve -R table.json
	cat in >&5
	poll told '.id == "a" and .reason == "no-result"'
	ended 0
}

@test "two slots run two specs at the same time" {
	{
		task a 'touch a; while [ ! -e b ]; do sleep .01; done'
		task b 'touch b; while [ ! -e a ]; do sleep .01; done'
	} >in
	work -j 2 -t 20
	same 'passed 1
passed 2' "$(complete '"\(.result) \(.slot)"' | sort)"
}

@test "300 tasks go through four slots, each once" {
	for i in $(seq 300); do
		printf '{"id":"t%d","command":["true"]}\n' "$i"
	done >in
	work -j 4
	same 300 "$(complete .id | sort -u | wc -l)"
	same 600 "$(wc -l <out)"
	same '[1,2,3,4]' "$(jq -cs 'map(.slot) | unique' out)"
}

@test "output is kept to its last 16 KiB, of a pass to 1 KiB" {
	{
		task a 'head -c 30000 /dev/zero | tr "\0" x; echo end; exit 1'
		task b 'head -c 30000 /dev/zero | tr "\0" x; echo end'
	} >in
	work
	same '16384 end
1024 end' "$(complete '"\(.output | utf8bytelength) \(.output[-4:-1])"')"
}

@test "output of 100 MB is kept whole in the log" {
	task a 'head -c 100000000 /dev/zero | tr "\0" y; exit 1' >in
	work -o kept
	same '16384' "$(complete '.output | utf8bytelength')"
	same 100000000 "$(wc -c <"kept/$(complete .artifacts)/log.txt")"
	rm -r kept
}

@test "output is valid UTF-8 whatever the spec printed" {
	task a 'printf "a\377\300\200b\0c\355\240\200ü"' >in
	work
	same 'a���b�c���ü' "$(complete .output)"
	iconv -f UTF-8 -t UTF-8 out >/dev/null
}

@test "output is cut between characters, not inside one" {
	task a 'yes "€€€€" | head -c 40000 | tr -d "\n"; exit 1' >in
	work
	[ "$(complete '.output | utf8bytelength')" -gt 16380 ]
	same '["€"]' "$(complete '.output[:-1] | split("") | unique')"
}

@test "a spec has an empty temporary folder that goes with it" {
	{
		task a '[ -z "$(ls -A "$TMPDIR")" ] || exit 1
			echo "$TMPDIR" >where
			mkdir -p "$TMPDIR/a/b"; touch "$TMPDIR/.x"
			ln -s / "$TMPDIR/root"; chmod 0 "$TMPDIR/a"'
		task b '[ -z "$(ls -A "$TMPDIR")" ]'
	} >in
	work
	same 'passed
passed' "$(complete .result)"
	[ ! -e "$(cat where)" ]
	same '' "$(ls -A "$TMPDIR")"
	work -o kept
	same 'passed
passed' "$(complete .result)"
	[ ! -e "$(cat where)" ]
	same '' "$(ls -A "$TMPDIR")"
	same log.txt "$(ls -A kept/local/a/1)"
}

@test "nothing of an attempt is there for the next in its slot" {
	{
		task a 'touch "$0" "$TMPDIR/x" out.txt; echo old'
		task b 'find "$(dirname "$TMPDIR")" ! -type d'
	} >in
	jq -c '.command += ["{out}/result.json"]' in >in.new
	mv in.new in
	work
	same 1 "$(complete 'select(.id == "b").output' | grep -c .)"
}

@test "an attempt has a folder of its own if anything names it" {
	printf '#!/bin/sh\nls "${TMPDIR%%/*}" | grep out\n' >list
	chmod +x list
	jq -n '{none: {exit: {}}, env: {exit: {}, env: {KEPT: "{out}/x"}},
		result: {result: {format: "junit", file: "{out}/r.xml"}}} |
		map_values({argv: ["{spec_path}"]} + .)' >table.json
	for name in env result none; do
		printf '{"id":"a","spec":"list","runner":"%s"}\n' $name >in
		work -R table.json
		same "$([ $name = none ] || echo 1.out)" \
			"$(complete '.output // ""')"
	done
	jq -cn '{id: "a", command: ["./list", "--to={out}"]}' >in
	work
	same 1.out "$(complete .output)"
}

@test "a spec may remove its temporary folder, or put something in its place" {
	{
		task a 'rm -r "$TMPDIR"'
		task b 'touch "$TMPDIR/x" && rm -r "$TMPDIR" && touch "$TMPDIR"'
		task c 'touch "$TMPDIR/x"'
	} >in
	work
	same 'passed
passed
passed' "$(complete .result)"
	same '' "$(ls -A "$TMPDIR")"
}

@test "a log that a spec has replaced by a link is not followed" {
	printf 'precious' >file
	{
		task a 'for log in "$TMPDIR".log "${0%/*}/log.txt"; do
			[ -f "$log" ] && ln -f file "$log"; done; :'
		task b 'echo b'
	} >in
	jq -c '.command += ["{out}/result.json"]' in >in.new
	mv in.new in
	work
	same precious "$(cat file)"
	same b "$(jq -r 'select(.id == "b" and .output).output' out)"
}

@test "each attempt has a folder below the artifact root" {
	task 'shop/a b.js/desktop-chrome' 'echo "$0" hello' \
		'run: "r1", attempt: 2' >in
	work -o kept
	same 'r1/shop~a+20b.js~desktop-chrome/2' "$(complete .artifacts)"
	same 'sh hello' "$(cat "kept/$(complete .artifacts)/log.txt")"
	FT_ARTIFACTS=other work
	[ -d other/r1 ]
	work
	same null "$(complete .artifacts)"
}

@test "artifact names stay inside the root and apart from each other" {
	{
		task ../../x 'exit 0' 'run: ".."'
		task 'a/b' 'exit 0'
		task 'a~b' 'exit 0'
		task 'a+2Fb' 'exit 0'
		task "$(printf '%0900d' 1)" 'exit 0'
		task "$(printf '%0900d' 2)" 'exit 0'
		task same 'exit 0'
		task same 'exit 0'
	} >in
	work -j 4 -o kept
	same 8 "$(complete .artifacts | sort -u | wc -l)"
	complete .artifacts | while read -r path; do
		[ -f "kept/$path/log.txt" ]
	done
	same 'err
in
kept
out
private' "$(ls)"
}

# caching FLAG ... - work, where each spec prints its slot's cache and adds to it
caching() {
	cat >table.json <<-'E'
		{"note": {"argv": ["{root}/note", "{spec}"],
			"env": {"CACHE": "{cache}"},
			"exit": {"0": "passed", "1": "failed"}}}
	E
	cat >note <<-'E'
		#!/bin/sh
		mkdir -p "$CACHE"
		cd "$CACHE" && echo $(ls)
		touch "$CACHE/$1"
		eval "$END"
	E
	chmod +x note
	touch a b c
	printf '%s\t%s\n' "${ends[@]}" |
		jq -Rc 'split("\t") | {id: .[0], spec: .[0], runner: "note",
			timeout: 1, env: {END: .[1]}}' >in
	work -R table.json "$@"
	complete '.id + ": " + .output | rtrimstr("\n")' >seen
}

@test "what a start leaves in its cache is there for the slot's next one" {
	ends=(a 'exit 0' b 'exit 0' c 'exit 0')
	caching
	same 'a: ,b: a,c: a b' "$(paste -sd , seen)"
	same '' "$(ls "$TMPDIR")"
}

# half a file, say, which the next would take for a whole one
@test "a start that did not end well leaves nothing in the cache" {
	local how

	for how in 'kill -KILL $$' 'exit 1' 'sleep 60' \
		'rm -r "$CACHE"; : >"$CACHE"; exit 1'; do
		ends=(a 'exit 0' b "$how" c 'exit 0')
		caching
		same 'a: ,b: a,c: ' "$(paste -sd , seen)"
	done
}

@test "by hand the cache is a folder of its own" {
	ends=(a 'exit 0')
	caching
	complete .rerun >again
	grep -q ' CACHE="$out"/cache ' again
	same '' "$(sh again | tr -d '\n')"
}

@test "no two slots have one cache" {
	# neither looks before both have left something
	local both='until [ -e a.on ] && [ -e b.on ]; do sleep .02; done'
	local look="cd \"\$OLDPWD\"; : >\$1.on; $both; ls \"\$CACHE\""
	ends=(a "$look" b "$look")
	caching -j 2
	same passed "$(complete .result | sort -u)"
	same '"a: \na","b: \nb"' "$(complete '.id + ": " + .output | rtrimstr("\n") |
		@json' | sort | paste -sd ,)"
}

# Quotes, blanks, newlines, a dollar: as a spec's path and arguments may be.
@test "rerun repeats an attempt by hand, word for word" {
	mkdir -p "specs/it's"
	cat >"specs/it's/show" <<-'END'
		#!/bin/sh
		pwd
		printf '[%s]' "$CI$A" "$@" "$FT_RESULT_FILE"
		[ -d "$TMPDIR" ] && touch "$TMPDIR/x"
	END
	chmod +x "specs/it's/show"
	jq -cn '{id: "a", command: ["./it\u0027s/show", "", "a  b", "$(id) `id`",
		"*\n", "é\"\\", "{out}/x", "--to={out}/y"], env: {A: "b\u0027 $c"}}' >in
	work -C specs -o kept
	complete .rerun >again
	(cd / && sh "$OLDPWD/again") >by-hand
	complete .output >first
	kept=$PWD/kept/$(complete .artifacts)
	same "$(sed "s|$kept|OUT|g" first)" "$(sed "s|/[^]]*/tmp.[^]/]*|OUT|g" by-hand)"
	grep -q '\[--to=OUT/y\]' <<<"$(sed "s|$kept|OUT|g" first)"
	rm -r kept
	jq -cn '{id: "a", command: ["true", "x" * 9000], rerun: "old"}' >in
	work
	same null "$(complete .rerun)"
}

@test "-1 runs one task by hand, with the verdict on standard error" {
	{
		task a 'touch ran'
		task b 'echo old'
		task b 'echo out; echo "$X" >&2; touch "$TMPDIR/x"; exit 1' \
			'env: {X: "y z"}, timeout: 0.001, status: "complete"'
	} >in
	run -1 --separate-stderr work -1 b
	same out "$(cat out)"
	same 'y z
ft-run: b: failed: exit status 1' "$(cat err)"
	[ ! -e ran ]
	same '' "$(ls -A "$TMPDIR")"
	run -66 work -1 c
	grep -q "^ft-run: stdin: no task 'c'" err
	task a 'kill -9 $$' >in
	run -137 work -1 a
	printf '{"id":"a","spec":"../x"}\n{"id":"b"}\n' >in
	run -126 work -1 a
	grep -q '^ft-run: a: error refused: ' err
	run -65 work -1 b
}

@test "such a task has the terminal and leaves nothing behind" {
	command -v script || skip 'no script'
	task a "tty; $daemon read x; echo \"got \$x\"; exit 3" >in
	printf 'hello\n' | script -qec 'ft-run -1 a <in; echo "status $?"' /dev/null \
		3>&- | tr -d '\r' >out
	grep -qx '/dev/tty' out
	grep -qx 'got hello' out
	grep -qx 'status 3' out
	gone pids
	task a "$daemon $deaf" >in
	rm pids
	ft-run -1 a <in >out 2>err 3>&- &
	worker=$!
	poll eval '[ -s pids ] && [ "$(wc -l <pids)" = 2 ]'
	kill -TERM "$worker"
	ended 143
	gone pids
	same '' "$(ls -A "$TMPDIR")"
	for victim in ft-run guard; do
		rm pids
		ft-run -1 a <in >out 2>err 3>&- &
		worker=$!
		poll eval '[ -s pids ] && [ "$(wc -l <pids)" = 2 ]'
		if [ $victim = ft-run ]; then
			kill -KILL "$worker"
			ended 137
		else
			pkill -KILL -P "$worker"
			ended 71
		fi
		poll gone pids
		poll eval '[ -z "$(ls -A "$TMPDIR")" ]'
	done
}

@test "a line that is no task is told with its place, the rest is done" {
	{
		task a 'exit 0'
		printf '{"id":"b","command":"true"}\n{"id":"c"}\n{oops\n\n[1]\n'
		task d 'exit 0'
	} >in
	run -65 work
	same 'a
d' "$(complete .id)"
	grep -q '^ft-run: stdin:2:21: command: expected an array' err
	grep -q '^ft-run: stdin:3:1: expected a field spec' err
	grep -q '^ft-run: stdin:4:3: expected JSON' err
	grep -q '^ft-run: stdin:6:1: expected a JSON object' err
	same 4 "$(wc -l <err)"
}

@test "a last line without its newline counts" {
	task a 'exit 0' | tr -d '\n' >in
	work
	same passed "$(complete .result)"
}

@test "a running attempt beats at a third of its lease, or as -b says" {
	serve -j 2
	task a 'while [ ! -e go ]; do sleep .05; done' 'lease_ms: 300' >&5
	beats='[inputs | select(.status == "processing")] | length'
	poll eval '[ "$(jq -n "$beats" out)" -ge 4 ]'
	touch go
	ended 0
	task a 'sleep .5' >in
	work -b 0.1
	[ "$(jq -n "$beats" out)" -ge 3 ]
}

@test "the end of a lease elsewhere stops its attempt, and only that" {
	serve -j 2
	task a "$daemon echo \$\$ >>pids; sleep 1000" 'lease: "1-x"' >&5
	task b 'while [ ! -e go ]; do sleep .05; done' 'lease: "2-y"' >&5
	poll eval '[ -s pids ] && [ "$(wc -l <pids)" = 2 ]'
	printf '%s\n' '{"id":"a","lease":"0-w","status":"complete"}' \
		'{"id":"a","lease":"1-x","status":"complete"}' >&5
	poll told '.id == "a" and .status == "complete"'
	gone pids
	touch go
	ended 0
	same 'a error interrupted
b passed null' "$(complete '"\(.id) \(.result) \(.reason)"')"
}

@test "such a line is heard while every slot is busy" {
	serve -j 1
	task a 'touch a; sleep 1000' 'lease: "1-x"' >&5
	poll test -e a
	printf '%s\n' '{"id":"a","lease":"1-x","status":"complete"}' >&5
	task b 'exit 0' >&5
	poll told '.id == "b" and .status == "complete"'
	ended 0
}

# until_go - a script that says it has begun, and ends when it may
until_go='echo >>begun; while [ ! -e go ]; do sleep .05; done'

@test "a task that came before a slot is free starts when one is" {
	serve -j 1
	task a "$until_go" 'lease: "1-x"' >&5
	task b 'exit 0' 'lease: "2-x", wait_ms: 60000' >&5
	task c 'exit 0' 'lease: "3-x", wait_ms: 60000' >&5
	poll test -s begun
	# what comes behind it is read
	printf '%s\n' '{"id":"a","lease":"1-x","status":"complete"}' >&5
	ended 0
	same 'a error interrupted
b passed null
c passed null' "$(complete '"\(.id) \(.result) \(.reason)"')"
	same '' "$(jq 'select(has("wait_ms"))' out)"
}

@test "when none is in time it is handed back, and nothing else is" {
	serve -j 1
	task a "$until_go" 'lease: "1-x"' >&5
	task b 'exit 0' 'lease: "2-x", wait_ms: 100, x: 1' >&5
	task c 'exit 0' 'lease: "3-x", wait_ms: 60000' >&5
	task d 'exit 0' >&5
	poll told '.id == "b" and .status == "waiting"'
	touch go
	ended 0
	same 'b waiting unknown drain
a complete passed null
c complete passed null
d complete passed null' "$(jq -r 'select(.status != "processing") |
		"\(.id) \(.status) \(.result) \(.reason)"' out)"
	same 1 "$(jq 'select(.id == "b").x' out)"
	same '' "$(jq 'select(has("wait_ms"))' out)"
}

@test "what has waited too long does not start when a slot is free at last" {
	serve -j 1
	task a "$until_go" 'lease: "1-x"' >&5
	task b 'exit 0' 'lease: "2-x", wait_ms: 300' >&5
	printf 'nonsense\n' >&5
	poll grep -q stdin err
	kill -STOP "$worker"
	touch go
	sleep .4
	kill -CONT "$worker"
	ended 65
	same 'a complete
b waiting' "$(jq -r 'select(.status != "processing") | "\(.id) \(.status)"' \
		out | sort)"
}

@test "without a lease there is nobody to hand it back to" {
	task a 'sleep .2' >in
	task b 'exit 0' 'wait_ms: 1' >>in
	work
	same 'a passed
b passed' "$(complete '"\(.id) \(.result)"')"
}

@test "where a slot is free it waits for none" {
	task a 'exit 0' 'lease: "1-x", wait_ms: 0' >in
	work
	same passed "$(complete .result)"
}

@test "on TERM what waits for a slot is handed back" {
	serve -j 1
	task a "$until_go" 'lease: "1-x"' >&5
	task b 'exit 0' 'lease: "2-x", wait_ms: 60000' >&5
	task c 'exit 0' 'lease: "3-x", wait_ms: 60000' >&5
	task d 'exit 0' 'lease: "4-x", wait_ms: 60000' >&5
	printf 'nonsense\n' >&5
	poll test -s begun
	poll grep -q stdin err
	kill -TERM "$worker"
	poll told '.id == "d" and .status == "waiting"'
	touch go
	ended 65
	same 'b waiting drain
c waiting drain
d waiting drain
a complete null' "$(jq -r 'select(.status != "processing") |
		"\(.id) \(.status) \(.reason)"' out)"
}

@test "on INT what waits for a slot does not start" {
	serve -j 1
	task a "$until_go" 'lease: "1-x"' >&5
	task b 'touch b' 'lease: "2-x", wait_ms: 60000' >&5
	printf 'nonsense\n' >&5
	poll test -s begun
	poll grep -q stdin err
	kill -INT "$worker"
	ended 65
	same 'a waiting drain
b waiting drain' "$(jq -r 'select(.status != "processing") |
		"\(.id) \(.status) \(.reason)"' out | sort)"
	[ ! -e b ]
}

@test "on TERM running specs finish and the rest is handed back" {
	serve -j 1
	task a 'touch a; while [ ! -e go ]; do sleep .05; done' >&5
	task b 'touch b' 'x: 1' >&5
	poll test -e a
	kill -TERM "$worker"
	poll told '.id == "b" and .status == "waiting"'
	task c 'touch c' >&5
	poll told '.id == "c" and .status == "waiting"'
	touch go
	ended 0
	same 'a complete passed null
b waiting unknown drain
c waiting unknown drain' "$(jq -r 'select(.status != "processing") |
		"\(.id) \(.status) \(.result) \(.reason)"' out | sort)"
	same 1 "$(jq 'select(.id == "b").x' out)"
	[ ! -e b ] && [ ! -e c ]
}

@test "a spec that outlives the drain is stopped and handed back" {
	serve -d 0.2 -g 0.2
	task a "$daemon $deaf" >&5
	poll eval '[ -s pids ] && [ "$(wc -l <pids)" = 2 ]'
	kill -TERM "$worker"
	poll told '.id == "a" and .status == "waiting" and .reason == "drain"'
	gone pids
	ended 0
	same '' "$(complete .id)"
}

@test "INT stops at once, and waits for no more input" {
	serve -d 1000 -j 2
	task a 'touch a; sleep 1000' >&5
	task b 'touch b; sleep 1000' >&5
	poll test -e a -a -e b
	task c 'exit 0' >&5
	kill -INT "$worker"
	status=0
	wait "$worker" || status=$?
	worker=
	same 0 "$status"
	same 'a drain
b drain
c drain' "$(jq -r 'select(.status == "waiting") | "\(.id) \(.reason)"' out |
		sort)"
}

@test "a second TERM ends the drain, a third the grace" {
	serve -d 1000 -g 1000
	task a "$deaf" >&5
	poll test -s pids
	kill -TERM "$worker"
	task b 'exit 0' >&5
	poll told '.id == "b" and .status == "waiting"'
	kill -TERM "$worker"
	kill -0 "$(cat pids)"
	kill -INT "$worker"
	poll told '.id == "a" and .status == "waiting"'
	gone pids
	ended 0
}

@test "when nobody reads its records any more, it stops all and says so" {
	mkfifo pipe records
	ft-run -g 0.2 <pipe >records 2>err 3>&- &
	worker=$!
	exec 5>pipe 6<records
	task a "$daemon $deaf" >&5
	poll eval '[ -s pids ] && [ "$(wc -l <pids)" = 2 ]'
	exec 6<&-
	status=0
	wait "$worker" || status=$?
	worker=
	same 74 "$status"
	grep -q '^ft-run: stdout: ' err
	gone pids
	same '' "$(ls -A "$TMPDIR")"
}

@test "a full disk or a closed stream is exit status 74" {
	[ -z "${FT_VALGRIND-}" ] || skip 'valgrind takes a closed stream for its own'
	task a 'sleep 1000' >in
	run -74 --separate-stderr eval 'ft-run <in >/dev/full'
	[[ "$stderr" = "ft-run: stdout: No space left on device" ]]
	run -74 --separate-stderr eval 'ft-run <in >&-'
	[[ "$stderr" = "ft-run: stdout: Bad file descriptor" ]]
	run -74 --separate-stderr eval 'ft-run <&-'
	[[ "$stderr" = "ft-run: stdin: Bad file descriptor" ]]
}

@test "a wrong call is exit status 64" {
	for flags in -x '-s -1' '-s 1.5' -1 '-j 0' '-j 2x' '-t -1' '-t x' '-b 0' '-g 1e99' file; do
		run -64 ft-run $flags </dev/null
	done
	FT_WORKER='a b' run -64 ft-run </dev/null
}

@test "an expression whose copies multiply is refused, whatever bounds it has" {
	: >in
	for copies in '{1000}' '{1000,}' '{1,1000}' '{1000,1}'; do
		jq -n --arg e "((x$copies)$copies)$copies" '{a: {argv: ["true"],
			exit: {"0": "passed"}, reasons: {config: [$e]}}}' >table.json
		run -65 work -R table.json
		grep -q 'expected an expression of at most .* copies' err
	done
}

@test "a relative result file is below the working folder, wherever ft-run is" {
	mkdir -p here there
	echo '{"a": {"argv": ["sh", "{spec_path}"], "result": {"format": "junit",
		"file": "result.xml"}}}' >table.json
	echo '<testsuite><testcase name="x"/></testsuite>' >here/result.xml
	cat >there/a.sh <<-'E'
		printf '<testsuite><testcase name="x"><failure/></testcase></testsuite>' \
			>result.xml
	E
	echo '{"id":"a","spec":"a.sh","runner":"a"}' >in
	(cd here && ft-run -R ../table.json -C ../there <../in >../out)
	same failed "$(complete .result)"
}

@test "a spec root or a runner table that is missing is exit status 66" {
	run -66 ft-run -C missing </dev/null
	run -66 ft-run -R missing.json </dev/null
	run -74 ft-run -o /dev/null/x </dev/null
}

@test "no task is a success" {
	run -0 ft-run </dev/null
	same '' "$output"
}

@test "-h and -V go to standard output" {
	run -0 --separate-stderr ft-run -h
	[[ "$output" = "usage: ft-run "* ]]
	run -0 --separate-stderr ft-run -V
	[[ "$output" = "ft-run (funkytown) "* ]]
}
