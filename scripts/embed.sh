#!/bin/sh
# embed.sh FILE ... - print each file as a C string named by its base name, and
# its SHA-1 as another, by which Redis knows a script
set -eu

for file; do
	name=$(basename "$file" | tr -c 'A-Za-z0-9\n' '_')
	printf 'static const char embed_%s[] =\n' "$name"
	od -An -v -to1 "$file" | sed 's/ *\([0-7]\{3\}\)/\\\1/g; s/.*/"&"/'
	printf ';\n#define embed_%s_sha1 "%s"\n' "$name" \
		"$(sha1sum <"$file" | cut -c1-40)"
done
