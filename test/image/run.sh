#!/bin/sh
# run.sh [-k] - build the images and run them as the cluster would, with faults
set -eu

# No cluster and no registry: the base is made by debootstrap, the settings of
# the containers are read from the manifests. -k keeps the containers. Ends
# with a line that counts, or says why it is skipped.
keep='' passed=0 failed=0
[ "${1:-}" != -k ] || keep=1
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$top/build/image
net=funkytown-test mine=funkytown=image-test
mkdir -p "$work"

skip() {
	printf 'image-test is skipped: %s\n' "$*"
	exit 0
}
for tool in buildah podman runc debootstrap jq node npm; do
	command -v $tool >/dev/null || skip "needs $tool"
done
[ "$(id -u)" -eq 0 ] || skip 'needs root'

CONTAINERS_CONF=$work/containers.conf
export CONTAINERS_CONF
cat >"$CONTAINERS_CONF" <<'EOF'
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=20000:20000"]
[engine]
runtime = "runc"
EOF

check() {
	what=$1
	shift
	if "$@" >"$work/check.log" 2>&1; then
		passed=$((passed + 1))
		printf 'ok - %s\n' "$what"
	else
		failed=$((failed + 1))
		printf 'not ok - %s\n' "$what"
		sed 's/^/# /' "$work/check.log" | tail -20
	fi
}

# until_true SECONDS COMMAND...: polls, since nothing tells us.
until_true() {
	left=$(($1 * 2))
	shift
	until "$@" >/dev/null 2>&1; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || return 1
		sleep 0.5
	done
}

build() {
	"$top/test/image/base.sh" "$work"
	printf 'cafile=/etc/ssl/certs/ca-certificates.crt\n' >"$work/npmrc"
	flags='--isolation=chroot --pull=never --layers --format=docker'
	for arg in BASE=base NODE=node; do
		flags="$flags --build-arg ${arg%=*}=localhost/funkytown-${arg#*=}:bookworm"
	done
	[ ! -f /etc/ssl/certs/ca-certificates.crt ] || flags="$flags \
		-v /etc/ssl/certs:/etc/ssl/certs:ro -v $work/npmrc:/root/.npmrc:ro"
	ENGINE=buildah BUILD_FLAGS=$flags "$top/scripts/build-image.sh" \
		-p localhost/funkytown-test -t 0.0.0 controller worker
}

render() {
	"$top/test/k8s/kubectl.sh" >/dev/null
	[ -d "$top/test/k8s/node_modules/yaml" ] ||
		(cd "$top/test/k8s" && npm ci --omit=optional --ignore-scripts >&2)
	rm -rf "$work/rendered"
	mkdir -p "$work/rendered"
	KUBECTL=$("$top/test/k8s/kubectl.sh") "$top/scripts/k8s-run.sh" -r imagetest \
		-i localhost/funkytown-test -t 0.0.0 "$top/test/image/map.json" \
		>"$work/rendered/run.yaml"
	node "$top/test/k8s/types.js" "$work/rendered" >&2
}

# The kubelet's part: volumes that the pod's group may write, files of
# ConfigMaps and of the Secret that it may read.
volumes() {
	rm -rf "$work/volumes"
	for name in queue state spec-map redis-config redis-users redis-password; do
		mkdir -p "$work/volumes/controller/$name"
	done
	jq -r '.[] | select(.kind == "ConfigMap").data // {} | .["redis.conf"] // empty' \
		"$work/rendered/run.json" >"$work/volumes/controller/redis-config/redis.conf"
	cp "$top/test/image/map.json" "$work/volumes/controller/spec-map/map.json"
	secret=$("$top/scripts/redis-secret.sh")
	password=$(printf '%s\n' "$secret" | sed -n 's/^  password: //p')
	printf '%s\n' "$secret" | sed -n 's/^    user /user /p' \
		>"$work/volumes/controller/redis-users/users.acl"
	printf %s "$password" >"$work/volumes/controller/redis-password/password"
	jq -f "$top/test/image/seccomp.jq" /usr/share/containers/seccomp.json \
		>"$work/seccomp.json"
	chgrp -R 10001 "$work/volumes"
	chmod -R g+rwX,o-rwx "$work/volumes"
	chmod 755 "$work/volumes"
}

