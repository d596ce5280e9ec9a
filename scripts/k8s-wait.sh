#!/bin/sh
# k8s-wait.sh [-N namespace] RUN - wait until a run in a cluster is finished
set -eu
. "$(dirname "$0")/usage.sh"

# Exit status: 0 it is finished, 69 it cannot be; what it waits for is told on
# stderr when that changes. It looks every POLL_SECONDS.
namespace=funkytown
while getopts N: flag; do
	case $flag in
	N) namespace=$OPTARG ;;
	*) wrong ;;
	esac
done
shift $((OPTIND - 1))
[ $# -eq 1 ] || wrong
run=$1
mine=app.kubernetes.io/name=funkytown,app.kubernetes.io/instance=$run
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

k() {
	"${KUBECTL:-kubectl}" -n "$namespace" "$@"
}

say() {
	[ -z "$1" ] || [ "${said:-}" = "$1" ] ||
		printf 'k8s-wait.sh: %s\n' "$1" >&2
	said=$1
}

# Why the run cannot finish, if so: 64 and 65 are the exits that no restart
# mends, all else is tried again.
hopeless() {
	jq -r '[if .items == [] then "nothing of it is there" else empty end,
		(.items[]
		| (.status.containerStatuses[]?, .status.initContainerStatuses[]?
			| .name as $name
			| (.state, .lastState).terminated.exitCode | select(IN(64, 65))
			| "\($name) ended with \(.)"),
		  (.status.conditions[]?
			| select(.type == "Failed" and .status == "True")
			| "the job failed: \(.reason // "") \(.message // "")"))]
		| unique | join("; ")' "$work/state"
}

# What keeps a pod from starting.
obstacles() {
	jq -r '[.items[] | .metadata.name as $pod
		| (.status.containerStatuses[]?, .status.initContainerStatuses[]?
			| .state.waiting // empty
			| select(.reason | IN("ContainerCreating", "PodInitializing") | not)),
		  (.status.conditions[]?
			| select(.type == "PodScheduled" and .status == "False"))
		| "\($pod): \(.reason) \(.message // "")"] | join("; ")' "$work/state"
}

silent=0
until k exec "statefulset/$run-controller" -c controller -- ft-stats -q \
	>"$work/looked" 2>&1; do
	if k get statefulsets,jobs,pods -l "$mine" -o json \
		>"$work/state" 2>"$work/error"; then
		silent=0
		why=$(hopeless)
		[ -z "$why" ] || {
			k get pods -l "$mine" >&2 || :
			k logs -l "$mine" --all-containers --prefix --tail=20 >&2 || :
			printf 'k8s-wait.sh: run %s cannot finish: %s\n' "$run" "$why" >&2
			exit 69
		}
		obstacle=$(obstacles)
		say "$obstacle"
	else
		say "$(cat "$work/error")"
		[ $((silent += 1)) -lt 100 ] || {
			say "the cluster is silent: run $run is given up"
			exit 69
		}
	fi
	sleep "${POLL_SECONDS:-3}" &
	wait $!
done
