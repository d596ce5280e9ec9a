#!/bin/sh
# run.sh [-l] [-DNAME[=VALUE] ...] - check the model of the lease protocol
# 0: proved, 1: refuted, 2: neither. -l checks that the run terminates instead
# of the asserts and end states.
set -eu

search='-DSAFETY'
how=''
if [ "${1-}" = -l ]; then
	search='-DNFAIR=3'
	how='-a -f'
	shift
	set -- -DLIVE "$@"
fi
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
spin "$@" -a "$here/lease.pml" >spin.out 2>&1 || {
	cat spin.out
	exit 2
}
cc -w "${MODEL_O--O2}" -DCOLLAPSE -DMEMLIM=8000 "$search" -o pan pan.c
# shellcheck disable=SC2086 # words
./pan -m100000 $how >pan.out
grep -E '^pan:1|^pan: reached|errors:|states, stored$|total actual|elapsed' \
	pan.out
if grep -q 'errors: 0$' pan.out &&
	! grep -Eq 'max search depth|Search not completed' pan.out; then
	exit 0
fi
grep -q '^pan:1: ' pan.out && exit 1
exit 2
