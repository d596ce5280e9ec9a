#!/bin/sh
# run-on-k8s.sh MAP [-j N] [-k] [-d FOLDER] - run a map on a cluster, exit by its verdict
set -eu

usage() {
	cat <<'EOF'
usage: run-on-k8s.sh map.json [-k] [-n] [-r run] [-N namespace] [-d folder]
                     [-j workers] [the other flags of k8s-run.sh]

  -k  keep the run in the cluster when it is over, or this is interrupted
  -n  only print the manifests
  -r  the run's name (run-MMDD-hhmmss)
  -d  where index.html and results.jsonl go (the run's name)

Exit status: 0 all passed, 1 not; 64 wrong call, 65 bad map, 69 no cluster or
a run that cannot finish; 130 and 143 interrupted.
EOF
}

die() {
	status=$1
	shift
	printf 'run-on-k8s.sh: %s\n' "$*" >&2
	exit "$status"
}

run=run-$(date -u +%m%d-%H%M%S) namespace=funkytown folder='' keep='' dry=''
map='' left=$#
while [ "$left" -gt 0 ]; do
	arg=$1 used=1
	shift
	case $arg in
	-k) keep=1 ;;
	-n) dry=1 ;;
	-h) usage && exit 0 ;;
	-[dNrjoceitH])
		[ "$left" -gt 1 ] || { usage >&2 && exit 64; }
		used=2
		case $arg in
		-d) folder=$1 ;;
		-N) namespace=$1 ;;
		-r) run=$1 ;;
		*) set -- "$@" "$arg" "$1" ;;
		esac
		shift
		;;
	-*) usage >&2 && exit 64 ;;
	*)
		[ -z "$map" ] || { usage >&2 && exit 64; }
		map=$arg
		;;
	esac
	left=$((left - used))
done
[ -n "$map" ] || { usage >&2 && exit 64; }
: "${folder:=$run}"

here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$here/k8s-run.sh" "$@" -r "$run" -N "$namespace" "$map" >"$work/objects"
[ -z "$dry" ] || { cat "$work/objects" && exit 0; }

k() {
	"${KUBECTL:-kubectl}" -n "$namespace" "$@"
}

mine=app.kubernetes.io/name=funkytown,app.kubernetes.io/instance=$run

in_controller() {
	k exec "statefulset/$run-controller" -c controller -- "$@"
}

# The first two runs of a namespace may both come to make it.
secret() {
	k get secret funkytown-redis >/dev/null 2>&1 ||
		"$here/redis-secret.sh" | k create -f - >&2 ||
		k get secret funkytown-redis >/dev/null
}

# Why this run cannot finish, if so: 64 and 65 are the exits that no restart
# mends, all else is tried again.
hopeless() {
	k get pods,jobs -l "$mine" -o json >"$work/state" 2>/dev/null || return
	jq -e -r '[.items[]
		| (.status.containerStatuses[]?, .status.initContainerStatuses[]? | .name as $name
			| (.state, .lastState).terminated.exitCode | select(IN(64, 65))
			| "\($name) ended with \(.)"),
		  (.status.conditions[]? | select(.type == "Failed" and .status == "True")
			| "the job failed: \(.reason // "") \(.message // "")")]
		| unique | join("; ") | select(. != "")' "$work/state"
}

# What the run waits for, told when it changes: a pod that cannot start.
waits() {
	jq -r '[.items[] | .metadata.name as $pod
		| .status.containerStatuses[]?.state.waiting // empty
		| select(.reason | IN("ContainerCreating", "PodInitializing") | not)
		| "\($pod): \(.reason) \(.message // "")"] | join("; ")' "$work/state"
}

say() {
	[ -z "$1" ] || [ "${said:-}" = "$1" ] || printf 'run-on-k8s.sh: %s\n' "$1" >&2
	said=$1
}

# Only what this call has made: another run may bear the same name.
# shellcheck disable=SC2317 # the traps call it
finish() {
	trap '' INT TERM
	# shellcheck disable=SC2046 # names, a line each
	[ -n "$keep" ] || [ ! -s "$work/created" ] || k delete --ignore-not-found \
		--wait=false $(cat "$work/created") >/dev/null || :
	rm -rf "$work"
}

nap() {
	sleep "${POLL_SECONDS:-3}" &
	wait $!
}

secret || die 69 "no cluster, or no way to make a secret in $namespace"
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
k create -f "$work/objects" -o name >"$work/created" ||
	die 69 "the cluster does not take run $run (is there one of that name?)"
said=''
until in_controller ft-stats -q >/dev/null 2>&1; do
	if why=$(hopeless); then
		k get pods -l "$mine" >&2
		k logs -l "$mine" --all-containers --prefix --tail=20 >&2 || :
		die 69 "run $run cannot finish: $why"
	fi
	say "$(waits)"
	nap
done

mkdir -p "$folder"
in_controller ft-stats -a >"$folder/results.jsonl" || die 69 'no results'
in_controller sh -c 'ft-stats -a | ft-report-html' >"$folder/index.html" ||
	die 69 'no report'
printf 'report: %s/index.html\n' "$folder" >&2
status=0
in_controller ft-stats -e || status=$?
[ "$status" -le 1 ] || die 69 "no verdict (ft-stats: $status)"
exit "$status"
