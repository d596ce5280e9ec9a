#!/bin/sh
# run.sh [PART] [ARGUMENT ...] - make bench: all its parts, or one
#
# A part is an executable of this folder that compares side by side, in one
# run, and prints a table; ROUNDS= says how often. None of them judges: no
# figure is a test.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
PATH=$(cd "$here/../.." && pwd)/bin:$PATH
parts=$(find "$here" -maxdepth 1 -name '*.sh' -perm -u+x ! -name run.sh |
	sort | sed 's|.*/||; s|\.sh$||')

# play NAME [ARGUMENT ...]
play() {
	printf '\n== %s: %s\n' "$1" \
		"$(sed -n '2s/^[^-]* - //p' "$here/$1.sh")"
	part=$here/$1.sh
	shift
	"$part" "$@"
}

if [ $# -gt 0 ]; then
	printf '%s\n' "$parts" | grep -qx "$1" || {
		printf 'run.sh: no part %s; there are:\n%s\n' "$1" "$parts" >&2
		exit 64
	}
	play "$@"
	exit
fi
for name in $parts; do
	play "$name"
done
