# kubelet.sh - sourced by run.sh: a node's part, with podman for the pods
# shellcheck shell=sh disable=SC2154 # run.sh sets work, top, net and mine

# Objects as the cluster would get them, checked as the API server would.
render() {
	kubectl=$("$top/test/k8s/kubectl.sh")
	(cd "$top/test/k8s" && ../../scripts/npm-ci.sh)
	rm -rf "$work/rendered"
	mkdir -p "$work/rendered"
	jq -s '.[0].groups += .[1].groups | .[0]' "$top/test/image/map.json" \
		"$top/specs/spec_context_map.json" >"$work/map.json"
	KUBECTL=$kubectl "$top/scripts/k8s-manifests.sh" -r imagetest \
		-i localhost/funkytown-test -t 0.0.0 "$work/map.json" \
		>"$work/rendered/run.yaml"
	node "$top/test/k8s/types.js" "$work/rendered" >&2
}

# Volumes that the pod's group may write, files of ConfigMaps and of the
# Secret that it may read.
volumes() {
	rm -rf "$work/volumes"
	for name in queue state tmp spec-map redis-config redis-users redis-password; do
		mkdir -p "$work/volumes/controller/$name"
	done
	for file in map.json redis.conf; do
		folder=$work/volumes/controller/redis-config
		[ $file = redis.conf ] || folder=$work/volumes/controller/spec-map
		jq -j --arg file $file '.[] | select(.kind == "ConfigMap").data[$file] // empty' \
			"$work/rendered/run.json" >"$folder/$file"
	done
	secret=$("$top/scripts/redis-secret.sh")
	password=$(printf '%s\n' "$secret" | sed -n 's/^  password: //p')
	workers=$(printf '%s\n' "$secret" | sed -n 's/^  worker-password: //p')
	printf '%s\n' "$secret" | sed -n 's/^    user /user /p' \
		>"$work/volumes/controller/redis-users/users.acl"
	printf %s "$password" >"$work/volumes/controller/redis-password/password"
	jq -f "$top/test/image/seccomp.jq" /usr/share/containers/seccomp.json \
		>"$work/seccomp.json"
	chgrp -R 10001 "$work/volumes"
	chmod -R g+rwX,o-rwx "$work/volumes"
	chmod 755 "$work/volumes"
}

# address CONTAINER - where it is. Names are told in /etc/hosts: podman's name
# server asks outside for what it does not know, such as the IPv6 of a name.
address() {
	podman inspect -f "{{(index .NetworkSettings.Networks \"$net\").IPAddress}}" "$1"
}

# start COMPONENT CONTAINER NAME ARG ... - a container of the rendering
start() {
	component=$1 container=$2 name=$3
	shift 3
	mkdir -p "$work/volumes/$name"
	for volume in artifacts home tmp; do
		mkdir -p "$work/volumes/$name/$volume"
		chgrp 10001 "$work/volumes/$name/$volume"
		chmod 2770 "$work/volumes/$name/$volume"
	done
	[ -e "$work/volumes/$name/redis-password" ] || {
		cp -a "$work/volumes/controller/redis-password" "$work/volumes/$name/"
		[ "$component" = controller ] ||
			printf %s "$workers" >"$work/volumes/$name/redis-password/password"
	}
	jq -r -L "$top/test/k8s" -f "$top/test/image/podman.jq" \
		--arg component "$component" --arg container "$container" \
		--arg name "$name" --arg volumes "$work/volumes/$name" \
		--arg seccomp "$work/seccomp.json" \
		--arg password "$password" "$work/rendered/run.json" >"$work/args"
	while IFS= read -r arg; do
		set -- "$@" "$arg"
	done <"$work/args"
	podman run -d --no-healthcheck --label "$mine" "$@" >/dev/null
}

# as_in_yaml CONTAINER LIMIT-OF - does the engine hold it to the YAML's memory?
as_in_yaml() {
	wanted=$(jq -r -L "$top/test/k8s" --arg name "$2" 'include "pods";
		[placed.box | select(.name == $name)][0].resources.limits.memory | bytes' \
		"$work/rendered/run.json")
	[ "$(podman inspect -f '{{.HostConfig.Memory}} {{.HostConfig.ReadonlyRootfs}}' "$1")" = \
		"$wanted true" ]
}

# nobody_is_root - every process of ours, seen from outside. (The pause
# containers that hold a pod's network are podman's own.)
nobody_is_root() {
	podman ps --format '{{.Names}}' --filter "label=$mine" | grep -v -e -infra |
		xargs podman inspect -f '{{.State.Pid}}' >"$work/pids"
	while read -r pid; do
		space=$(ps -o pidns= -p "$pid" | tr -d ' ')
		ps -e -o pidns=,uid=,comm= | awk -v space="$space" '$1 == space'
	done <"$work/pids" >"$work/processes"
	[ "$(wc -l <"$work/pids")" -ge 5 ] && [ "$(wc -l <"$work/processes")" -ge 10 ] &&
		! awk '$2 != 10001' "$work/processes" | grep .
}

clean() {
	# Pods first: a pod's own container goes only with it.
	podman pod ls -q --filter "label=$mine" | xargs -r podman pod rm -f >/dev/null
	podman ps -aq --filter "label=$mine" | xargs -r podman rm -f -t 0 >/dev/null
	podman network ls -q --filter "label=$mine" |
		xargs -r podman network rm -f >/dev/null
}
