#!/bin/sh
# coverage.sh TREE LEAST - which lines of src/ and lib/ the tests in TREE have run
set -eu

# A table, the least covered file first; status 1 if it is less than LEAST
# percent altogether.
cd "$1"
gcov -n build/*.gcda 2>/dev/null | awk -v least="$2" '
	/^File / { split($0, part, "\047"); file = part[2] }
	/^Lines executed:/ && file ~ /^(src|lib)\// && !(file in of) {
		split($0, part, /[:% ]+/)
		of[file] = $NF
		ran[file] = part[3] * $NF / 100
	}
	END {
		for (file in of) {
			lines += of[file]; all += ran[file]
			printf "%5.1f %% of %4d  %s\n", 100 * ran[file] / of[file],
				of[file], file | "sort -n"
		}
		close("sort -n")
		if (lines == 0)
			exit 1
		printf "%5.1f %% of %d lines of src/ and lib/\n",
			100 * all / lines, lines
		exit 100 * all / lines < least
	}'
