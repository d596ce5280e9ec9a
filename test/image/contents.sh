# contents.sh - sourced by run.sh: what is in the images, and what may get there
# shellcheck shell=sh disable=SC2154 # run.sh sets work and top

image=localhost/funkytown-test

# label STAGE NAME VALUE
label() {
	podman image inspect "$image/$1:0.0.0" |
		jq -e --arg name "org.opencontainers.image.$2" --arg value "$3" \
			'.[0].Labels[$name] | ., . == $value'
}

inside() {
	stage=$1
	shift
	podman run --rm --no-healthcheck --read-only "$image/$stage:0.0.0" "$@"
}

# A name that a secret of ours, or of who builds, would have; what was mounted
# for the building leaves an empty file.
no_secret() {
	! podman image inspect "$image/$1:0.0.0" | jq -r '.[0].Config.Env[]' |
		grep -i 'pass\|token\|auth' &&
		[ -z "$(podman run --rm --user 0 --entrypoint find "$image/$1:0.0.0" / -xdev \
			\( -name users.acl -o -name .npmrc -o -name .git -o -name 'id_*' \
			-o -name .env \) -size +0 -print 2>/dev/null)" ]
}

# What of a tree full of other things gets into a build.
context() {
	rm -rf "$work/context"
	mkdir -p "$work/context"
	for file in Makefile src/a.c lib/b.c specs/c.js test/d.bats k8s/e.yaml \
		scripts/f.sh .env secret.key .git/config bin/ft-x build/x.o \
		specs/node_modules/m.js specs/build/n.js test/image/o.sh; do
		mkdir -p "$work/context/$(dirname $file)"
		: >"$work/context/$file"
	done
	cp "$top/.dockerignore" "$work/context/"
	printf 'FROM localhost/funkytown-base:bookworm\nCOPY . /c\n' >"$work/context.docker"
	podman build -q --isolation=chroot --pull=never --no-cache -t "$image/context:0.0.0" \
		-f "$work/context.docker" "$work/context" >/dev/null
	podman run --rm "$image/context:0.0.0" find /c -type f | sort | tr '\n' ' '
	podman rmi "$image/context:0.0.0" >/dev/null
}

contents() {
	check 'only what is listed gets into a build' sh -c "[ '$(context)' = \
		'/c/Makefile /c/k8s/e.yaml /c/lib/b.c /c/scripts/f.sh /c/specs/c.js /c/src/a.c /c/test/d.bats ' ]"
	version=$(sed -n 's/^VERSION *= *//p' "$top/Makefile")
	for stage in tools controller worker; do
		check "$stage says what it is" label $stage version "$version"
		check "$stage has no secret" no_secret $stage
		check "$stage is not root" sh -c "[ '$(inside $stage id -u)' = 10001 ]"
		check "$stage has the programs" inside $stage ft-stats -V
	done
	check 'and of which commit' label tools revision \
		"$(git -C "$top" describe --always --dirty 2>/dev/null || printf unknown)"
	for other in chromium node redis-server cc; do
		check "the tools have no $other" inside tools sh -c "! command -v $other"
	done
}
