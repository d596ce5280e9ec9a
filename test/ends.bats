#!/usr/bin/env bats
# However an attempt ends, nothing of it is left: real Chromium and Firefox at
# the same time, each with a web server of Playwright's and a daemon.
load helper

setup_file() {
	if command -v npm >/dev/null; then
		(cd "$root/specs" && "$root/scripts/npm-ci.sh")
	fi
	redis_start
}

teardown_file() {
	redis_stop
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	redis FLUSHALL >/dev/null
	export SPEC_ROOT=$PWD/specs
	mkdir specs tmp
	mark=FT_TEST_MARK=$$-$BATS_TEST_NUMBER
	pid='' patience=120 # browsers are slow
}

# Nothing may outlive the test either, also when it failed.
teardown() {
	exec 5>&-
	[ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null || :
	marked | while read -r left; do
		kill -KILL "$left" 2>/dev/null || :
	done
}

# The spec opens a page, starts a daemon that forks twice and heeds no signal,
# tells that it is ready, and hangs until there is a file named end.
hanging_specs() {
	needs node chromium firefox-esr
	ln -s "$root/specs/node_modules" specs/node_modules
	cp "$root/specs/playwright.config.ts" specs/of-the-samples.ts
	cat >specs/playwright.config.ts <<-'END'
		import samples from './of-the-samples';
		const port = Number(process.env.PORT);
		export default { ...samples, timeout: 0, webServer: {
			command: `node server.js ${port}`, port } };
	END
	cat >specs/server.js <<-'END'
		for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => {});
		require('http').createServer((_, answer) => answer.end('<p>hello'))
			.listen(Number(process.argv[2]), '127.0.0.1');
	END
	cat >specs/hang.spec.ts <<-'END'
		import { test } from '@playwright/test';
		import { spawn } from 'node:child_process';
		import { existsSync, writeFileSync } from 'node:fs';
		test('hangs', async ({ page }, { project }) => {
			await page.goto(`http://127.0.0.1:${process.env.PORT}/`);
			spawn('sh', ['-c', `trap "" INT TERM HUP
				(setsid sh -c "while :; do sleep 1000; done" &) &`],
				{ detached: true, stdio: 'ignore' });
			writeFileSync(`${project.name}.ready`, '');
			while (!existsSync('end'))
				await new Promise((go) => setTimeout(go, 50));
		});
	END
	local browser

	for browser in chrome firefox; do
		jq -cn --arg browser $browser --arg port "$(free_port)" \
			'{id: $browser, spec: "hang.spec.ts", viewport: "desktop",
			browser: $browser, lease: $browser, timeout: 300,
			env: {PORT: $port}}'
	done >tasks
}

# marked - the processes that have this test's mark in their environment
marked() {
	grep -laF "$mark" /proc/[0-9]*/environ 2>/dev/null | cut -d / -f 3
}

# family PID - it and its descendants, as "pid start", which name a process
# for good: browsers write over their environment
family() {
	cat /proc/[0-9]*/stat 2>/dev/null |
		sed 's/(.*)/x/' |
		awk -v top="$1" '{ parent[$1] = $4; start[$1] = $22 }
			END {
				for (p in parent) {
					for (q = p; q > 1 && q != top; q = parent[q])
						;
					if (q == top)
						print p, start[p]
				}
			}'
}

# left - those of the file family that still live
left() {
	local one start

	while read -r one start; do
		[ "$(sed 's/(.*)/x/' "/proc/$one/stat" 2>/dev/null |
			cut -d ' ' -f 22)" != "$start" ] || printf '%s\n' "$one"
	done <family
}

ready() {
	[ -e specs/desktop-chrome.ready ] && [ -e specs/desktop-firefox.ready ]
}

# await_ready PID - both browsers run; the file family tells what is to go
await_ready() {
	poll ready || {
		cat out err
		return 1
	}
	family "$1" >family
	# Playwright, a server, a daemon, a browser of several processes: twice
	[ "$(wc -l <family)" -ge 20 ]
}

# A supervisor needs a moment after ft-run was killed.
nothing_left() {
	[ -z "$(left)$(marked)" ] && [ -z "$(ls -A tmp)" ]
}

assert_nothing_left() {
	poll nothing_left || {
		ps -o pid,ppid,stat,args -p "$({ left; marked; } | xargs | tr ' ' ,)"
		ls -A tmp
		return 1
	}
}

# serve FLAG ... - start ft-run; descriptor 5 is its input, pid it
serve() {
	mkfifo pipe
	env "$mark" TMPDIR="$PWD/tmp" ft-run -j 2 "$@" <pipe >out 2>err 3>&- &
	pid=$!
	exec 5>pipe
	cat tasks >&5
}

