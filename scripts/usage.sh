#!/bin/sh
# usage.sh - sourced with a script's arguments: -h prints the second line of the script
# wrong - print it as a complaint about the call, and end with 64

usage() {
	sed -n '2s/^# /usage: /p' "$0"
}
wrong() {
	usage >&2
	exit 64
}
[ "${1:-}" != -h ] || { usage && exit 0; }
