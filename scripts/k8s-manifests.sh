#!/bin/sh
# k8s-manifests.sh -r RUN [-j N] [-o OVERLAY] MAP - print the manifests of one run
set -eu

usage() {
	cat <<'EOF'
usage: k8s-manifests.sh -r run [-j workers] [-o overlay] [-c component]...
                  [-e NAME=VALUE]... [-i images] [-t tag] [-N namespace]
                  [-H old.jsonl] map.json

  -r  the run's name: its label, and the prefix of all names
  -j  workers (2)
  -o  below k8s/overlays (local)
  -c  below k8s/components
  -e  environment of the specs
  -i  where the images are: IMAGES/controller, IMAGES/worker
  -t  their tag
  -N  namespace (funkytown)
  -H  records of an earlier run: how long the specs last
EOF
}

die() {
	status=$1
	shift
	printf 'k8s-manifests.sh: %s\n' "$*" >&2
	exit "$status"
}

run='' jobs=2 overlay=local components='' images='' tag='' namespace=funkytown old=''
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
: >"$work/worker.env"
while getopts r:j:o:c:e:i:t:N:H:h flag; do
	case $flag in
	r) run=$OPTARG ;;
	j) jobs=$OPTARG ;;
	o) overlay=$OPTARG ;;
	c) components="$components${components:+, }$OPTARG" ;;
	e) printf '%s\n' "$OPTARG" >>"$work/worker.env" ;;
	i) images=${OPTARG%/} ;;
	t) tag=$OPTARG ;;
	N) namespace=$OPTARG ;;
	H) old=$OPTARG ;;
	h) usage && exit 0 ;;
	*) usage >&2 && exit 64 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -eq 1 ] || { usage >&2 && exit 64; }
map=$1
here=$(dirname "$0")
k8s=$here/../k8s jq=$here/../lib/jq
[ -d "$jq" ] || jq=$here/../jq

matches() {
	printf '%s\n' "$1" | grep -Eqx "$2"
}

# The run names a Service and a label too, whose rules are the tightest.
matches "$run" '[a-z]([-a-z0-9]{0,38}[a-z0-9])?' ||
	die 64 "a run is named by at most 40 of a-z, 0-9 and -: '$run'"
matches "$namespace" '[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?' ||
	die 64 "no namespace: '$namespace'"
matches "$jobs" '[1-9][0-9]{0,3}' || die 64 "no number of workers: '$jobs'"
matches "$components" '([-a-z0-9]+(, [-a-z0-9]+)*)?' ||
	die 64 "no components: '$components'"
[ -d "$k8s/overlays/$overlay" ] || die 64 "no overlay: '$overlay'"
[ -r "$map" ] || die 66 "cannot read $map"
[ -z "$old" ] || jq -cnf "$jq/history.jq" "$old" >"$work/history.jsonl" ||
	die 65 "$old: not the records of a run"
set -- "$map" ${old:+"$work/history.jsonl"}
[ "$(cat "$@" | wc -c)" -lt 1000000 ] ||
	die 65 "$map${old:+ and $old}: a ConfigMap holds 1 MB; write globs instead of names"

# A layer's images are matched by the names that the overlay gave them.
image() {
	awk -v want="funkytown/$1" '
		$1 == "-" && $2 == "name:" { hit = $3 == want }
		hit && $1 == "newName:" { want = $2; exit }
		END { print want }
	' "$k8s/overlays/$overlay/kustomization.yaml"
}

layer() {
	cat <<EOF
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namePrefix: $run-
namespace: $namespace
resources:
  - ../overlays/$overlay
components: [$(printf %s "$components" | sed 's|[-a-z0-9][-a-z0-9]*|../components/&|g')]
labels:
  - pairs:
      app.kubernetes.io/instance: $run
    includeSelectors: true
configMapGenerator:
  - name: spec-map
    behavior: replace
    files: [map.json${old:+, history.jsonl}]
  - name: worker-env
    behavior: merge
    envs: [worker.env]
images:
$(for which in controller worker; do
	printf -- '- name: %s\n' "$(image $which)"
	[ -z "$images" ] || printf '  newName: %s/%s\n' "$images" $which
	[ -z "$tag" ] || printf '  newTag: "%s"\n' "$tag"
done)
patches:
  - target:
      kind: Job
      name: worker
    patch: |-
      - {op: replace, path: /spec/parallelism, value: $jobs}
      - {op: replace, path: /spec/backoffLimit, value: $((jobs * 10))}
  - target:
      kind: ScaledJob
      name: worker
    patch: |-
      - {op: replace, path: /spec/maxReplicaCount, value: $jobs}
      - op: replace
        path: /spec/triggers/0/metadata/url
        value: http://$run-reporter.$namespace.svc:3000/stats.json
EOF
}

# kustomize reads nothing outside its tree and knows no absolute path.
cp -R "$k8s" "$work/k8s"
mkdir "$work/k8s/$run.run"
cp "$map" "$work/k8s/$run.run/map.json"
mv "$work/worker.env" ${old:+"$work/history.jsonl"} "$work/k8s/$run.run/"
layer >"$work/k8s/$run.run/kustomization.yaml"
"${KUBECTL:-kubectl}" kustomize "$work/k8s/$run.run" ||
	die 64 "kubectl kustomize: overlay $overlay does not render"
