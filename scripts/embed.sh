#!/bin/sh
# embed.sh FILE ... - print each file as a C array named by its base name
set -eu

for file; do
	name=$(basename "$file" | tr -c 'A-Za-z0-9\n' '_')
	printf 'static const char embed_%s[] = {' "$name"
	od -An -v -tu1 "$file" | sed 's/ *\([0-9][0-9]*\)/\1,/g'
	printf '0};\n'
done
