# plain.sh - sourced by run.sh: the two images as docker runs them, no manifest
# shellcheck shell=sh disable=SC2154 # run.sh sets net, mine, work and top

# alone NAME ARG ... - a container on a network of its own, which knows names
alone() {
	name=$1
	shift
	podman run -d --name "$name" --label "$mine" --network "$net-plain" \
		--health-interval=disable "$@" >/dev/null
}

refused() {
	redis-cli -h 127.0.0.1 -p "$port" ping >"$work/ping" 2>&1 || :
	grep NOAUTH "$work/ping"
}

has_init() {
	[ "$(podman exec controller cat /proc/1/comm)" = tini ]
}

plain() {
	port=$((20000 + $$ % 12000))
	podman network create --label "$mine" "$net-plain" >/dev/null
	jq '.groups[0].tasks[0].command = ["test", "-w", "/dev/shm"]' \
		"$top/k8s/base/map.json" >"$work/own_map.json"
	alone controller -v "$work/own_map.json:/etc/funkytown/map.json:ro" \
		-p "127.0.0.1:$((port + 1)):3000" localhost/funkytown-test/controller:0.0.0
	alone worker --shm-size 256m localhost/funkytown-test/worker:0.0.0
	check 'docker run worker needs no environment' until_true 60 exited worker 0
	check 'and its run has passed' podman exec controller ft-stats -e
	check 'of the map that it was given' sh -c \
		"podman exec controller ft-stats -a | grep -F /dev/shm"
	check 'the page is at its port' until_true 30 curl -fsS \
		"http://127.0.0.1:$((port + 1))/results"
	check 'the controller is healthy' until_true 30 podman healthcheck run controller
	check 'an init is its first process' has_init
	podman stop -t 20 controller >/dev/null
	check 'told to stop it ends as told' exited controller 143
	podman rm -f controller worker >/dev/null

	# Where it is published, a password keeps it.
	alone controller -p "127.0.0.1:$port:6379" -e REDIS_PASSWORD=swordfish \
		localhost/funkytown-test/controller:0.0.0
	alone worker localhost/funkytown-test/worker:0.0.0
	check 'a published queue asks for the password' until_true 30 refused
	check 'a worker without it gives up at once' until_true 60 exited worker 64
	podman rm -f worker >/dev/null
	alone worker -e REDIS_PASSWORD=swordfish localhost/funkytown-test/worker:0.0.0
	check 'one that has it works' until_true 60 exited worker 0
}
