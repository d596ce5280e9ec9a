#!/usr/bin/env bats
# What ft-run keeps of an attempt: how much, under which names and modes, and
# nothing that leads out.
load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export TMPDIR=$PWD/private
	mkdir private
	umask 022
}

# script ID SHELL - a task that runs a shell script in its artifacts folder
script() {
	jq -cn --arg id "$1" --arg script "cd \"\$0\" && $2" \
		'{id: $id, command: ["sh", "-c", $script, "{out}"]}'
}

# work FLAG ... - run the tasks in the file in
work() {
	ft-run -o kept "$@" <in >out 2>err
}

complete() {
	jq -cr 'select(.status == "complete") | '"$1" out
}

# kept ID - the files of its first attempt, a line each
kept() {
	(cd "kept/local/$1/1" && find . ! -name . | sort | sed 's|^./||')
}

@test "a log that is too large loses its middle, and says so" {
	script a 'echo first; head -c 3000000 /dev/zero | tr "\0" x; echo; echo last' >in
	script b 'echo small' >>in
	work -s 1
	log=kept/local/a/1/log.txt
	same 'a 1951500 last
b null small' "$(complete '"\(.id) \(.left_out) \(.output[:-1] | split("\n")[-1])"')"
	[ "$(wc -c <"$log")" -le 1048576 ]
	same first "$(head -n 1 "$log")"
	same last "$(tail -n 1 "$log")"
	same '[1951500 bytes left out here]' "$(grep -a 'left out' "$log")"
	# no byte is missing and none is there twice
	same 3000012 "$((1951500 + $(wc -c <"$log") -
		$(printf '\n[1951500 bytes left out here]\n' | wc -c)))"
	same 'left-out.txt
log.txt' "$(kept a)"
	grep -qx 'log.txt: 1951500 bytes of its middle' kept/local/a/1/left-out.txt
	same log.txt "$(kept b)"
}

@test "a log of any length is cut to what is allowed" {
	for extra in 0 1 30 63 64 65 200; do
		script "t$extra" "head -c $((1048576 + extra)) /dev/zero | tr '\\0' x"
	done >in
	work -s 1
	same null "$(complete 'select(.id == "t0").left_out')"
	for extra in 1 30 63 64 65 200; do
		log=kept/local/t$extra/1/log.txt
		[ "$(wc -c <"$log")" -le 1048576 ]
		same "$(complete "select(.id == \"t$extra\").left_out")" \
			$((1048576 + extra - $(tr -dc x <"$log" | wc -c)))
	done
}

@test "of other files the largest go first" {
	script a 'mkdir -p v/w; echo log; head -c 900000 /dev/zero >v/w/video
		head -c 700000 /dev/zero >v/trace; echo shot >v/shot' >in
	work -s 1
	same 'passed 900000' "$(complete '"\(.result) \(.left_out)"')"
	same 'left-out.txt
log.txt
v
v/shot
v/trace
v/w' "$(kept a)"
	grep -qx 'v/w/video: 900000 bytes, too large' kept/local/a/1/left-out.txt
	work -s 0
	same null "$(complete .left_out)"
	[ -s kept/local/a/1.2/v/w/video ]
}

@test "what cannot be removed does not count as left out" {
	# its path below the folder is longer than the system takes
	script a 'name=$(printf %0250d 1)
		for i in $(seq 20); do mkdir $name && cd -P $name || exit; done
		truncate -s 2M large' >in
	work -s 1
	same 'passed null' "$(complete '"\(.result) \(.left_out)"')"
	grep -q 'File name too long' err
}

@test "the result is read before anything is left out" {
	cat >runners.json <<-'END'
		{"command": {"result": {"format": "junit",
			"file": "{out}/r.xml"}}}
	END
	script a 'printf "<testsuite><testcase name=\"t\"/>%2000000s</testsuite>" >r.xml' >in
	work -s 1 -R runners.json
	same 'passed 1' "$(complete '"\(.result) \(.tests.passed)"')"
	same 'left-out.txt
log.txt' "$(kept a)"
}

