#!/bin/sh
# node.sh - print the folder of a node, new enough, and its npm, got if need be
set -eu
. "$(dirname "$0")/usage.sh"

# Playwright wants 20, Debian 12 has 18: then npm's own packages of both. Debian's
# npm is no folder that can be copied, as into an image: its modules lie beside it.
top=$(cd "$(dirname "$0")/.." && pwd)
least=20 wanted=22.23.3 npm=10.9.9
"$top/scripts/install-packages.sh" ca-certificates >&2
command -v node >/dev/null || "$top/scripts/install-packages.sh" nodejs
command -v npm >/dev/null || "$top/scripts/install-packages.sh" npm
version=$(node -p 'process.versions.node.split(".")[0]')
if [ "$version" -ge $least ]; then
	dirname "$(command -v node)"
	exit
fi
case $(uname -m) in
aarch64) arch=arm64 ;;
*) arch=x64 ;;
esac
folder=$top/build/node
if [ ! -x "$folder/bin/npx" ]; then
	mkdir -p "$folder/bin"
	npm install --prefix "$folder" --no-save --no-audit --no-fund \
		--loglevel=error "node-linux-$arch@$wanted" "npm@$npm" >&2
	ln -sf "../node_modules/node-linux-$arch/bin/node" "$folder/bin/node"
	for name in npm npx; do
		ln -sf "../node_modules/npm/bin/$name-cli.js" "$folder/bin/$name"
	done
fi
printf '%s\n' "$folder/bin"
