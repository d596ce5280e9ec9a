# rounds.sh - sourced: a folder, figures of alternating rounds, their table
#
# A part sets dir by workdir, runs every contender once a round, and prints
# the medians. Ratios are taken within a round, where contenders share the
# machine's mood, and the median of them is shown with its range.
# shellcheck shell=sh

: "${ROUNDS:=5}"
PATH=$(cd "$(dirname "$0")/../.." && pwd)/bin:$PATH
unset FT_RUN FT_WORKER SPEC_ROOT FT_ARTIFACTS
server='' round=0

# workdir - sets dir, which goes at the end with the server in it
workdir() {
	dir=$(mktemp -d)
	: >"$dir/figures"
	trap '[ -z "$server" ] || server_stop; rm -rf "$dir"' EXIT
	trap 'exit 143' TERM
	trap 'exit 130' INT
}

# figure NAME VALUE - of this round
figure() {
	printf '%s\t%s\t%s\n' "$round" "$1" "$2" >>"$dir/figures"
}

now_us() {
	echo "$(($(date +%s%N) / 1000))"
}

# rate NAME COUNT COMMAND ... - COUNT a second is the figure; it has to succeed
rate() {
	name=$1 count=$2
	shift 2
	from=$(now_us)
	"$@"
	figure "$name" "$(awk -v n="$count" -v us=$(($(now_us) - from)) \
		'BEGIN { print n * 1000000 / us }')"
}

# absent NAME WHY - a peer that is not here
absent() {
	printf '%-34s %s\n' "$1" "not measured: $2"
}

# table UNIT BASE - all figures, with their ratio to that contender
table() {
	awk -v unit="$1" -v base="$2" -f "$(dirname "$0")/table.awk" \
		"$dir/figures"
}

# wanted NAME least|most LIMIT BASE - a ratio that is promised; BASE - is 1
wanted() {
	awk -v name="$1" -v sense="$2" -v limit="$3" -v base="$4" \
		-f "$(dirname "$0")/table.awk" "$dir/figures"
}
