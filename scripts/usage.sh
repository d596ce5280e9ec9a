#!/bin/sh
# usage.sh - sourced first by a script: its second line is what -h prints

usage() {
	sed -n '2s/^# /usage: /p' "$0"
}
# wrong - complain about the call, and end
wrong() {
	usage >&2
	exit 64
}
[ "${1:-}" != -h ] || { usage && exit 0; }
