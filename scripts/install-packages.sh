#!/bin/sh
# install-packages.sh PACKAGE ... - install the Debian packages that are missing
set -eu
. "$(dirname "$0")/usage.sh"

missing=
for package; do
	state=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || :)
	[ "$state" = 'install ok installed' ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
	as_root=sudo
	command -v sudo >/dev/null || {
		printf 'install-packages.sh: be root, or install sudo, for:%s\n' \
			"$missing" >&2
		exit 64
	}
fi
printf 'installing:%s\n' "$missing" >&2
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086 # a list of words
if ! { $as_root apt-get update && $as_root apt-get install -y \
	--no-install-recommends $missing; } >"$log" 2>&1; then
	cat "$log" >&2
	exit 69
fi
