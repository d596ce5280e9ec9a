#!/bin/sh
# valgrind.sh TREE - put each program of a built tree under valgrind
set -eu

# What is in bin/ becomes a script. An error or a leak is exit status 99, and a
# file in log/ that is not empty.
cd "$1"
mkdir -p real log
here=$(pwd)
valgrind=$(command -v valgrind)
for program in bin/ft-*; do
	name=${program#bin/}
	mv "$program" real/
	cat >"$program" <<-EOF
		#!/bin/sh
		exec $valgrind -q --leak-check=full --show-leak-kinds=definite,indirect \\
			--errors-for-leak-kinds=definite,indirect --error-exitcode=99 \\
			--log-file=$here/log/$name.%p --trace-children=no --vgdb=no \\
			"$here/real/$name" "\$@"
	EOF
	chmod +x "$program"
done
