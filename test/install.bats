#!/usr/bin/env bats
# What make install leaves, and that it works away from the tree.

load helper

setup_file() {
	export PREFIX=$BATS_FILE_TMPDIR/usr
	make -s -C "$BATS_TEST_DIRNAME/.." install PREFIX="$PREFIX"
}

setup() {
	cd "$BATS_TEST_TMPDIR"
	installed=$PREFIX/share/funkytown
	PATH=$PREFIX/bin:${PATH#"$root"/bin:}
}

@test "the programs and their pages" {
	local program

	for program in "$root"/src/ft-*.c; do
		program=$(basename "$program" .c)
		same "$PREFIX/bin/$program" "$(command -v "$program")"
		"$program" -V
		[ -s "$PREFIX/share/man/man1/$program.1" ]
	done
	[ -s "$PREFIX/share/man/man7/funkytown.7" ]
	[ -s "$PREFIX/share/man/man5/ft-runners.5" ]
}

@test "a run with the scripts alone" {
	needs redis-server lighttpd
	redis_start
	printf '{"groups":[{"name":"g","tasks":[{"spec":"s","runner":"command",
		"command":["true"],"viewports":["v"],"browsers":["b"]}]}]}' >map.json
	FT_PORT=$(free_port) FT_BIND=127.0.0.1 FT_REDIS=external \
		GROUP_TASKS_FILE=map.json "$installed/scripts/controller.sh" \
		>log 2>&1 3>&- &
	local controller=$!
	SPEC_ROOT=. FT_ARTIFACTS=. "$installed/scripts/worker.sh" >out 2>err
	ft-stats -e
	mkdir page
	"$installed/scripts/snapshot.sh" page
	[ -s page/index.html ]
	kill "$controller"
	ends 143 "$controller"
	redis_stop
}

@test "the manifests of a run, from the installed overlays" {
	needs kubectl
	kubectl kustomize "$root/k8s/base" >/dev/null 2>&1 || skip 'kubectl is too old'
	printf '{"groups":[]}' >map.json
	exits 0 "$installed/scripts/run-on-k8s.sh" -n map.json -o production -r dry
	grep -q 'name: dry-controller' out
	cmp "$root/k8s/README.md" "$installed/k8s/README.md"
}

@test "nothing that serves only the tree, and make uninstall takes all back" {
	local script

	for script in "$installed"/scripts/*.sh; do
		! grep -q '/specs\b\|/test/\|Makefile' "$script" ||
			{ echo "$script" && return 1; }
	done
	make -s -C "$root" uninstall PREFIX="$PREFIX"
	[ -z "$(find "$PREFIX" -type f)" ]
}