# start COMPONENT CONTAINER NAME ARG...: a container of the rendering.
start() {
	component=$1 container=$2 name=$3
	shift 3
	mkdir -p "$work/volumes/$name"
	for volume in artifacts home tmp; do
		mkdir -p "$work/volumes/$name/$volume"
		chgrp 10001 "$work/volumes/$name/$volume"
		chmod 2770 "$work/volumes/$name/$volume"
	done
	[ -e "$work/volumes/$name/redis-password" ] ||
		cp -a "$work/volumes/controller/redis-password" "$work/volumes/$name/"
	jq -r -L "$top/test/k8s" -f "$top/test/image/podman.jq" \
		--arg component "$component" --arg container "$container" \
		--arg name "$name" --arg volumes "$work/volumes/$name" \
		--arg seccomp "$work/seccomp.json" \
		--arg password "$password" "$work/rendered/run.json" >"$work/args"
	while IFS= read -r arg; do
		set -- "$@" "$arg"
	done <"$work/args"
	podman run -d --label $mine "$@" >/dev/null
}

worker() {
	start worker worker "$1" --network $net --env=BASE_URL=http://shop:8080
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

# working NAME: has that worker a task now?
working() {
	stats -a | jq -e --arg w "$1" 'select(.status == "processing" and .worker == $w)'
}

exited() {
	[ "$(podman inspect -f '{{.State.Status}} {{.State.ExitCode}}' "$1")" = "exited $2" ]
}

nobody_is_root() {
	# All but what podman itself adds to hold a pod's network.
	podman ps --format '{{.Names}}' --filter label=$mine | grep -v -e -infra |
		while read -r name; do
			podman top "$name" user | tail -n +2
		done | sort -u >"$work/users"
	[ -s "$work/users" ] && ! grep -Evx 'funkytown|10001' "$work/users"
}

clean() {
	# Pods first: a pod's own container goes only with it.
	podman pod ls -q --filter label=$mine | xargs -r podman pod rm -f >/dev/null
	podman ps -aq --filter label=$mine | xargs -r podman rm -f -t 0 >/dev/null
	podman network ls -q --filter label=$mine |
		xargs -r podman network rm -f >/dev/null
}
clean
trap '[ -n "$keep" ] || clean' EXIT
trap 'exit 130' INT TERM

build
render
volumes
podman network create --label $mine $net >/dev/null
podman pod create --name $net --label $mine --network $net \
	--network-alias imagetest-controller >/dev/null
podman run -d --name shop --label $mine --network $net --read-only \
	--cap-drop=all --security-opt=no-new-privileges --user 10001:10001 \
	--env HOST=0.0.0.0 localhost/funkytown-test/worker:0.0.0 \
	node /specs/app/server.js >/dev/null
start controller redis controller --pod $net
check 'Redis answers its probe' until_true 30 cli ping
check 'nobody without the password' sh -c \
	'! podman exec -e REDISCLI_AUTH= controller-redis redis-cli -e ping'
check 'the password does not open administration' sh -c \
	'! podman exec controller-redis redis-cli -e --user funkytown flushall'
start controller controller controller --pod $net
check 'the page is served' until_true 60 page /
for n in 1 2 3; do
	worker "worker-$n"
done

check 'a worker works' until_true 60 working worker-1
check 'nothing runs as root' nobody_is_root
podman kill -s KILL worker-1-worker >/dev/null
check 'a second worker works' until_true 60 working worker-2
podman stop worker-2-worker >/dev/null
check 'a worker told to stop exits 143' exited worker-2-worker 143
podman restart -t 10 controller-redis >/dev/null
check 'Redis is back with the run' until_true 30 there
# As the Job would replace them.
worker worker-4
worker worker-5
check 'the run is finished' until_true 400 stats -q
for n in 3 4 5; do
	check "worker $n exits 0 once it is" until_true 60 exited "worker-$n-worker" 0
done

stats -a >"$work/results.jsonl"
check 'every verdict is right' jq -se '
	length == 20 and all(.[]; .status == "complete")
	and all(.[]; if .spec == "fails" then .result == "failed"
		else .result == "passed" or .result == "flaky" end)' "$work/results.jsonl"
for path in /results /stats.json /health /metrics /junit.xml /results.jsonl; do
	check "$path is served" page $path
done
check 'the verdict is an exit status' sh -c '! podman exec controller-controller ft-stats -e'
printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