told() {
	[ "$(jq -n "[inputs | select($1)] | length" out)" = "$2" ]
}

@test "when it ends by itself" {
	hanging_specs
	serve
	await_ready "$pid"
	touch specs/end
	poll told '.status == "complete" and .result == "passed"' 2
	same 'ft-run' "$(for one in $(left) $(marked); do
		cat "/proc/$one/comm"; done | sort -u)"
	exec 5>&-
	ends 0 "$pid"
	assert_nothing_left
}

# A busy machine may not have the browsers ready by a short deadline: then the
# longer one is tried.
@test "at its deadline" {
	hanging_specs
	sed -i 's/"timeout":300/"timeout":20/' tasks
	serve -g 5
	await_ready "$pid" || {
		exec 5>&-
		ends 0 "$pid"
		rm -f pipe specs/*.ready
		sed -i 's/"timeout":20/"timeout":100/' tasks
		serve -g 5
		await_ready "$pid"
	}
	poll told '.status == "complete" and .reason == "timeout"' 2
	same 'ft-run' "$(for one in $(left) $(marked); do
		cat "/proc/$one/comm"; done | sort -u)"
	exec 5>&-
	ends 0 "$pid"
	assert_nothing_left
}

@test "when it hangs itself, browser and all" {
	hanging_specs
	serve -g 1
	await_ready "$pid"
	# all but ft-run and its supervisors
	while read -r one _; do
		[ "$(cat "/proc/$one/comm")" = ft-run ] || kill -STOP "$one" || :
	done <family
	printf '{"id":"x","status":"complete","lease":"%s"}\n' chrome firefox >&5
	poll told '.status == "complete" and .reason == "interrupted"' 2
	exec 5>&-
	ends 0 "$pid"
	assert_nothing_left
}

@test "when ft-run is killed" {
	hanging_specs
	serve
	await_ready "$pid"
	kill -KILL "$pid"
	ends 137 "$pid"
	assert_nothing_left
}

# work COMMAND ... - push the tasks and start a worker for them
work() {
	jq -c 'del(.lease)' tasks | ft-push -r ends >/dev/null
	env "$mark" TMPDIR="$PWD/tmp" FT_RUN=ends "$@" >out 2>err 3>&- &
	pid=$!
}

state() {
	ft-stats -r ends | jq -e "$1"
}

@test "when the worker is told to stop" {
	hanging_specs
	work "$root/scripts/worker.sh" -j 2
	await_ready "$pid"
	# the first is to drain, the next is in earnest
	told_twice() {
		kill -TERM "$pid"
		state '.waiting == 2'
	}
	poll told_twice
	ends 143 "$pid"
	assert_nothing_left
	state '.lost == 0'
}

@test "when the worker is killed" {
	hanging_specs
	work "$root/scripts/worker.sh" -j 2
	await_ready "$pid"
	kill -KILL "$pid"
	ends 137 "$pid"
	assert_nothing_left
	poll state '.waiting == 2 and .lost == 0'
}

@test "a worker hands flags on to ft-run" {
	task a '"command":["sleep","1000"]' >tasks
	work "$root/scripts/worker.sh" -- -t 0.1 -o "$PWD/kept"
	ends 0 "$pid"
	same timeout "$(ft-stats -r ends -a | jq -r .reason)"
	[ -f kept/ends/a/1/log.txt ]
	exits 64 "$root/scripts/worker.sh" -x
}

@test "a worker that is the first process of a container stops when told" {
	unshare --pid --fork --mount-proc true 2>/dev/null ||
		skip 'no PID namespace can be made here'
	task a '"command":["sleep","1000"]' >tasks
	work unshare --pid --fork --mount-proc "$root/scripts/worker.sh"
	poll state '.processing == 1'
	init=$(pgrep -P "$pid")
	told_twice() {
		kill -TERM "$init"
		state '.waiting == 1'
	}
	poll told_twice
	ends 143 "$pid"
	same '' "$(marked)"
}

# What a terminal does at ^C: every process that it runs gets INT.
@test "a worker's pipeline on a terminal ends at INT and hands back" {
	needs script
	task a '"command":["sh","-c","setsid sleep 1000 & sleep 1000"]' |
		ft-push -r ends >/dev/null
	mkfifo keys
	env "$mark" TMPDIR="$PWD/tmp" FT_RUN=ends script -qec \
		'ft-pop -f | ft-run -g 0.5 | ft-result' screen <keys >/dev/null 2>&1 3>&- &
	pid=$!
	exec 5>keys
	poll state '.processing == 1'
	family "$pid" >family
	[ "$(wc -l <family)" -ge 6 ]
	printf '\003' >&5
	poll state '.waiting == 1'
	poll ended "$pid"
	wait "$pid" || :
	assert_nothing_left
	state '.lost == 0'
}
