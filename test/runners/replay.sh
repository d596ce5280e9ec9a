#!/bin/sh
# replay.sh [ARGUMENT ...] - be the runner of the recording FT_RECORDING
set -eu

part() {
	jq -j --arg tree "$FT_TREE" "$1 | split(\"TREE\") | join(\$tree)" "$FT_RECORDING"
}
part .output
part .file >"$FT_RESULT_FILE"
[ -s "$FT_RESULT_FILE" ] || rm "$FT_RESULT_FILE"
exit "$(jq .exit_code "$FT_RECORDING")"