# What it may use on the disk, in KiB, while it prints on.
@test "a spec that prints without end does not fill the disk" {
	script a 'while [ ! -e enough ]; do head -c 1000000 /dev/zero; sleep .02; done' >in
	fallocate -l 1M try && fallocate -p -l 1M try ||
		skip 'this file system gives nothing back'
	ft-run -o kept -s 1 <in >out 2>err 3>&- &
	worker=$!
	punched() {
		[ "$(du -k kept/local/a/1/log.txt | cut -f 1)" -lt "$(
			du -k --apparent-size kept/local/a/1/log.txt | cut -f 1)" ]
	}
	poll punched
	touch kept/local/a/1/enough
	ends 0 "$worker"
	[ "$(wc -c <kept/local/a/1/log.txt)" -le 1048576 ]
	same passed "$(complete .result)"
}

@test "links stay inside and relative; what is no file goes" {
	echo secret >secret
	script a 'mkdir -p d/e; echo x >d/file
		ln -s d/file good; ln -s ../file d/e/up; ln -s . d/e/here
		ln -s "$PWD/d/file" d/e/absolute; ln -s "$PWD" d/all
		ln -s ../../../../secret bad; ln -s /etc/passwd d/passwd
		ln -s here/../../../../../../../secret d/e/sly
		ln -s nothing d/dangling; mkfifo d/pipe' >in
	work
	cd kept/local/a/1 || return
	same './d/all ../.
./d/e/absolute ../../d/file
./d/e/here .
./d/e/up ../file
./good d/file' "$(find . -type l -printf '%p %l\n' | sort)"
	same x "$(cat d/e/absolute)"
	same 'bad: a link that leads out
d/dangling: a link that leads out
d/e/sly: a link that leads out
d/passwd: a link that leads out
d/pipe: not a file' "$(tail -n +2 left-out.txt | sort)"
}

@test "whoever serves the artifacts can read them, and runs none" {
	script a 'mkdir d; echo x >d/f; chmod 0000 d/f; chmod 0700 d
		echo y >s; chmod 6777 s; chmod 0500 .' >in
	work
	same '. 755
./d 755
./d/f 644
./log.txt 644
./s 644' "$(cd kept/local/a/1 && find . -printf '%p %m\n' | sort)"
	umask 027
	work
	same 640 "$(stat -c %a kept/local/a/1.2/d/f)"
}

@test "a spec that takes its folder away, or puts a link there, harms nobody" {
	mkdir precious
	echo 1 >precious/file
	chmod 700 precious
	script gone 'rm -r "$0"' >in
	script link "rm -r \"\$0\" && ln -s '$PWD/precious' \"\$0\"" >>in
	script file 'ln -f '"'$PWD/precious/file'"' log.txt' >>in
	work
	same 3 "$(complete .artifacts | wc -l)"
	same '' "$(kept gone)"
	[ ! -h kept/local/link/1 ]
	same left-out.txt "$(kept link)"
	same '700 1' "$(stat -c %a precious) $(cat precious/file)"
}

@test "no folder is made through a link below the artifact root" {
	mkdir kept elsewhere
	ln -s ../elsewhere kept/local
	script a 'echo ran' >in
	work
	same 'error spawn' "$(complete '"\(.result) \(.reason)"')"
	complete .message | grep -q 'no folder for the attempt'
	same '' "$(ls elsewhere)"
}

@test "a spec that is a link out of the spec root is refused" {
	mkdir -p specs/sub away
	printf '#!/bin/sh\ntouch ran\n' | tee away/spec >specs/sub/spec
	chmod +x away/spec specs/sub/spec
	ln -s ../away/spec specs/out
	ln -s ../away specs/dir
	ln -s sub/spec specs/in
	printf '{"id":"%s","spec":"%s"}\n' a out b dir/spec c in >in
	work -C specs
	same 'a error refused
b error refused
c passed null' "$(complete '"\(.id) \(.result) \(.reason)"')"
	ln -s specs root
	work -C root
	same 'c passed null' "$(complete '"\(.id) \(.result) \(.reason)"' | tail -n 1)"
}
