#!/bin/sh
# build-image.sh [-p prefix] [-t tag] [build|test|tools|controller|worker ...] - build the images
set -eu
. "$(dirname "$0")/usage.sh"

# The engine is $ENGINE, or docker, podman or buildah, whichever works;
# $BUILD_FLAGS goes to it word by word. Stages: controller and worker unless
# named; `test` runs the tests and leaves no image.
prefix=funkytown/ tag=''
while getopts p:t: flag; do
	case $flag in
	p) prefix=${OPTARG%/}/ ;;
	t) tag=$OPTARG ;;
	*) wrong ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- controller worker

cd "$(dirname "$0")/.."
version=$(sed -n 's/^VERSION *= *//p' Makefile)
revision=$(git describe --always --dirty 2>/dev/null || printf unknown)
: "${tag:=$version}"

if [ -z "${ENGINE:-}" ]; then
	for ENGINE in docker podman buildah none; do
		"$ENGINE" info >/dev/null 2>&1 && break
	done
fi
[ "$ENGINE" != none ] || {
	printf 'build-image.sh: neither docker, podman nor buildah works\n' >&2
	exit 69
}

# Without a registry in front, a bare name too: `docker run worker`.
for stage; do
	set -- --target "$stage" --build-arg "VERSION=$version" \
		--build-arg "REVISION=$revision"
	if [ "$stage" != test ]; then
		set -- "$@" -t "$prefix$stage:$tag"
		[ "$prefix" != funkytown/ ] || set -- "$@" -t "$stage"
	fi
	# shellcheck disable=SC2086 # words on purpose
	"$ENGINE" build ${BUILD_FLAGS:-} "$@" .
done
