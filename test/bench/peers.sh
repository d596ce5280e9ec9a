# peers.sh - sourced: what others offer, installed into build/ or by apt;
# PEERS=none does without
# shellcheck shell=sh

top=$(cd "$(dirname "$0")/../.." && pwd)
peers=$top/build/peers

# npm_peers - whether bullmq and bee-queue are here, got if need be
npm_peers() {
	[ "${PEERS-}" != none ] || return 1
	[ -e "$peers/node_modules/.package-lock.json" ] && return
	command -v npm >/dev/null || return
	mkdir -p "$peers"
	cp "$top/test/bench/package.json" "$peers"
	npm install --prefix "$peers" --no-audit --no-fund --loglevel=error \
		>"$peers/npm.log" 2>&1
}

# debian_peer PACKAGE PROGRAM - whether it is here, got if need be
debian_peer() {
	[ "${PEERS-}" != none ] || return 1
	command -v "$2" >/dev/null ||
		"$top/scripts/install-packages.sh" "$1" >/dev/null 2>&1 ||
		return
	command -v "$2" >/dev/null
}
