#!/usr/bin/env bats
# The scripts: controller, workers, reporter, quick start, with real programs,
# a real Redis and a real web server.
load helper

setup() {
	needs curl lighttpd xmllint pgrep python3
	unset FT_SLOTS
	cd "$BATS_TEST_TMPDIR" || return
	port=$(free_port)
	FT_PORT=$(free_port)
	export REDIS_HOST=127.0.0.1 REDIS_PORT=$port FT_PORT
	export SPEC_ROOT=$PWD/specs
	mkdir specs
	spec good 'echo fine'
	spec bad 'echo "no such button"; exit 1'
	pids=
}

teardown() {
	# shellcheck disable=SC2086 # a list of words
	[ -z "$pids" ] || kill $pids 2>/dev/null || :
	wait
	[ -n "${BATS_TEST_COMPLETED-}" ] || tail ./*.log || :
}

spec() {
	printf '#!/bin/sh\n%s\n' "$2" >"specs/$1"
	chmod +x "specs/$1"
}

map() {
	jq -n '{groups: [{name: "g", tasks: [$ARGS.positional[] |
		{spec: ., viewports: ["desktop", "mobile"], browsers: ["chrome"]}]}]}' \
		--args "$@" >specs/map.json
}

controller() {
	GROUP_TASKS_FILE=specs/map.json FT_BIND=127.0.0.1 \
		"$root/scripts/controller.sh" >controller.log 2>&1 3>&- &
	controller=$!
	pids="$pids $!"
}

worker() {
	FT_WORKER=$1 "$root/scripts/worker.sh" -j 2 >"$1.jsonl" 2>"$1.log" 3>&- &
	pids="$pids $!"
}

# on_redis - a Redis on the port, for what needs no controller
on_redis() {
	redis-server --port "$port" --save '' >redis.log 2>&1 3>&- &
	pids="$pids $!"
	poll redis-cli -p "$port" ping
}

page_says() {
	curl -sf --path-as-is "http://127.0.0.1:$FT_PORT$1" | grep -qF "$2"
}

running() {
	[ "$(ft-stats | jq .processing)" = "$1" ]
}

draining() {
	redis-cli -p "$REDIS_PORT" --raw hvals \
		"ft:{$(ft-stats | jq -r .run)}:workers" | grep ' d '
}

tasks_finished() {
	[ "$(redis-cli -p "$REDIS_PORT" hget runmeta tasksfinished)" = "$1" ]
}

@test "workers started before and after the controller finish the run" {
	spec good 'sleep 1'
	map good bad
	worker before
	before=$!
	poll grep -q 'waiting for Redis' before.log
	controller
	worker after
	wait $before
	poll ft-stats -q
	run -1 ft-stats -e
	[ "$(jq -r '"\(.state) \(.passed) \(.failed)"' <<<"$output")" = \
		'finished 2 2' ]
	poll tasks_finished 4
}

@test "a worker that waited for a run which others finished is done as well" {
	map good
	on_redis
	worker idle
	idle=$!
	poll grep -q 'waiting for a run' idle.log
	kill -STOP $idle
	ft-expand specs/map.json | ft-push >/dev/null 2>&1
	ft-pop -f | ft-run | ft-result >/dev/null
	kill -CONT $idle
	wait $idle
	# but a run that was finished before a worker came is not its run
	worker late
	poll grep -q 'waiting for the next' late.log
}

@test "the controller serves the page and the other formats until told to stop" {
	map good
	controller
	worker w
	poll page_says / '<!doctype html>'
	poll page_says /results 'All 2 passed'
	poll page_says /stats.json '"state":"finished"'
	page_says /health ok
	page_says /metrics funkytown_
	page_says /junit.xml '<testsuites'
	page_says /results.jsonl '"result":"passed"'
	run ! page_says /../tasks.jsonl spec
	kill -TERM $controller
	status=0
	wait $controller || status=$?
	[ "$status" -eq 143 ]
	run ! curl -sf "http://127.0.0.1:$FT_PORT/"
}

# children PID NAME - its descendants' numbers of that command line
children() {
	local pid

	for pid in $(pgrep -P "$1"); do
		pgrep -P "$pid" -fx "$2" || :
	done
}

follows() {
	follower=$(children $controller 'ft-stats -f') && [ -n "$follower" ]
}

@test "the controller's monitor comes back, and ends with it" {
	[ -z "${FT_VALGRIND-}" ] || skip 'valgrind hides the name of a program'
	on_redis
	map good
	FT_REDIS=external controller
	poll follows
	first=$follower
	kill -KILL "$first"
	poll eval 'follows && [ "$follower" != "$first" ]'
	worker w
	poll ft-stats -q
	poll tasks_finished 2
	poll grep -q 'is finished' controller.log
	# told to stop while it follows a run, it leaves nobody who does
	kill -TERM $controller
	ends 143 $controller
	FT_RUN=other FT_REDIS=external controller
	poll follows
	kill -TERM $controller
	ends 143 $controller
	ended "$follower"
}

@test "a controller whose page grows old ends, and serves it no longer" {
	on_redis
	map good
	FT_REDIS=external controller
	poll page_says / '<!doctype html>'
	kill -TERM "$(pgrep -P $controller -f 'reporter.sh -i')"
	ends 70 $controller
	run ! curl -sf "http://127.0.0.1:$FT_PORT/"
}

@test "a worker never takes a Redis that is gone for a run that is finished" {
	on_redis
	map good
	ft-expand specs/map.json | ft-push >/dev/null 2>&1
	ft-pop -f | ft-run | ft-result >/dev/null
	cp -R "$root/scripts" .
	mkdir own
	# it answers whether the run is finished, but the second time not which it is
	cat >own/ft-stats <<-END
		#!/bin/sh
		[ "\$1" = -q ] || [ -e failed ] || [ ! -e once ] || { : >failed; exit 69; }
		[ "\$1" = -q ] || : >once
		exec "$root/bin/ft-stats" "\$@"
	END
	chmod +x own/ft-stats
	PATH=$PWD/own:$PATH scripts/worker.sh >out 2>worker.log 3>&- &
	worker=$!
	pids="$pids $worker"
	poll test -e failed
	ft-expand specs/map.json | ft-push -r next >/dev/null 2>&1
	ends 0 $worker
	ft-stats -r next -e
}

@test "an artifact is never a page of the reporter's origin" {
	spec leaves 'echo "<script>alert(1)</script>" >"$FT_OUT/evil.html"; exit 1'
	map leaves
	jq '.groups[0].tasks[0].command = ["sh", "-c",
		"echo \"<script>\" >\"$0/evil.html\"; exit 1", "{out}"]' \
		specs/map.json >specs/map2.json
	mv specs/map2.json specs/map.json
	export FT_ARTIFACTS=$PWD/artifacts
	controller
	worker w
	poll ft-stats -q
	poll page_says /health ok
	path=$(ft-stats -a | jq -r 'select(.viewport == "mobile").artifacts')
	run curl -sfi "http://127.0.0.1:$FT_PORT/artifacts/$path/evil.html"
	grep -qi 'content-security-policy: sandbox' <<<"$output"
	grep -qi 'x-content-type-options: nosniff' <<<"$output"
}

@test "half a map never looks green: a bad map is not pushed at all" {
	printf '{"groups":[{"name":"g","tasks":[{"spec":"good","viewports":["d"],"browsers":["c"]},{"spec":7}]}]}' \
		>specs/map.json
	controller
	status=0
	wait $controller || status=$?
	[ "$status" -eq 65 ]
	grep -q 'map.json:1:' controller.log
}

@test "a worker that is told to stop drains, hands back and exits 143" {
	spec slow 'sleep 60'
	map slow
	controller
	FT_WORKER=w "$root/scripts/worker.sh" -j 2 >w.jsonl 2>w.log 3>&- &
	worker=$!
	pids="$pids $!"
	poll running 2
	kill -TERM $worker
	# a second one does not wait for the drain
	poll draining
	kill -TERM $worker
	status=0
	wait $worker || status=$?
	[ "$status" -eq 143 ]
	[ "$(ft-stats | jq -r '"\(.waiting) \(.lost) \(.retried)"')" = '2 0 0' ]
	run -1 pgrep -f "$PWD/specs/slow"
}

@test "a worker's -S is how many tasks may share a start" {
	map good
	on_redis
	ft-expand specs/map.json | ft-push -r s >/dev/null
	FT_RUN=s "$root/scripts/worker.sh" -S 3 >w.jsonl
	[ "$(redis-cli -p "$port" HVALS 'ft:{s}:workers' | awk '{ print $NF }')" = 3 ]
	run -64 "$root/scripts/worker.sh" -S
}

@test "a worker that waits for the next run reads no task of the last" {
	map good
	on_redis
	ft-expand specs/map.json | ft-push >/dev/null
	ft-pop -f | ft-run | ft-result >/dev/null
	redis-cli -p "$port" monitor >commands 3>&- &
	pids="$pids $!"
	poll grep -q OK commands
	worker w
	poll grep -q 'waiting for the next' w.log
	poll grep -q 'runmeta' commands
	run -1 grep ':task:' commands
}

@test "a worker whose ft-run does not start takes no task" {
	map good
	on_redis
	ft-expand specs/map.json | ft-push -r s >/dev/null
	export FT_RUN=s
	echo '{"a":1}' >bad.json
	run -66 "$root/scripts/worker.sh" -- -R none.json
	run -65 "$root/scripts/worker.sh" -- -R bad.json
	run -64 "$root/scripts/worker.sh" -- -Z
	same '2 0' "$(ft-stats | jq -r '"\(.waiting) \(.workers)"')"
}

@test "the reporter makes its files once, as from cron" {
	map good
	on_redis
	ft-expand specs/map.json | ft-push >/dev/null
	"$root/scripts/reporter.sh" web
	[ "$(jq -r .waiting web/stats.json)" = 2 ]
	grep -qF '</html>' web/index.html
	xmllint --noout web/junit.xml
	[ -z "$(find web -name '.*.new')" ]
}

# a_run NAME - the map, pushed and run to its end
a_run() {
	ft-expand specs/map.json | ft-push -r "$1" >/dev/null 2>&1
	ft-pop -f -r "$1" | ft-run -o artifacts | ft-result -r "$1" >/dev/null
}

reporter() {
	FT_ARTIFACTS=artifacts FT_BIND=127.0.0.1 \
		"$root/scripts/reporter.sh" "$@" >reporter.log 2>&1 3>&- &
	reporter=$!
	pids="$pids $!"
}

@test "the history that is kept has the mode and the place that it had" {
	on_redis
	map good
	a_run monday
	export FT_RUN=monday
	(umask 022 && "$root/scripts/keep-history.sh" new.jsonl)
	same 644 "$(stat -c %a new.jsonl)"
	mkdir far
	: >far/history.jsonl
	chmod 640 far/history.jsonl
	ln -s far/history.jsonl link.jsonl
	"$root/scripts/keep-history.sh" link.jsonl
	[ -L link.jsonl ]
	same 640 "$(stat -c %a far/history.jsonl)"
	same 2 "$(grep -c '"g/good/' far/history.jsonl)"
	# and it is enough for a viewport that never ran
	redis-cli -p "$port" DEL ft:history >/dev/null
	sed -n 's/desktop/mobile/gp;q' far/history.jsonl |
		jq -c '{id, group, spec}' | ft-push -r kin -H far/history.jsonl |
		jq -e .expected_ms
	jq -nc '(1, 2) as $k | {id: "g/w/\($k)of2", group: "g", spec: "w",
		whole: "g/w", part: $k, parts: 2, status: "complete",
		result: "passed", duration_ms: ($k * 1000)}' |
		jq -cnf "$root/lib/jq/history.jq" >parts.jsonl
	echo '{"id":"g/w","group":"g","spec":"w"}' |
		ft-push -r parts -H parts.jsonl >pushed
	same 3000 "$(jq .expected_ms pushed)"
	same far/history.jsonl "$(find . -name 'history.jsonl*' -printf '%P\n')"
}

# headers PATH - of what the web server says, in lower case
headers() {
	curl -sI --path-as-is "http://127.0.0.1:$FT_PORT$1" | tr 'A-Z\r' 'a-z '
}

@test "the reporter lists the runs, the newest first, each with its page" {
	on_redis
	map good
	a_run monday
	map good bad
	a_run tuesday
	ft-expand specs/map.json | ft-push -r wednesday >/dev/null 2>&1
	reporter -a -i 0.2 -p "$FT_PORT" web
	poll page_says / 'href="runs/monday/"'
	same 'wednesday tuesday monday' "$(curl -sf "http://127.0.0.1:$FT_PORT/" |
		sed -n 's/.*href="runs\/\(.*\)\/">.*/\1/p' | paste -sd ' ')"
	page_says / '2 of 4 failed'
	page_says / 'All 2 passed'
	poll page_says /runs/monday/ 'All 2 passed'
	page_says /runs/tuesday/ 'no such button'
	page_says /runs/wednesday/ '0 of 4 done'
	page_says /runs/tuesday/metrics 'funkytown_tasks{run="tuesday",state="failed"} 2'
	a_run wednesday
	poll page_says /runs/wednesday/ '2 of 4 failed'
	gone() {
		! page_says / 'of 4 done'
	}
	poll gone
	kill -TERM $reporter
	status=0
	wait $reporter || status=$?
	same 143 "$status"
}

