#!/bin/sh
# run.sh [-k] - build the images and run them as the cluster would, with faults
set -eu

# No cluster and no registry: the base is made by debootstrap, the settings of
# the containers are read from the manifests. -k keeps the containers. Prints
# TAP. FT_IMAGE_S is how long the building may take, else the rest is skipped, and
# build/image/skipped says why.
keep='' box=${FT_IMAGE_S:-0} count=0 failed=0
while getopts k flag; do
	case $flag in
	k) keep=1 ;;
	*) exit 64 ;;
	esac
done
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$top/build/image
net=funkytown-test mine=funkytown=image-test
mkdir -p "$work"
rm -f "$work/skipped"
. "$top/test/image/kubelet.sh"
. "$top/test/image/plain.sh"
. "$top/test/image/contents.sh"

skip() {
	printf '%s\n' "$*" >"$work/skipped"
	printf '1..0 # SKIP image-test: %s\n' "$*"
	exit 0
}
[ "$(id -u)" -eq 0 ] || skip 'needs root'
for tool in buildah podman runc debootstrap curl jq node npm redis-cli; do
	command -v $tool >/dev/null || skip "$tool is not installed"
done

CONTAINERS_CONF=$work/containers.conf
export CONTAINERS_CONF
cat >"$CONTAINERS_CONF" <<'END'
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=20000:20000"]
[engine]
runtime = "runc"
END

began=$(date +%s)
check() {
	what=$1
	shift
	count=$((count + 1)) say=ok
	"$@" >"$work/check.log" 2>&1 || failed=$((failed + 1)) say='not ok'
	printf '%s %s - %s # at %s s\n' "$say" $count "$what" $(($(date +%s) - began))
	[ "$say" = ok ] || tail -20 "$work/check.log" | sed 's/^/# /'
}

# must WHAT COMMAND...: a check without which the others make no sense.
must() {
	before=$failed
	check "$@"
	[ "$failed" -eq "$before" ] || {
		podman ps -a --filter label=$mine | sed 's/^/# /'
		printf '# the rest makes no sense without\n1..%s\n' $count
		exit 1
	}
}

# until_true SECONDS COMMAND...: polls, since nothing tells us.
until_true() {
	left=$(($1 * 2))
	shift
	until "$@" >"$work/poll.log" 2>&1; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || {
			cat "$work/poll.log"
			return 1
		}
		sleep 0.5
	done
}

cli() {
	podman exec controller-redis redis-cli -e --user funkytown "$@"
}

there() {
	[ "$(cli exists 'ft:{imagetest}:meta')" = 1 ]
}

stats() {
	podman exec controller-controller ft-stats "$@"
}

page() {
	podman exec controller-controller \
		perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new("127.0.0.1:3000") or die;
			print $s "GET $ARGV[0] HTTP/1.0\r\n\r\n"; local $/; my $all = <$s>;
			die $all unless $all =~ m{^HTTP/1.[01] 200}; print $all' "$1"
}

# says PATH TEXT - does the page there, as served, have this?
says() {
	page "$1" >"$work/page" && grep -F "$2" "$work/page"
}

worker() {
	start worker worker "$1" --network $net --add-host "imagetest-controller:$queue" \
		--add-host "shop:$shop" --env=BASE_URL=http://shop:8080
}

# working NAME: has that worker a task now?
working() {
	[ "$(stats -a | jq --arg w "$1" -s 'any(.[];
		.status == "processing" and .worker == $w)')" = true ]
}

exited() {
	state=$(podman inspect -f '{{.State.Status}} {{.State.ExitCode}}' "$1")
	[ "$state" = "exited $2" ] || {
		podman logs "$1" 2>&1 | tail -3 | cut -c 1-300
		printf '%s: %s\n' "$1" "$state"
		return 1
	}
}

