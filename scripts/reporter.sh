#!/bin/sh
# reporter.sh [-a] [-i seconds] [-p port] DIR - keep the pages of runs in DIR
set -eu
. "$(dirname "$0")/usage.sh"

# Once, as from cron, or every so many seconds until told to stop. A run is
# read only when its counters have changed. One run, its page is index.html;
# with -a all that are there, below runs/, and index.html lists them. With -p a
# web server shows DIR and the attempts' files in FT_ARTIFACTS meanwhile.
all='' every='' port='' which=-c once=1
while getopts ai:p: flag; do
	case $flag in
	a) all=1 which=-l ;;
	i) every=$OPTARG once='' ;;
	p) port=$OPTARG once='' ;;
	*) wrong ;;
	esac
done
shift $((OPTIND - 1))
[ $# -eq 1 ] || wrong
# a page that has to be up to date asks once a second at most
case ${every:=5} in
0.*) refresh=1 ;;
*) refresh=$every ;;
esac
mkdir -p "$1${all:+/runs}"
dir=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
[ ! -d "$here/../bin" ] || PATH=$here/../bin:$PATH
jq=$here/../lib/jq
[ -d "$jq" ] || jq=$here/../jq
tab=$(printf '\t')

# one RUN DIR OVER COUNTERS RECORD - a run, if it is not the one that is there
one() {
	old=
	[ ! -e "$2/.counters" ] || IFS= read -r old <"$2/.counters" || :
	[ "$4" != "$old" ] || [ -e "$2/.starting" ] || return 0
	rm -f "$2/.starting"
	FT_RUN=$1 "$here/snapshot.sh" -u "$refresh" "$2" || return
	# what starts is told a moment after it is counted: look once more
	[ "$3" = true ] || [ "$4" = "$old" ] || : >"$2/.starting"
	printf '%s\n' "$4" >"$2/.counters"
	printf '%s\n' "$5" >"$2/run.json"
	changed=1
}

snapshot() {
	ft-stats "$which" >"$dir/.runs" || return
	jq -r '[.run, (.state | IN("finished", "cancelled")),
		(del(.elapsed_ms) | tojson), tojson] | join("\t")' \
		"$dir/.runs" >"$dir/.counted"
	changed='' status=0
	while IFS=$tab read -r run over counters record; do
		case $all,$run in
		,*) into=$dir ;;
		1,.*) continue ;; # a hidden folder, or none of ours
		*) into=$dir/runs/$run ;;
		esac
		one "$run" "$into" "$over" "$counters" "$record" || status=$?
	done <"$dir/.counted"
	[ -z "$all" ] || index || status=$?
	return $status
}

# The runs that the queue has forgotten stay as long as their folders.
index() {
	[ -n "$changed" ] || [ ! -e "$dir/index.html" ] || return 0
	find "$dir/runs" -maxdepth 2 -name run.json -exec cat {} + |
		jq -rs --arg refresh "$refresh" -f "$jq/runs.jq" \
			>"$dir/.index.html.new" || return
	mv -f "$dir/.index.html.new" "$dir/index.html"
}

[ -z "$once" ] || {
	snapshot
	exit
}
web='' nap=''
# shellcheck disable=SC2317 # the traps call it
stop() {
	[ -z "$web$nap" ] || kill $web $nap 2>/dev/null || :
}
trap stop EXIT
trap 'exit 143' TERM INT HUP
[ -z "$port" ] || {
	PATH=$PATH:/usr/sbin
	command -v lighttpd >/dev/null || {
		printf 'reporter.sh: no lighttpd: apt-get install lighttpd\n' >&2
		exit 69
	}
	artifacts=${FT_ARTIFACTS:-$dir/artifacts}
	mkdir -p "$artifacts"
	rm -f "$dir/.web.pid"
	FT_WEB=$dir FT_PORT=$port FT_BIND=${FT_BIND:-0.0.0.0} \
		FT_ARTIFACTS=$(cd "$artifacts" && pwd)/ \
		lighttpd -D -f "$here/reporter.conf" &
	web=$!
	# which it writes when it has its port
	until [ -s "$dir/.web.pid" ]; do
		kill -0 "$web" 2>/dev/null || {
			printf 'reporter.sh: no web server at port %s\n' "$port" >&2
			exit 69
		}
		sleep 0.05
	done
	printf 'reporter.sh: page at http://localhost:%s/\n' "$port" >&2
}
while :; do
	snapshot || [ $? -lt 70 ] || exit
	[ -z "$web" ] || kill -0 "$web" || exit 70
	sleep "$every" &
	nap=$!
	wait "$nap" || :
done
