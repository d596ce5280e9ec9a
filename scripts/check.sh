#!/bin/sh
# check.sh [make arguments] - install what is missing, build and run every test
set -eu
. "$(dirname "$0")/usage.sh"

cd "$(dirname "$0")/.."
packages='gcc libc6-dev make pkg-config libhiredis-dev libcjson-dev jq
redis-server bats perl git procps curl lighttpd mandoc libxml2-utils prometheus
python3 tmux shellcheck spin time unzip cmark-gfm chromium
chromium-driver firefox-esr webkit2gtk-driver xvfb xauth python3-pytest yamllint
clang libclang-rt-dev'
# shellcheck disable=SC2086 # a list of words
scripts/install-packages.sh $packages
node=$(scripts/node.sh)
PATH=$node:$PATH
(cd specs && ../scripts/npm-ci.sh)
(cd test/k8s && ../../scripts/npm-ci.sh)
test/k8s/kubectl.sh >/dev/null
make -j2 WERROR=-Werror
# The images need more than a machine may have: without it their test is skipped,
# which the last lines tell.
containers='buildah podman runc conmon netavark aardvark-dns
containernetworking-plugins iptables catatonit debootstrap' lacking=''
skipped=build/image/skipped
rm -f "$skipped"
[ $# -gt 0 ] || {
	# shellcheck disable=SC2086 # a list of words
	scripts/install-packages.sh $containers || lacking=$containers
	set -- IMAGE=test/image/run.sh
}
export FT_IMAGE_S="${FT_IMAGE_S:-600}"
status=0
make check "$@" || status=$?
[ -z "$lacking" ] || printf 'check.sh: not all could be installed of: %s\n' \
	"$(printf %s "$lacking" | tr '\n' ' ')" >&2
[ ! -e "$skipped" ] ||
	printf 'check.sh: SKIPPED, the images: %s\n' "$(cat "$skipped")" >&2
exit $status
