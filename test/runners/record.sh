#!/bin/sh
# record.sh TREE ARTIFACTS DIR - records of a runner's ends to recordings in DIR, for replay.sh
set -eu

# ft-run's records come in; messages are cut, and the tree's path is told as TREE.
tree=$1 artifacts=$2 dir=$3
jq -c 'select(.status == "complete" and .artifacts)' |
	while IFS= read -r record; do
		name=$(printf '%s' "$record" | jq -r '.id | gsub("[^A-Za-z0-9]"; "_")')
		folder=$artifacts/$(printf '%s' "$record" | jq -r .artifacts)
		result=/dev/null
		for file in "$folder/result.json" "$folder/result.xml"; do
			[ ! -e "$file" ] || result=$file
		done
		printf '%s' "$record" | jq --rawfile file "$result" --arg tree "$tree" '
			def cut: split($tree) | join("TREE")
				| gsub("/[^ ]*/Cypress/"; "/Cypress/")
				| gsub("/[^ ()]*/node_modules/"; "TREE/node_modules/");
			{exit_code, output: (.output // "" | cut | .[-3000:]),
				file: ($file | cut
					| gsub("(?<m>\"displayError\":\"(?:[^\"\\\\]|\\\\.){0,150})(?:[^\"\\\\]|\\\\.)*\"";
						"\(.m)\""))}' >"$dir/$name.json"
	done
