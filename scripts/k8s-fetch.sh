#!/bin/sh
# k8s-fetch.sh [-N namespace] RUN FOLDER - get what a run has made, exit by its verdict
set -eu
. "$(dirname "$0")/usage.sh"

# FOLDER gets results.jsonl and index.html, the summary is printed. Exit status:
# 0 all passed, 1 not, 69 the cluster does not give it, 74 no such folder.
namespace=funkytown
while getopts N: flag; do
	case $flag in
	N) namespace=$OPTARG ;;
	*) wrong ;;
	esac
done
shift $((OPTIND - 1))
[ $# -eq 2 ] || wrong
run=$1 folder=$2

# get WHAT COMMAND ... - what that prints in the controller
get() {
	what=$1
	shift
	"${KUBECTL:-kubectl}" -n "$namespace" exec "statefulset/$run-controller" \
		-c controller -- "$@" || {
		printf 'k8s-fetch.sh: no %s of run %s\n' "$what" "$run" >&2
		exit 69
	}
}

mkdir -p "$folder" || exit 74
get records ft-stats -a >"$folder/results.jsonl"
# shellcheck disable=SC2016 # for the shell there
get page sh -c 'all=$(ft-stats -a) && printf "%s\n" "$all" | ft-report-html' \
	>"$folder/index.html"
printf 'report: %s/index.html\n' "$folder" >&2
# kubectl's own failure is a 1, too: the verdict is what the controller prints.
# shellcheck disable=SC2016 # for the shell there
verdict=$(get verdict sh -c 'ft-stats -e; echo $?')
printf '%s\n' "$verdict" | sed '$d'
exit "$(printf '%s\n' "$verdict" | tail -n 1)"
