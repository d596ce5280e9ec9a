#!/bin/sh
# base.sh FOLDER - make localhost/funkytown-base and -node without a registry
set -eu

folder=$1
mkdir -p "$folder"
have() {
	podman image exists "localhost/funkytown-$1:bookworm"
}

have base || {
	[ -d "$folder/rootfs/etc" ] || {
		rm -rf "$folder/rootfs.new"
		debootstrap --variant=minbase bookworm "$folder/rootfs.new" >&2
		# As the official image has them: browsers move by security updates.
		awk '$1 == "deb" {
			print
			print $1, $2, $3 "-updates", $4
			print $1, $2 "-security", $3 "-security", $4
		}' "$folder/rootfs.new/etc/apt/sources.list" >"$folder/sources.list"
		mv "$folder/sources.list" "$folder/rootfs.new/etc/apt/"
		rm -rf "$folder/rootfs"
		mv "$folder/rootfs.new" "$folder/rootfs"
	}
	tar -C "$folder/rootfs" -c . |
		podman import --change 'CMD ["bash"]' - localhost/funkytown-base:bookworm
}

# The machine's own Node stands in for the official image: one program that
# needs libc alone, and npm in JavaScript.
have node || {
	node=$(readlink -f "$(command -v node)")
	npm=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
	mkdir -p "$folder/node"
	cp "$node" "$folder/node/node"
	rm -rf "$folder/node/npm"
	cp -RL "$npm" "$folder/node/npm"
	printf '%s\n' 'FROM localhost/funkytown-base:bookworm' \
		'COPY node /usr/local/bin/node' \
		'COPY npm /usr/local/lib/node_modules/npm' \
		'RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm' \
		>"$folder/node/Dockerfile"
	buildah build --isolation=chroot --pull=never \
		-t localhost/funkytown-node:bookworm "$folder/node"
}
