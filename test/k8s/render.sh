#!/bin/sh
# render.sh FOLDER - render every combination that users may apply, as YAML
set -eu

out=$1
top=$(cd "$(dirname "$0")/../.." && pwd)
KUBECTL=$("$top/test/k8s/kubectl.sh")
export KUBECTL
rm -rf "$out"
mkdir -p "$out"
for overlay in local production; do
	"$KUBECTL" kustomize "$top/k8s/overlays/$overlay" >"$out/$overlay.yaml"
	for flags in '' '-c network-policy' '-c monitoring' '-c keda' \
		'-c network-policy -c monitoring -c keda'; do
		# A component that the overlay has already is not added twice.
		case "$overlay $flags" in
		'production -c network-policy -c m'*) flags='-c monitoring -c keda' ;;
		'production -c network-policy') continue ;;
		esac
		name=run-$overlay$(printf %s "$flags" | tr -d ' ' | sed 's/-c/-/g')
		# shellcheck disable=SC2086 # words on purpose
		"$top/scripts/k8s-run.sh" -r monday -j 7 -o "$overlay" $flags \
			-N elsewhere -i registry.example.org/own -t 1.2.3 \
			-e 'BASE_URL=http://shop:8080/?a=b c' \
			"$top/k8s/base/map.json" >"$out/$name.yaml"
	done
done
