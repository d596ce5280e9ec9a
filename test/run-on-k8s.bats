#!/usr/bin/env bats
# Runs on a cluster, as run-on-k8s.sh makes them, against the mock of one in
# test/k8s/cluster: real programs and a real Redis as processes of this machine.
bats_require_minimum_version 1.5.0

load helper
load k8s

# a pod has to start on a loaded machine
patience=300

setup_file() {
	k8s_tools
	export CLUSTER=$BATS_FILE_TMPDIR SPECS=$TOP/specs POLL_SECONDS=0.2
	export KUBECTL=$TOP/test/k8s/cluster/kubectl
	mkdir "$CLUSTER/funkytown"
}

# The mock's controllers end when their objects are gone.
teardown_file() {
	local pid

	[ -f "$CLUSTER/controllers" ] || return 0
	rm -f "$CLUSTER"/*/StatefulSet/*.json "$CLUSTER"/*/Job/*.json
	while read -r pid; do
		poll ended "$pid"
	done <"$CLUSTER/controllers"
}

setup() {
	[ -z "$MISSING" ] || skip "$MISSING"
	needs redis-server lighttpd
	cd "$BATS_TEST_TMPDIR"
}

teardown() {
	[ -z "${script:-}" ] || kill "$script" 2>/dev/null || :
}

k() {
	"$KUBECTL" -n funkytown "$@"
}

# a_map COMMAND-AS-JSON - a map of six tasks
a_map() {
	printf '{"runner":"command","command":%s,"timeout":600,"groups":[{"name":"g","tasks":[
		{"spec":"a","viewports":["desktop","tablet"],
			"browsers":["chrome","firefox","electron"]}]}]}' "$1" >map.json
}

on_k8s() {
	"$TOP/scripts/run-on-k8s.sh" "$@"
}

# in_run RUN COMMAND ... - in its controller
in_run() {
	local run=$1

	shift
	k exec "statefulset/$run-controller" -c controller -- "$@"
}

# workers RUN N - are so many of them heard?
workers() {
	[ "$(in_run "$1" ft-stats | jq .workers)" = "$2" ]
}

# objects RUN - what the cluster has of it
objects() {
	find "$CLUSTER/funkytown" -name "$1-*.json" ! -path '*/Pod/*'
}

# told FILE TEXT
told() {
	grep -F "$2" "$1"
}

# served RUN PATH - from its reporter
served() {
	curl -fsS "http://127.0.0.1:$(cat "$CLUSTER/funkytown/p/$1-controller-0/port")$2"
}

@test "a run on a cluster: its report, its verdict, nothing left but the Secret" {
	a_map '["true"]'
	exits 0 on_k8s map.json -j 2 -r green -d here
	[ "$(jq -c '[.run, .state, .total, .passed]' out)" = '["green","finished",6,6]' ]
	[ "$(wc -l <here/results.jsonl)" -eq 6 ]
	told here/index.html g/a/desktop-chrome
	[ -z "$(objects green)" ]
	k get secret funkytown-redis
}

@test "a failed spec makes the exit status; what is kept has the report" {
	a_map '["sh", "-c", "test $BROWSER != firefox; exit"]'
	exits 1 on_k8s -k map.json -r red
	[ "$(jq -c '[.total, .failed]' out)" = '[6,2]' ]
	[ "$(jq -s 'map(select(.result == "failed")) | length' red/results.jsonl)" -eq 2 ]
	[ -n "$(objects red)" ]
	# every other second the reporter looks whether there is news
	has_the_end() {
		served red /results | grep -F '2 of 6 failed'
	}
	poll has_the_end

	# the name is taken, and its run not touched
	objects red >before
	exits 69 on_k8s map.json -r red
	told err 'already exists'
	objects red | diff before -
	k delete statefulset/red-controller job/red-worker
}

@test "two runs at once in one namespace, and one Secret" {
	a_map '["true"]'
	k delete --ignore-not-found secret funkytown-redis
	"$TOP/scripts/run-on-k8s.sh" map.json -r left >left.out 2>left.err 3>&- &
	script=$!
	exits 0 on_k8s map.json -r right
	[ "$(jq -r .run out)" = right ]
	poll ended "$script"
	ends 0 "$script"
	[ "$(jq -r .run left.out)" = left ]
	cmp <(jq -r .id left/results.jsonl | sort) <(jq -r .id right/results.jsonl | sort)
	[ "$(jq -r .worker left/results.jsonl | grep -vc '^left-worker-')" -eq 0 ]
	[ "$(jq -r .worker right/results.jsonl | grep -vc '^right-worker-')" -eq 0 ]
}

@test "more and fewer workers while a run goes on; a pod that is drained costs nothing" {
	a_map '["sh", "-c", "until test -e '"$PWD"'/go; do sleep 0.1; done"]'
	"$TOP/scripts/run-on-k8s.sh" map.json -r scaled -j 1 >out 2>err 3>&- &
	script=$!
	poll workers scaled 1

	# what KEDA would ask
	jq -Rr 'capture("valueLocation: (?<x>.*)").x // empty' \
		"$TOP/k8s/components/keda/copy/scaled-job.yaml" >location
	waits() {
		served scaled /stats.json | jq -e --arg at "$(cat location)" '.[$at] == 5'
	}
	poll waits

	k patch job scaled-worker -p '{"spec":{"parallelism":3}}'
	poll workers scaled 3
	counted() {
		served scaled /metrics | grep -Fx 'funkytown_workers{run="scaled"} 3'
	}
	poll counted

	# a node is drained: the pod is replaced, its task handed back
	k get pods -l app.kubernetes.io/component=worker -o json >pods
	k delete pod "$(jq -r '.items[0].metadata.name' pods)"
	a_new_one() {
		k get pods -l app.kubernetes.io/component=worker -o json >now
		jq -se '[.[1].items[].metadata.name] - [.[0].items[].metadata.name]
			| length == 1' pods now && workers scaled 3
	}
	poll a_new_one
	: >go
	poll ended "$script"
	ends 0 "$script"
	[ "$(jq -c '[.passed, .lost, .failed]' out)" = '[6,0,0]' ]
}

@test "what keeps pods from starting is told; a script told to stop takes its run along" {
	a_map '["true"]'
	"$TOP/scripts/run-on-k8s.sh" map.json -r nowhere -t 9.9.9 >out 2>err 3>&- &
	script=$!
	poll told err ImagePullBackOff
	kill "$script"
	poll ended "$script"
	ends 143 "$script"
	run ! told err Error
	[ -z "$(objects nowhere)" ]
}

@test "told to stop while it renders, it leaves no environment behind" {
	a_map '["true"]'
	mkdir tmp
	# it stops the two scripts that wait for it
	cat >kubectl <<-'END'
		#!/bin/sh
		kill -TERM "$PPID" $(ps -o ppid= "$PPID")
	END
	chmod +x kubectl
	KUBECTL=$PWD/kubectl TMPDIR=$PWD/tmp exits 143 \
		on_k8s map.json -n -e TOKEN=secret
	[ -z "$(ls -A tmp)" ]
}

@test "a run that does not give its results away stays" {
	a_map '["true"]'
	cat >kubectl <<-END
		#!/bin/sh
		case \$* in *ft-report-html*) exit 1 ;; esac
		exec "$KUBECTL" "\$@"
	END
	chmod +x kubectl
	KUBECTL=$PWD/kubectl exits 69 on_k8s map.json -r kept
	told err 'no page of run kept'
	told err 'stays in the cluster'
	[ -n "$(objects kept)" ]
	exits 0 "$TOP/scripts/k8s-fetch.sh" kept again
	[ "$(wc -l <again/results.jsonl)" -eq 6 ]
	k delete statefulset/kept-controller job/kept-worker
}

@test "a run that cannot finish is not waited for" {
	printf '{"groups": 1}' >map.json
	exits 69 on_k8s map.json -r bad
	told err 'controller ended with 65'
	told err groups
	[ -z "$(objects bad)" ]

	# a password that its Redis does not know
	a_map '["true"]'
	k delete --ignore-not-found secret funkytown-redis
	"$TOP/scripts/redis-secret.sh" | sed 's/password: ./&f/' | k create -f -
	exits 69 on_k8s map.json -r stranger
	told err 'ended with 64'
	k delete secret funkytown-redis
}

@test "a run that somebody takes away is not waited for" {
	a_map '["sleep", "60"]'
	"$TOP/scripts/run-on-k8s.sh" map.json -r taken >out 2>err 3>&- &
	script=$!
	poll workers taken 2
	k delete statefulset/taken-controller job/taken-worker
	poll ended "$script"
	ends 69 "$script"
	told err 'nothing of it is there'
}

@test "a run learns from the records of an earlier one" {
	a_map '["true"]'
	for browser in chrome firefox electron; do
		printf '{"id":"g/a/desktop-%s","status":"complete","result":"passed","duration_ms":%s}\n' \
			$browser $((${#browser} * 1000))
	done >old.jsonl
	exits 0 on_k8s map.json -r learnt -H old.jsonl
	[ "$(jq -s 'map(select(.id == "g/a/desktop-firefox"))[0].expected_ms' \
		learnt/results.jsonl)" -eq 7000 ]
}

@test "a cluster that stays silent is given up" {
	KUBECTL=false POLL_SECONDS=0 exits 69 "$TOP/scripts/k8s-wait.sh" any
	told err 'is silent'
	exits 64 "$TOP/scripts/k8s-wait.sh"
	exits 64 "$TOP/scripts/k8s-wait.sh" -x any
}

@test "wrong calls, no map, no namespace" {
	a_map '["true"]'
	exits 64 on_k8s
	exits 64 on_k8s map.json other.json
	exits 64 on_k8s map.json -j
	exits 64 on_k8s map.json -j none
	exits 64 on_k8s map.json -r Upper
	exits 64 on_k8s map.json -o nowhere
	exits 64 on_k8s map.json -x
	exits 66 on_k8s nothing.json
	exits 69 on_k8s map.json -N elsewhere
	told err 'namespaces "elsewhere" not found'
	exits 0 on_k8s -h
	told out usage
}

@test "-n prints the manifests and asks no cluster" {
	a_map '["true"]'
	CLUSTER=/nowhere exits 0 on_k8s map.json -n -r dry -j 3
	told out 'parallelism: 3'
	CLUSTER=/nowhere exits 0 on_k8s map.json -n -r dry -j 3 -c keda
	told out 'kind: ScaledJob'
	[ ! -e dry ]
}

# book - the commands of the book, a line each: its mark or -, and as typed
book() {
	awk '
		/^ *```/ { code = /```sh/; next }
		!code { next }
		sub(/\\$/, "") { line = line $0; next }
		{ $0 = line $0; line = ""; mark = "-" }
		match($0, / # [A-Z]([,;].*)?$/) { mark = substr($0, RSTART + 3, 1) }
		{ sub(/ +# .*/, ""); print mark, $0 }
	' "$TOP/k8s/README.md"
}

