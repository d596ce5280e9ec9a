#!/bin/sh
# render.sh FOLDER - render every combination that users may apply, as YAML
set -eu

out=$1
top=$(cd "$(dirname "$0")/../.." && pwd)
KUBECTL=$("$top/test/k8s/kubectl.sh")
export KUBECTL
rm -rf "$out"
mkdir -p "$out"

# a_run OVERLAY COMPONENT ... - a run of it with these on top
a_run() {
	overlay=$1 name=run-$1
	shift
	for component; do
		name=$name-$component
		set -- "$@" -c "$component"
		shift
	done
	"$top/scripts/k8s-manifests.sh" -r monday -j 7 -o "$overlay" "$@" \
		-N elsewhere -i registry.example.org/own -t 1.2.3 \
		-e 'BASE_URL=http://shop:8080/?a=b c' \
		"$top/k8s/base/map.json" >"$out/$name.yaml"
}

for overlay in local production; do
	"$KUBECTL" kustomize "$top/k8s/overlays/$overlay" >"$out/$overlay.yaml"
	a_run "$overlay"
	a_run "$overlay" monitoring
	a_run "$overlay" keda
	a_run "$overlay" monitoring keda
done
# production has this one already
a_run local network-policy
a_run local network-policy monitoring
a_run local network-policy keda
a_run local network-policy monitoring keda

# and the overlay whose reader has taken the comments away
cp -R "$top/k8s" "$out/k8s"
sed -i 's|# - ../../components/|- ../../components/|' \
	"$out/k8s/overlays/production/kustomization.yaml"
"$KUBECTL" kustomize "$out/k8s/overlays/production" >"$out/production-whole.yaml"
rm -r "$out/k8s"