@test "a page is written when its run has changed, and then whole" {
	on_redis
	map good
	ft-expand specs/map.json | ft-push -r r >/dev/null 2>&1
	reporter -i 0.05 web
	poll grep -qF '</html>' web/index.html
	looks() {
		redis-cli -p "$port" info commandstats |
			sed -n 's/^cmdstat_eval.*:calls=\([0-9]*\),.*/\1/p' | awk '{ n += $1 } END { print n }'
	}
	written() {
		stat -c %i web/index.html
		redis-cli -p "$port" info commandstats | grep -o 'lrange:calls=[0-9]*'
	}
	# five looks that find nothing new read nothing and write nothing
	at_rest() {
		local before some

		before=$(written)
		some=$(looks)
		poll eval '[ "$(looks)" -gt $((some + 5)) ]'
		[ "$before" = "$(written)" ]
	}
	poll at_rest
	FT_RUN=r ft-pop -n >/dev/null
	poll grep -qF '"status":"processing"' web/results.jsonl
}

@test "nobody who reads ever sees half a page" {
	on_redis
	map good
	ft-expand specs/map.json | ft-push -r r >/dev/null 2>&1
	cp -R "$root/scripts" "$root/lib/jq" .
	mkdir own
	ln -s "$root"/bin/* own
	rm own/ft-report-html
	# it prints half, and the other half when it may
	cat >own/ft-report-html <<-END
		#!/bin/sh
		"$root/bin/ft-report-html" "\$@" >whole
		head -c 2000 whole
		: >half
		until [ -e go ]; do sleep 0.05; done
		tail -c +2001 whole
	END
	chmod +x own/ft-report-html
	: >go
	PATH=$PWD/own:$PATH FT_RUN=r scripts/snapshot.sh web
	[ "$(tail -n 1 web/index.html)" = '</html>' ]
	rm go half
	FT_RUN=r ft-pop -n >/dev/null
	PATH=$PWD/own:$PATH FT_RUN=r scripts/snapshot.sh web 3>&- &
	pids="$pids $!"
	poll test -e half
	[ "$(tail -n 1 web/index.html)" = '</html>' ]
	run ! grep -q 'of 2 done, 1 running' web/index.html
	before=$(stat -c %i web/index.html)
	: >go
	ends 0 $!
	[ "$(tail -n 1 web/index.html)" = '</html>' ]
	[ "$(stat -c %i web/index.html)" != "$before" ]
}

@test "artifacts are of another origin than the page, and nothing else is served" {
	on_redis
	map good
	a_run monday
	echo secret >secret
	mkdir -p artifacts/monday/x web
	echo '<script>parent.pwned = 1</script>' >artifacts/monday/x/evil.html
	echo '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>' \
		>artifacts/monday/x/evil.svg
	ln -s "$PWD/secret" artifacts/monday/x/link
	reporter -a -p "$FT_PORT" web
	poll page_says / 'href="runs/monday/"'
	for from in '' /runs/monday; do
		for file in evil.html evil.svg ''; do
			headers "$from/artifacts/monday/x/$file" >said
			grep -q '^http/1.. 200' said
			grep -q '^content-security-policy: sandbox;' said
			grep -q '^x-content-type-options: nosniff' said
			run ! grep 'allow-scripts\|allow-same-origin' said
		done
	done
	headers / >said
	grep -q '^x-content-type-options: nosniff' said
	for path in /../secret /artifacts/../secret /artifacts/../../secret \
		/artifacts/%2e%2e/secret /artifacts/..%2fsecret \
		/artifacts/%2e%2e%2f%2e%2e%2fsecret /artifacts//../secret \
		/artifacts../secret /runs/../../secret \
		/runs/monday/artifacts/../../../../secret \
		/runs/monday/artifacts/%2e%2e/%2e%2e/secret \
		/runs/../artifacts/../secret '/artifacts/..\secret' \
		/artifacts/monday/x/link /runs/monday/artifacts/monday/x/link; do
		run curl -s --path-as-is "http://127.0.0.1:$FT_PORT$path"
		[[ $output != *secret ]]
		headers "$path" >said
		run -1 grep '^http/1.. 200' said
	done
	# the listing of runs is no way out either
	redis-cli -p "$port" zadd ft:runs 9999999999999 .. >/dev/null
	redis-cli -p "$port" hset 'ft:{..}:meta' state sealed created_ms 1 >/dev/null
	"$root/scripts/reporter.sh" -a web
	[ ! -e web/stats.json ]
}

@test "for a node that is too old there is another, with an npm of its own" {
	local real folder

	needs node npm dpkg-query
	real=$(command -v node)
	mkdir old
	printf '#!/bin/sh\n[ "$1" != -p ] || exec echo 18\nexec %s "$@"\n' "$real" >old/node
	chmod +x old/node
	folder=$(PATH=$PWD/old:$PATH "$root/scripts/node.sh")
	[ "$("$folder/node" -p 'parseInt(process.versions.node)')" -ge 20 ]
	# a copy of it works where nothing else is, as in an image
	cp -RL "$(dirname "$(dirname "$(readlink -f "$folder/npm")")")" npm
	"$folder/node" npm/bin/npm-cli.js config get registry
	[[ $(PATH=$folder:$PATH command -v npx) = "$folder/npx" ]]
}

@test "each script tells how it is called, and does nothing else" {
	local script

	for script in "$root"/scripts/*.sh; do
		case ${script##*/} in
		embed.sh | npm-ci.sh | usage.sh) continue ;; # for the build, or a part
		esac
		run -0 "$script" -h </dev/null
		[[ $output == "usage: ${script##*/}"* ]] || same "$script" "$output"
	done
	same '' "$(find . -newer specs -type f ! -path './specs/*')"
	run -64 "$root/scripts/controller.sh"
	run -64 "$root/scripts/quickstart.sh" -j 0
	run -66 "$root/scripts/quickstart.sh" no/map.json
}

