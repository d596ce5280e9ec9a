#!/bin/sh
# build.sh FOLDER [STAGE ...] - build the Dockerfile's stages where there is no registry
set -eu

# On the bases that base.sh makes, with the Dockerfile as it is: only where the
# bases are and, for npm, the machine's own certificates come from outside.
folder=$(mkdir -p "$1" && cd "$1" && pwd)
shift
top=$(cd "$(dirname "$0")/../.." && pwd)
"$top/test/image/base.sh" "$folder"
flags='--isolation=chroot --pull=never --layers --format=docker'
for base in BASE=base NODE=node; do
	flags="$flags --build-arg ${base%=*}=localhost/funkytown-${base#*=}:bookworm"
done
certificates=/etc/ssl/certs/ca-certificates.crt
if [ -f $certificates ]; then
	printf 'cafile=%s\n' $certificates >"$folder/npmrc"
	flags="$flags -v ${certificates%/*}:${certificates%/*}:ro"
	flags="$flags -v $folder/npmrc:/root/.npmrc:ro"
fi
# Where docker works it would be chosen, but the bases are podman's.
! docker info >/dev/null 2>&1 || export ENGINE=podman
BUILD_FLAGS=$flags "$top/scripts/build-image.sh" \
	-p localhost/funkytown-test -t 0.0.0 "$@"
# What these have replaced.
podman image prune -f --filter label=org.opencontainers.image.title=funkytown