verdicts() {
	jq -se '[.[] | select(.status != "complete" or .result != (
			if .spec == "fails" then "failed" else "passed" end))
			| {id, status, result, reason, message}]
		| if . == [] then true else (., false) end' "$work/results.jsonl" &&
	[ "$(wc -l <"$work/results.jsonl")" -eq "$(grep -c . "$work/expected")" ]
}

clean
trap '[ -n "$keep" ] || clean' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

status=0
timeout "$box" "$top/test/image/build.sh" "$work" tools controller worker \
	>"$work/build.log" 2>&1 || status=$?
[ $status -ne 124 ] || skip "the images were not built in $box seconds"
must 'the images are built' sh -c "[ $status -eq 0 ] || { tail -20 '$work/build.log'; false; }"
podman run --rm localhost/funkytown-base:bookworm true >"$work/build.log" 2>&1 ||
	skip "no container runs here: $(tail -1 "$work/build.log")"
render
volumes
ft_expand="podman run --rm -i --entrypoint ft-expand localhost/funkytown-test/worker:0.0.0"
$ft_expand -C /specs <"$work/map.json" >"$work/expected" 2>/dev/null

podman network create --label $mine $net >/dev/null
podman run -d --name shop --label $mine --network $net --read-only \
	--cap-drop=all --security-opt=no-new-privileges --user 10001:10001 \
	--env HOST=0.0.0.0 localhost/funkytown-test/worker:0.0.0 \
	node /specs/app/server.js >/dev/null
shop=$(address shop)
podman pod create --name $net --label $mine --network $net >/dev/null
start controller redis controller --pod $net
queue=$(address "$(podman pod inspect -f '{{.InfraContainerID}}' $net)")
must 'Redis answers its probe' until_true 30 cli ping
check 'nobody without the password' sh -c \
	'! podman exec -e REDISCLI_AUTH= controller-redis redis-cli -e ping'
check 'the password does not open administration' sh -c \
	'! podman exec controller-redis redis-cli -e --user funkytown flushall'
start controller controller controller --pod $net
must 'the page is served' until_true 60 page /
for n in 1 2 3; do
	worker "worker-$n"
done
must 'a worker works' until_true 60 working worker-1
podman kill -s KILL worker-1-worker >/dev/null
must 'a second worker works' until_true 60 working worker-2
podman stop worker-2-worker >/dev/null
check 'a worker told to stop exits 143' exited worker-2-worker 143
# As the Job would replace them.
worker worker-4
worker worker-5
check 'a replacement works' until_true 60 working worker-4
check 'nothing runs as root' nobody_is_root
check 'a worker has the memory and the read-only root of the YAML' as_in_yaml worker-4-worker worker
check 'so has Redis' as_in_yaml controller-redis redis
podman restart -t 10 controller-redis >/dev/null
must 'Redis is back with the run' until_true 30 there
check 'the page tells a run under way' says / 'http-equiv="refresh"'
must 'the run is finished' until_true 900 stats -q
for n in 3 4 5; do
	check "worker $n exits 0 once it is" until_true 60 exited "worker-$n-worker" 0
done

stats -a >"$work/results.jsonl"
check 'every verdict is right' verdicts
check 'one worker was lost, and no other' sh -c "[ $(stats | jq .lost) -eq 1 ]"
check '/metrics says so' until_true 20 says /metrics 'funkytown_lost{run="imagetest"} 1'
check '/results is the page' until_true 20 says /results "1 of $(grep -c . "$work/expected") failed"
check '/stats.json is finished' until_true 20 says /stats.json '"state":"finished"'
check '/junit.xml has the failure' until_true 20 says /junit.xml '<failure'
check '/results.jsonl has it' until_true 20 says /results.jsonl '"result":"failed"'
check '/health is well' says /health ok
check 'the verdict is an exit status' sh -c '! podman exec controller-controller ft-stats -e'
clean
plain
contents
printf '1..%s\n' $count
[ "$failed" -eq 0 ]
