#!/bin/sh
# spec.sh KIND NAME SECONDS - a spec that passes, fails, or fails at first
set -eu
case $1 in
daemon) setsid sleep 600 >/dev/null 2>&1 & ;;
esac
sleep "$3"
case $1 in
fail)
	printf 'expected %s to pass\n' "$2"
	exit 1
	;;
flaky) mkdir "$CHAOS_DIR/seen/$2" 2>/dev/null && exit 1 ;;
esac
exit 0
