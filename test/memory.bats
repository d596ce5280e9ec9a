#!/usr/bin/env bats
# Memory: a kill by the system for lack of it is told as such, and ft-run's own
# does not grow.
load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
	[ -z "${group-}" ] || poll rmdir "$group"
}

# limited - a new control group with 64 MiB of memory; skips without one
limited() {
	local parent name=ft-test-$$-$BATS_TEST_NUMBER

	parent=/sys/fs/cgroup/memory
	if [ -d "$parent" ]; then
		mkdir "$parent/$name" 2>/dev/null && group=$parent/$name &&
			echo 64M >"$group/memory.limit_in_bytes" &&
			echo 0 >"$group/memory.swappiness" && return
	else
		parent=/sys/fs/cgroup
		grep -qw memory "$parent/cgroup.subtree_control" 2>/dev/null &&
			mkdir "$parent/$name" 2>/dev/null &&
			group=$parent/$name && echo 64M >"$group/memory.max" &&
			echo 0 >"$group/memory.swap.max" && return
	fi
	skip 'no control group with a memory limit can be made here'
}

# within COMMAND ... - run it in the group
within() {
	sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$group" "$@"
}

# script ID SHELL - a task that runs a shell script
script() {
	jq -cn --arg id "$1" --arg script "$2" \
		'{id: $id, command: ["sh", "-c", $script]}'
}

hog='awk "BEGIN { s = \"xxxxxxxx\"; while (1) s = s s }"'

@test "a spec that the system killed for lack of memory is told as such" {
	limited
	{
		script whole "exec $hog"
		script part "$hog; exit 1"
		script other 'kill -9 $$'
		script fine 'exit 0'
	} >in
	within ft-run -t 60 <in >out
	same 'whole error signal killed by SIGKILL: the system was out of memory
part failed null exit status 1: Killed
the system killed a process here meanwhile, since it was out of memory
other error signal killed by SIGKILL
fine passed null null' "$(jq -r 'select(.status == "complete") |
		"\(.id) \(.result) \(.reason) \(.message)"' out)"
}

# With a file in the place of the kernel's, as version 2 writes it.
@test "control groups of version 2 count in memory.events" {
	unshare -m true 2>/dev/null || skip 'no mount namespace can be made here'
	script a 'printf "oom 8\noom_kill 4\n" >/sys/fs/cgroup/pods/a/memory.events
		kill -9 $$' >in
	script b 'kill -9 $$' >>in
	printf '0::/pods/a\n' >self
	cat >as-v2 <<-'END'
		set -e
		mount -t tmpfs none /sys/fs/cgroup
		mkdir -p /sys/fs/cgroup/pods/a
		printf 'low 0\noom 7\noom_kill 3\noom_group_kill 0\n' \
			>/sys/fs/cgroup/pods/a/memory.events
		mount --bind self "/proc/$$/cgroup"
		exec ft-run
	END
	unshare -m sh as-v2 <in >out
	same 'a killed by SIGKILL: the system was out of memory
b killed by SIGKILL' "$(jq -r 'select(.status == "complete") |
		"\(.id) \(.message)"' out)"
}

# resident PROGRAM - of ft-run and its supervisors together, in KiB
resident() {
	local pid sum=0

	for pid in "$1" $(cat "/proc/$1/task/$1/children"); do
		((sum += $(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status")))
	done
	printf '%s\n' "$sum"
}

told() {
	[ "$(wc -l <out)" -ge "$1" ]
}

# make bench PART=supervision does 100,000.
@test "the memory of ft-run does not grow with its tasks" {
	local early late

	[ -z "${FT_SANITIZE-}" ] || skip 'the sanitizer keeps what is freed'
	mkfifo in
	ft-run <in >out 3>&- &
	exec 5>in
	jq -cn 'range(1000) | {id: "t\(.)", command: ["true"]}' >&5
	poll told 2000
	early=$(resident $!)
	jq -cn 'range(4000) | {id: "t\(.)", command: ["true"]}' >&5
	poll told 10000
	late=$(resident $!)
	exec 5>&-
	ends 0 $!
	[ "$early" -gt 1000 ]
	[ "$late" -lt $((early + 256)) ]
}
