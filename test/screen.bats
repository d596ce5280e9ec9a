#!/usr/bin/env bats
# What is seen of a run on a terminal, which is tmux, and what is not sent to
# anything else.
load helper

setup_file() {
	redis_start
}

teardown_file() {
	redis_stop
}

setup() {
	needs tmux
	cd "$BATS_TEST_TMPDIR" || return
	redis FLUSHALL >/dev/null
	export FT_RUN=monday LC_ALL=C.UTF-8
	unset NO_COLOR
	pids=
	windows=0
}

teardown() {
	local pid

	leave
	for pid in $pids; do
		kill -KILL "$pid" 2>/dev/null || :
	done
}

terminal() {
	tmux -S "tmux$windows" -f /dev/null "$@"
}

# at COLUMNS ROWS COMMAND - run a shell's command on a terminal of that size
# The terminal stays when it has ended, and every byte sent to it is in $raw.
# A second one has a server of its own, since the first takes time to go.
at() {
	leave
	windows=$((windows + 1))
	printf '%s\necho "status $?"\nexec sleep 1000\n' "$3" >./command
	terminal new-session -d -x "$1" -y "$2" "until [ -e go$windows ]; do
		sleep 0.02; done; exec sh ./command" 3>&-
	raw=raw$windows
	terminal pipe-pane -o "cat >$raw"
	: >"go$windows"
}

leave() {
	[ ! -S "tmux$windows" ] || terminal kill-server
}

screen() {
	terminal capture-pane -p "$@"
}

sees() {
	screen | grep -q -- "$1"
}

# The cursor: whether it is visible, and its row from 0
cursor() {
	terminal display -p '#{cursor_flag} #{cursor_y}'
}

# widest - columns of the longest line on the screen
widest() {
	screen | wc -L
}

narrower() {
	[ "$(widest)" -lt "$1" ] && sees ' of 8'
}

# A run of eight tasks: two running, one passed, one failed, four waiting.
half_a_run() {
	tasks a b c d e f g h | ft-push 2>/dev/null
	ft-pop -n | ended_as passed | ft-result
	ft-pop -n | ended_as failed '"reason":"exit"' | ft-result
	ft-pop -f -j 2 -w here >leased 3>&- &
	pids=$!
	poll two_leased
	jq -c --unbuffered '.started_ms = (now * 1000 | floor)
		| .status = "processing"' leased | ft-result >/dev/null
}

two_leased() {
	[ "$(wc -l <leased)" = 2 ]
}

# ended_all - whatever is leased passes, until nothing is left
ended_all() {
	poll ended_more
}

ended_more() {
	ended_as passed <leased | ft-result
	ft-stats -q
}

@test "ft-stats -f is one block: bar, counts, times, and what runs how long" {
	half_a_run >/dev/null
	at 90 20 'ft-stats -f'
	poll sees ' monday .*━─.* 2 of 8'
	sees '1 passed  1 failed  2 running  4 waiting'
	sees 'so far .*bound .*2 slots on 1 worker'
	sees '[0-9]:[0-9][0-9]  c  *here'
	sees '[0-9]:[0-9][0-9]  d  *here'
	poll sees '[0-9]:[0-9][1-9]  c'
	[ "$(cursor)" = '0 0' ]
	same 5 "$(screen | grep -c .)"
	ended_all
	poll sees 'status 0'
	sees ' monday .*━━ *8 of 8'
	sees '7 passed  1 failed$'
	sees 'took '
	run ! sees running
	same 4 "$(screen | grep -c .)"
	same 1 "$(cursor | cut -d ' ' -f 1)"
}

@test "the block is as wide as the terminal, and follows it at once" {
	jq -nc 'range(8) | {spec: "x", id: ("long" * 40 + "/\(.)")}' |
		ft-push >/dev/null 2>&1
	ft-pop -n >/dev/null
	at 100 20 'ft-stats -f'
	for columns in 60 100 33 20 120; do
		terminal resize-window -x "$columns"
		poll narrower "$columns"
		sees '…*long'
	done
	terminal resize-window -x 80 -y 4
	poll sees ' of 8'
}

@test "of a long name the end is seen, where pods and specs differ" {
	jq -nc '{spec: "x", id: ("long" * 40 + "/end of it")}' |
		ft-push >/dev/null 2>&1
	ft-pop -n -w "a-deployment-of-many-workers-x7k2p" >/dev/null
	at 80 20 'ft-stats -f'
	poll sees '…[a-z]*/end of it  …[a-z-]*-x7k2p$'
}

@test "the block leaves room for itself: many specs are told by number" {
	seq 40 | sed 's/.*/{"id":"t&","spec":"t&"}/' | ft-push >/dev/null 2>&1
	ft-pop -f -j 40 >leased 3>&- &
	pids=$!
	all_leased() {
		[ "$(wc -l <leased)" = 40 ]
	}
	poll all_leased
	at 80 12 'ft-stats -f'
	poll sees 'and [0-9]* more'
	sees ' monday '
	[ "$(cursor)" = '0 0' ]
}