@test "the book's commands, as typed, for which a cluster is needed" {
	local command status=0
	mkdir bin
	ln -s "$KUBECTL" bin/kubectl
	ln -s "$TOP/k8s" "$TOP/scripts" .
	PATH=$PWD/bin:$PATH
	mkdir "$CLUSTER/book"
	export CLUSTER=$CLUSTER/book
	a_map '["true"]'

	book >all
	# those without a mark need no cluster: make image-test builds
	[ -z "$(grep '^- ' all | grep -v '^- scripts/build-image.sh ')" ]
	sed -n 's/^C //p' all | grep -v RUN >first
	sed -n 's/^C //p' all | grep RUN >there
	[ "$(wc -l <first)" -ge 4 ]
	[ "$(wc -l <there)" -ge 5 ]

	# the script makes the Secret that one of them makes by hand
	while read -r command; do
		[[ $command != *redis-secret* ]] ||
			kubectl -n funkytown delete secret funkytown-redis
		bash -c "$command" >>log 2>&1 3>&- || { cat log && return 1; }
	done <first
	told log '"passed":6'

	scripts/run-on-k8s.sh -k -r book map.json >out 2>&1
	sed 's/RUN/book/g' there >commands
	while read -r command; do
		bash -c "$command" >>log 2>&1 3>&- || { cat log && return 1; }
	done <commands
	told log 'job.batch/book-worker patched'

	sort "$CLUSTER/controllers" >>"${CLUSTER%/book}/controllers"
	rm -f "$CLUSTER"/*/StatefulSet/*.json "$CLUSTER"/*/Job/*.json
}
