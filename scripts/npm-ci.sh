#!/bin/sh
# npm-ci.sh - install this folder's npm packages, unless they are as locked
set -eu

# One at a time: tests that run side by side may both come here.
[ -n "${NPM_CI_ALONE:-}" ] || NPM_CI_ALONE=1 exec flock package-lock.json "$0"
mark=node_modules/.package-lock.json
if [ -e "$mark" ] && [ -z "$(find package-lock.json -newer "$mark")" ]; then
	exit 0
fi
npm ci --no-audit --no-fund --loglevel=error >&2
touch "$mark"
