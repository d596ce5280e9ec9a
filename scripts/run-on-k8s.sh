#!/bin/sh
# run-on-k8s.sh MAP [-j N] [-k] [-d FOLDER] - run a map on a cluster, exit by its verdict
set -eu

usage() {
	cat <<'EOF'
usage: run-on-k8s.sh map.json [-j workers] [-k] [-n] [-r run] [-N namespace]
                     [-d folder] [the other flags of k8s-manifests.sh]

  -k  keep the run in the cluster when it is over, or this is interrupted
  -n  only print the manifests
  -r  the run's name (run-MMDD-hhmmss)
  -d  where index.html and results.jsonl go (the run's name)

Exit status: 0 all passed, 1 not; 64 wrong call, 65 bad map, 66 no such map,
69 no cluster or a run that cannot finish; 130 and 143 interrupted.
EOF
}

die() {
	status=$1
	shift
	printf 'run-on-k8s.sh: %s\n' "$*" >&2
	exit "$status"
}

# The map may stand first; what is not ours is handed on.
run=run-$(date -u +%m%d-%H%M%S) namespace=funkytown folder='' keep='' dry=''
map='' left=$#
while [ "$left" -gt 0 ]; do
	flag=$1 left=$((left - 1))
	shift
	case $flag in
	-k) keep=1 ;;
	-n) dry=1 ;;
	-h) usage && exit 0 ;;
	-[dNrjoceitH])
		[ "$left" -gt 0 ] || { usage >&2 && exit 64; }
		value=$1 left=$((left - 1))
		shift
		case $flag in
		-d) folder=$value ;;
		-N) namespace=$value ;;
		-r) run=$value ;;
		*) set -- "$@" "$flag" "$value" ;;
		esac
		;;
	-*) usage >&2 && exit 64 ;;
	*)
		[ -z "$map" ] || { usage >&2 && exit 64; }
		map=$flag
		;;
	esac
done
[ -n "$map" ] || { usage >&2 && exit 64; }
: "${folder:=$run}"

here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
"$here/k8s-manifests.sh" "$@" -r "$run" -N "$namespace" "$map" >"$work/objects"
[ -z "$dry" ] || { cat "$work/objects" && exit 0; }

k() {
	"${KUBECTL:-kubectl}" -n "$namespace" "$@"
}

# The first two runs of a namespace may both come to make it.
secret() {
	k get secret funkytown-redis >/dev/null 2>&1 ||
		"$here/redis-secret.sh" | k create -f - >&2 ||
		k get secret funkytown-redis >/dev/null
}

# Only what this call has made: another run may bear the same name.
# shellcheck disable=SC2317 # the traps call it
finish() {
	trap '' INT TERM
	[ -z "${waiting:-}" ] || kill "$waiting" 2>/dev/null || :
	# shellcheck disable=SC2046 # names, a line each
	[ -n "$keep" ] || [ ! -s "$work/created" ] || k delete --ignore-not-found \
		--wait=false $(cat "$work/created") >/dev/null || :
	rm -rf "$work"
}

secret || die 69 "no cluster, or no way to make a secret in $namespace"
trap finish EXIT
k create -f "$work/objects" -o name >"$work/created" ||
	die 69 "the cluster does not take run $run (is there one of that name?)"
"$here/k8s-wait.sh" -N "$namespace" "$run" &
waiting=$!
wait "$waiting" || exit
waiting=''

status=0
"$here/k8s-fetch.sh" -N "$namespace" "$run" "$folder" || status=$?
# What does not give its results away is not thrown away.
[ $status -le 1 ] || {
	keep=1
	die 69 "run $run stays in the cluster"
}
exit $status
