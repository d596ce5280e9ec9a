#!/bin/sh
# check.sh [make arguments] - install what is missing, build and run every test
set -eu

cd "$(dirname "$0")/.."
packages='gcc libc6-dev make pkg-config libhiredis-dev libcjson-dev jq
redis-server bats perl git procps curl lighttpd mandoc libxml2-utils prometheus
python3 tmux shellcheck spin unzip cmark-gfm chromium
chromium-driver firefox-esr webkit2gtk-driver xvfb xauth python3-pytest yamllint
clang libclang-rt-dev'
# shellcheck disable=SC2086 # a list of words
scripts/install-packages.sh $packages
node=$(scripts/node.sh)
PATH=$node:$PATH
(cd specs && ../scripts/npm-ci.sh)
make -j2 WERROR=-Werror
exec make check "$@"