@test "INT leaves what is shown, and a cursor below it" {
	half_a_run >/dev/null
	# an interactive shell goes on after it, as people's do
	at 80 20 'exec bash --norc --noprofile -i'
	terminal send-keys 'PS1="ready "' Enter
	poll sees '^ready'
	terminal send-keys 'clear; ft-stats -f' Enter
	poll sees ' of 8'
	same 0 "$(cursor | cut -d ' ' -f 1)"
	terminal send-keys C-c
	poll sees '^ready'
	last=$(screen | grep -n . | tail -n 1 | cut -d : -f 1)
	same "1 $((last - 1))" "$(cursor)"
	sees ' monday .* 2 of 8'
}

# What the shell said of the stop is gone with the frame before it.
drawn_anew() {
	sees ' 2 of 8' && ! sees Stopped
}

@test "stopped and continued, it draws itself again" {
	half_a_run >/dev/null
	at 80 20 'exec bash --norc --noprofile -i'
	terminal send-keys 'PS1="ready "' Enter
	poll sees '^ready'
	terminal send-keys 'clear; ft-stats -f' Enter
	poll sees ' of 8'
	terminal send-keys C-z
	poll sees '^ready'
	sees Stopped
	same 1 "$(cursor | cut -d ' ' -f 1)"
	terminal send-keys 'clear; fg' Enter
	poll drawn_anew
}

@test "colours are for terminals that have some and people who want some" {
	half_a_run >/dev/null
	at 80 20 'ft-stats -f'
	poll sees ' of 8'
	poll grep -q "$(printf '\033\\[32m')" $raw
	at 80 20 'NO_COLOR=1 ft-stats -f'
	poll sees ' of 8'
	poll grep -q ' of 8' $raw
	run ! grep -q "$(printf '\033\\[[0-9;]*m')" $raw
}

@test "a dumb terminal gets plain lines, a sentence each" {
	half_a_run >/dev/null
	at 200 20 'TERM=dumb ft-stats -f'
	poll sees '^monday: 2 of 8 done, 1 passed, 1 failed, 2 running, 4 waiting'
	ended_all
	poll sees '^monday: 8 of 8 done, 7 passed, 1 failed$'
	poll grep -q 'status 0' $raw
	run ! grep -q "$(printf '\033')" $raw
}

@test "without UTF-8 the block is ASCII" {
	half_a_run >/dev/null
	at 80 20 'LC_ALL=C ft-stats -f'
	poll sees ' monday .*#--* *2 of 8'
}

@test "what is no terminal gets records, and no sign of a block" {
	half_a_run >/dev/null
	at 80 20 'ft-stats -f >out; ft-stats -a -f >all'
	poll test -s out
	ended_all
	poll grep -q 'status 0' $raw
	same 8 "$(tail -n 1 out | jq .complete)"
	run ! grep -q "$(printf '\033')" out all $raw
}

@test "no spec writes on the terminal what it likes" {
	jq -nc '{spec: "x", id: "\u001b[2Jevil\u009b\u202e日本\n", runner: "command",
		command: ["sleep", "1000"]}' >tasks.jsonl
	at 80 20 'ft-run <tasks.jsonl | cat >records'
	poll sees '?\[2Jevil'
	sees '日本'
	poll grep -q '日本' $raw
	run ! grep -q "$(printf '\033\\[2J\|\302\233')" $raw
}

@test "ft-run shows what runs and how it went, and its records stay records" {
	jq -nc 'range(3) | {id: "t\(.)", spec: "t\(.)", runner: "command",
		command: ["sh", "-c", "until [ -e end ]; do sleep 0.05; done;
			exit \(if . > 0 then 1 else 0 end)"]}' >tasks.jsonl
	at 80 20 'ft-run -j 2 <tasks.jsonl >records'
	poll sees '0:0[1-9]  t0'
	poll sees '0:0[1-9]  t1'
	sees ' ft-run  0 done'
	: >end
	poll sees 'status 0'
	sees ' ft-run  3 done'
	sees '1 passed  2 failed'
	same 1 "$(cursor | cut -d ' ' -f 1)"
	same 3 "$(jq -c 'select(.status == "complete")' records | wc -l)"
}

@test "what takes long says so: ft-push, ft-stats and ft-report-html" {
	mkfifo slow
	i=0
	at 80 20 'ft-push <slow >pushed'
	exec 4>slow
	pushes() {
		task "t$((i += 1))" >&4
		sees 'tasks pushed  [0-9]'
	}
	poll pushes
	exec 4>&-
	poll sees 'run monday: .* added'
	run ! sees 'tasks pushed'
	same 1 "$(cursor | cut -d ' ' -f 1)"
	at 80 20 'ft-report-html <slow >page.html'
	exec 4>slow
	records() {
		task "u$((i += 1))" >&4
		sees 'records read  [0-9]'
	}
	poll records
	exec 4>&-
	poll sees 'status 0'
	run ! sees 'records read'
	tail -n 1 page.html | grep -q '</html>'
}

@test "one of a pipeline draws, the others leave it the terminal" {
	mkfifo slow
	at 80 20 'ft-stats -a - <slow | ft-report-html >page.html'
	exec 4>slow
	i=0
	records() {
		task "u$((i += 1))" >&4
		sees 'records read  [0-9]'
	}
	poll records
	same 1 "$(screen | grep -c 'records read')"
	exec 4>&-
	poll sees 'status 0'
}
