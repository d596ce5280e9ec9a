#!/bin/sh
# embed.sh FILE ... - print each file as a C string named by its base name
set -eu

for file; do
	name=$(basename "$file" | tr -c 'A-Za-z0-9\n' '_')
	printf 'static const char embed_%s[] =\n' "$name"
	od -An -v -to1 "$file" | sed 's/ *\([0-7]\{3\}\)/\\\1/g; s/.*/"&"/'
	printf ';\n'
done
