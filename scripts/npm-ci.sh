#!/bin/sh
# npm-ci.sh - install this folder's npm packages, unless they are as locked
set -eu

mark=node_modules/.package-lock.json
if [ -e "$mark" ] && [ -z "$(find package-lock.json -newer "$mark")" ]; then
	exit 0
fi
npm ci --no-audit --no-fund --loglevel=error >&2
touch "$mark"
