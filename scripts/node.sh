#!/bin/sh
# node.sh - print the folder of a Node that is new enough, got if need be
set -eu

# Playwright wants 20, Debian 12 has 18: then npm's own package of the program.
top=$(cd "$(dirname "$0")/.." && pwd)
least=20 wanted=22.23.3
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
if [ ! -x "$folder/node_modules/node-linux-$arch/bin/node" ]; then
	mkdir -p "$folder"
	npm install --prefix "$folder" --no-save --no-audit --no-fund \
		--loglevel=error "node-linux-$arch@$wanted" >&2
fi
printf '%s\n' "$folder/node_modules/node-linux-$arch/bin"