@test "a port that is taken ends the controller, and is told as that" {
	map good
	on_redis
	python3 -m http.server --bind 127.0.0.1 "$FT_PORT" >/dev/null 2>&1 3>&- &
	pids="$pids $!"
	poll curl -s "http://127.0.0.1:$FT_PORT/"
	controller
	status=0
	wait "$controller" || status=$?
	same 69 "$status"
	grep -x "reporter.sh: no web server at port $FT_PORT" controller.log
	run ! grep 'page at' controller.log
}

@test "the quick start runs a map, says the verdict and leaves nothing behind" {
	map good bad
	run -1 "$root/scripts/quickstart.sh" -j 3 specs/map.json
	[[ $output == *'FAILED: 2 passed, 0 flaky, 2 failed, 0 errors of 4'* ]]
	[[ $output == *"report: $PWD/report.html"* ]]
	grep -qF 'no such button' report.html
	map good
	run -0 "$root/scripts/quickstart.sh" specs/map.json
	[[ $output == *'PASSED: 2 passed'* ]]
}

@test "a quick start that fails says so and leaves no process behind" {
	map good
	mkdir tmp
	SPEC_ROOT=nowhere TMPDIR=$PWD/tmp run -70 "$root/scripts/quickstart.sh" \
		specs/map.json
	[[ $output == *'the spec root, nowhere: No such file'* ]]
	[[ $output == *'the workers ended before the run did'* ]]
	[[ $output != *Terminated* ]]
	run ! grep -lzx "TMPDIR=$PWD/tmp" /proc/[0-9]*/environ
	same '' "$(ls tmp)"
}

@test "the quick start on a terminal shows the run, and leaves the cursor" {
	needs script
	map good bad
	run -1 env TERM=xterm LC_ALL=C.UTF-8 script -qec \
		"stty cols 90 rows 24; $root/scripts/quickstart.sh specs/map.json" \
		typescript
	grep -q '━.* of 4' typescript
	grep -q 'FAILED: 2 passed' typescript
	run ! grep -q '"complete"' typescript
	# whatever hid the cursor, the last word is that it is seen
	same "$(printf '\033[?25h')" "$(grep -ao "$(printf '\033')\[?25[hl]" typescript |
		tail -n 1)"
}

@test "the quick start runs the sample map green in real browsers" {
	[ -z "${FT_NO_BROWSER:-}" ] || skip 'FT_NO_BROWSER is set'
	unset SPEC_ROOT
	run -0 "$root/scripts/quickstart.sh"
	[[ $output == *'mobile-firefox: rule'* ]]
	[[ $output == *'PASSED: '*' 0 failed, 0 errors'* ]]
	grep -qF 'album_label_search.spec.ts' report.html
}
