#!/usr/bin/env bats
# The queue's scripts alone, at the points where the programs are too quick.
load helper

setup_file() {
	redis_start
}

teardown_file() {
	redis_stop
}

setup() {
	ft="ft:{t$BATS_TEST_NUMBER}"
	lease=60000 slots=1 mode=f
	mkdir -p "$BATS_TEST_TMPDIR/seen"
}

# op NAME [ARG ...] - an operation on this test's run
op() {
	local name=$1
	shift
	redis --eval "$root/build/lua/$name.lua" "$ft:meta" , "$@"
}

# push [-r RETRIES] ID ... - in this order, then seal
push() {
	local retries='' id args=()
	if [ "$1" = -r ]; then
		retries=$2
		shift 2
	fi
	for id in "$@"; do
		args+=("$id" "{\"id\":\"$id\"}" +0 "$retries" '')
	done
	op push run pusher 1 "${budget-}" "${args[@]}" >/dev/null
	op seal >/dev/null
}

# pop INSTANCE NUMBER - the answer, a line a field; line 5 is the token
# What an instance has seen is kept, but for a request that is sent again.
pop() {
	local file=$BATS_TEST_TMPDIR/seen/$1 fence
	local before=${seen-$(cat "$file" 2>/dev/null)}
	op pop "$1" "${1%%.*}" "$slots" "$lease" "$1.$2" "$mode" "${before:-0}" |
		tee "$BATS_TEST_TMPDIR/answer"
	fence=$(sed -n 's/^\([0-9]*\)-.*/\1/p' "$BATS_TEST_TMPDIR/answer" |
		sed -n '$p')
	if [ "$(sed -n 4p "$BATS_TEST_TMPDIR/answer")" = task ]; then
		echo "$fence" >"$file"
	fi
}

# leased INSTANCE NUMBER - the token of a task that is leased now
leased() {
	pop "$1" "$2" | sed -n 5p
}

# instance TOKEN - which the token names
instance() {
	local nonce=${1#*-}
	printf '%s\n' "${nonce%.*}"
}

# finish ID TOKEN RESULT [DURATION] - for a $reason, if there is one
finish() {
	op finish "$1" "$2" "$(instance "$2")" complete "$3" "${reason-}" \
		"{\"id\":\"$1\"}" "{\"result\":\"$3\"}" "${4-5}"
}

hand_back() {
	op finish "$1" "$2" "$(instance "$2")" waiting unknown drain '' '' ''
}

beat() {
	op beat "$1" "$2" "$(instance "$2")" 1 1
}

task() {
	redis HGET "$ft:task:$1" "$2"
}

meta() {
	redis HGET "$ft:meta" "$1"
}

# Somebody else speaks, and so takes back what has expired.
talk() {
	number=$((${number-0} + 1))
	slots=0 lease=200 pop talker.1.x "$number" >/dev/null
}

taken_back() {
	talk
	[ "$(redis HEXISTS "$ft:task:$1" lease)" = 0 ] ||
		[ "$(redis HEXISTS "$ft:task:$1" silent_ms)" = 1 ]
}

# Nobody speaks until a lease has run out.
expired() {
	[ "$(redis ZCOUNT "$ft:leases" -inf "$(redis TIME |
		sed -n '1{s/$/000/p}')")" -gt 0 ]
}

first() {
	sed -n 1p
}

@test "a pop that is sent again gets the same lease" {
	push a b
	token=$(leased w.1.x 1)
	[ "$(seen=0 leased w.1.x 1)" = "$token" ]
	[ "$(redis SCARD "$ft:held:w.1.x")" = 1 ]
	[ "$(redis ZCARD "$ft:leases")" = 1 ]
}

@test "a pop that arrives after its instance has left leases nothing" {
	push a
	op leave w.1.x
	[ "$(pop w.1.x 1 | first)" = wait ]
	[ "$(redis ZCARD "$ft:leases")" = 0 ]
}

@test "a pop that is sent again after a silence renews its lease" {
	push a
	token=$(lease=200 leased w.1.x 1)
	poll taken_back a
	[ "$(seen=0 leased w.1.x 1)" = "$token" ]
	[ "$(redis ZCARD "$ft:leases")" = 1 ]
	[ "$(redis ZCARD "$ft:queue")" = 0 ]
}

@test "a finish that is sent again gets the same answer and counts once" {
	push a
	token=$(leased w.1.x 1)
	run finish a "$token" passed
	before=$output
	[ "$(printf '%s\n' "$before" | first)" = complete ]
	run finish a "$token" passed
	[ "$output" = "$before" ]
	[ "$(meta passed)" = 1 ]
	[ "$(redis LLEN "$ft:done")" = 1 ]
}

@test "a failure that is sent again stays one failure, whatever came after" {
	push -r 2 a
	token=$(leased w.1.x 1)
	slots=0 pop w.1.x 2
	finish a "$token" failed
	[ "$(finish a "$token" failed | first)" = waiting ]
	[ "$(finish a "$token" failed | sed -n 2p)" = unknown ]
	[ "$(task a failures)" = 1 ]
}

@test "a late result is kept as evidence and decides nothing" {
	push a
	old=$(lease=200 leased v.1.x 1)
	poll taken_back a
	new=$(leased w.1.x 1)
	[ "$(finish a "$old" passed | first)" = late ]
	[ "$(task a late)" = '{"result":"passed"}' ]
	[ "$(meta late)" = 1 ]
	[ "$(finish a "$new" failed | sed -n 2p)" = failed ]
	[ -z "$(meta passed)" ]
}

@test "a late hand-back is no evidence" {
	push a
	old=$(lease=200 leased v.1.x 1)
	poll taken_back a
	leased w.1.x 1
	[ "$(hand_back a "$old" | first)" = late ]
	[ "$(redis HEXISTS "$ft:task:a" late)" = 0 ]
}

@test "a late result frees the slot of its instance" {
	push a b
	old=$(lease=200 leased v.1.x 1)
	poll taken_back a
	leased w.1.x 1
	[ "$(pop v.1.x 2 | first)" = full ]
	finish a "$old" passed
	redis LRANGE "$ft:bell:v.1.x" 0 -1 | grep -q "a#$old"
}

@test "three silences are an error, lost" {
	push a
	for w in u v w; do
		lease=200 leased $w.1.x 1
		poll taken_back a
	done
	[ "$(task a result)" = error ]
	[ "$(task a reason)" = lost ]
	[ "$(meta lost)" = 3 ]
	[ "$(meta error)" = 1 ]
	[ "$(meta state)" = finished ]
}

@test "an attempt that its worker lost is a loss and no failure" {
	mode=-
	push a
	token=$(leased u.1.x 1)
	[ "$(reason=lost finish a "$token" error | first)" = waiting ]
	[ "$(reason=lost finish a "$token" error | first)" = waiting ]
	[ "$(task a lost)" = 1 ]
	[ "$(meta lost)" = 1 ]
	[ -z "$(task a failures)$(meta retried)" ]
	[ "$(task a attempts)" = '{"result":"error"}' ]
	[ "$(finish a "$(leased v.1.x 1)" passed | sed -n 2p)" = passed ]
}

@test "three lost attempts are an error, lost, with what the last one said" {
	mode=-
	push -r 5 a
	for w in u v; do
		reason=lost finish a "$(leased $w.1.x 1)" error
	done
	reason=lost run finish a "$(leased w.1.x 1)" error
	[ "${lines[*]:0:3}" = 'complete error lost' ]
	[ "$(meta lost)" = 3 ]
	[ "$(meta error)" = 1 ]
	[ "$(meta state)" = finished ]
}

@test "a holder that beats in time takes its loss back" {
	push a
	token=$(lease=200 leased w.1.x 1)
	poll taken_back a
	[ "$(task a lost)" = 1 ]
	[ "$(beat a "$token")" = held ]
	[ "$(task a lost)" = 0 ]
	[ "$(meta lost)" = 0 ]
	[ "$(redis ZCARD "$ft:queue")" = 0 ]
	[ "$(finish a "$token" passed | first)" = complete ]
}

@test "a report in time counts, though it would be the third silence" {
	push a
	for w in u v; do
		lease=200 leased $w.1.x 1
		poll taken_back a
	done
	token=$(lease=200 leased w.1.x 1)
	poll expired_but_heard "$token"
	[ "$(finish a "$token" passed | sed -n 2p)" = passed ]
	[ "$(meta lost)" = 2 ]
}

# The run is heard through beats of nobody's lease, which take nothing back.
expired_but_heard() {
	beat a "1-talker.1.x.1" >/dev/null
	now=$(redis TIME | paste -sd ' ' |
		awk '{printf "%.0f", $1 * 1000 + $2 / 1000}')
	[ "$(redis ZSCORE "$ft:leases" a)" -lt "$now" ]
}

@test "when everybody was silent, leases are renewed, but once" {
	push a
	lease=200 leased dead.1.x 1
	poll expired
	lease=200 slots=0 pop w.1.x 1
	[ "$(redis ZCARD "$ft:leases")" = 1 ]
	[ -z "$(meta lost)" ]
	poll expired
	lease=200 slots=0 pop w.1.x 2
	[ "$(redis ZCARD "$ft:leases")" = 0 ]
	[ "$(meta lost)" = 1 ]
}

@test "a short lease of a dead worker ends though others speak less often" {
	push a b
	lease=50 leased dead.1.x 1
	lease=600 leased w.1.x 1
	slots=2
	lease=600
	number=1
	poll pops_task
}

pops_task() {
	number=$((number + 1))
	[ "$(pop w.1.x $number | first)" = task ]
}

@test "a full instance gets the next task with the end of one" {
	push a b
	token=$(leased w.1.x 1)
	finish a "$token" passed
	run redis LPOP "$ft:bell:w.1.x"
	[ "${lines[0]}" = task ]
	[ "${lines[-1]}" = '{"id":"b"}' ]
	[ "$(redis SMEMBERS "$ft:held:w.1.x")" = "b#${lines[1]}" ]
}

# push_known ID MS PRIORITY ... - of which a history knows how long they last,
# and which may share a start with those of the same $share
push_known() {
	local args=()
	while [ $# -gt 0 ]; do
		args+=("$1" "{\"id\":\"$1\"}" \
			"$((2 ** 40 + 2 ** 39 - $2 - $3 * 2 ** 41))" '' "${share-}")
		shift 3
	done
	op push run pusher 1 '' "${args[@]}" >/dev/null
	op seal >/dev/null
}

# handed ID - what a slot gets when that task of w.1.x has ended, and was not so
# short that more than one would come
handed() {
	finish "$1" "$(task "$1" lease)" passed 1000 >/dev/null
	redis LPOP "$ft:bell:w.1.x" | sed -n '$s/.*:"\(.*\)".*/\1/p'
}

@test "a slot that goes on gets a task nearly as long as the longest" {
	local i id next first=0 args=()
	for i in $(seq 40); do
		args+=("long-$i" "$((2000 + i))" 0 "short-$i" 1500 0)
	done
	push_known "${args[@]}"
	[ "$(pop w.1.x 1 | sed -n '$p')" = '{"id":"long-40"}' ] # idle
	id='long-40'
	for i in $(seq 39); do
		next=$(redis ZRANGE "$ft:queue" 0 0)
		id=$(handed "$id")
		[ "${id%-*}" = long ]
		[ "$id" != "$next" ] || first=$((first + 1))
	done
	[ "$first" -lt 39 ]
	[ "$(handed "$id" | cut -d - -f 1)" = short ]
}

@test "three quarters are nearly, and 64 are looked at" {
	local i id far=0 long=0 args=()
	for i in $(seq 10 89); do
		args+=("t$i" 1500 0)
	done
	push_known a 3000 0 l4 2000 0 l5 2000 0 l6 2000 0 l7 2000 0 "${args[@]}"
	pop w.1.x 1 >/dev/null
	id=a
	for i in 1 2 3 4 5 6 7 8; do
		id=$(handed "$id")
		[ "${id:1}" -le $((68 + i)) ] # t69 is the 64th
		[ "${id:1}" -lt 20 ] || far=$((far + 1))
		[ "$i" -gt 4 ] || [ "${id:0:1}" = t ] || long=$((long + 1))
	done
	[ "$far" -gt 0 ]
	[ "$long" -lt 4 ]
}

@test "nearly as long is no reason to let a higher priority wait" {
	local i args=()
	for i in $(seq 70); do
		args+=("low-$i" 990 0)
	done
	push_known a 3000 1 c 1000 1 "${args[@]}"
	pop w.1.x 1 >/dev/null
	[ "$(handed a)" = c ]
	[[ "$(handed c)" = low-* ]]
}

@test "nor to give a retry to the worker that failed it" {
	push_known v 9000 0 a 3000 0 b 1001 0 c 1000 0
	pop v.1.x 1 >/dev/null
	pop w.1.x 1 >/dev/null
	redis HSET "$ft:task:b" leases 1 avoid w avoid_ms 9999999999999 >/dev/null
	[ "$(handed a)" = c ]
}

# go_on COUNT - that many tasks of w.1.x end after a $duration, the first first
go_on() {
	local i token
	for i in $(seq "$1"); do
		token=$(redis ZRANGE "$ft:leases" 0 0)
		finish "$token" "$(task "$token" lease)" passed "$duration" \
			>/dev/null
		redis DEL "$ft:bell:w.1.x" >/dev/null
	done
}

# held - how many tasks w.1.x has
held() {
	redis SCARD "$ft:held:w.1.x"
}

@test "where tasks are very short, some wait for a slot" {
	duration=10
	push $(seq 100)
	pop w.1.x 1 >/dev/null
	go_on 31
	[ "$(held)" = 1 ]
	go_on 1
	[ "$(held)" = 2 ]
	go_on 1
	[ "$(held)" = 3 ]
	go_on 5
	[ "$(held)" = 5 ]               # four of ten milliseconds are forty
	# one that was long, and those that are there start first
	duration=41 go_on 1
	[ "$(held)" = 4 ]
	# none is kept from the only slot of another
	slots=0 pop v.1.x 1 >/dev/null
	redis ZREMRANGEBYRANK "$ft:queue" 3 -1 >/dev/null
	go_on 1
	[ "$(held)" = 4 ]
	go_on 3
	[ "$(held)" = 1 ]
	[ "$(redis ZCARD "$ft:queue")" = 2 ]
}

@test "sixteen of them at most, whatever the slots" {
	duration=0 slots=3
	push $(seq 100)
	pop w.1.x 1 >/dev/null
	go_on 60
	[ "$(held)" = 19 ]
	duration=121 go_on 1            # three slots are 120 ms
	[ "$(held)" = 18 ]
	go_on 1
	[ "$(held)" = 19 ]
	# handed back, behind tasks that are new: none of them for it
	token=$(redis ZRANGE "$ft:leases" 0 0)
	redis HSET "$ft:task:$token" score 9000000000000 >/dev/null
	hand_back "$token" "$(task "$token" lease)" >/dev/null
	[ "$(held)" = 18 ]
}

@test "what was leased before waits for no slot" {
	duration=1
	push $(seq 60)
	pop w.1.x 1 >/dev/null
	redis HSET "$ft:task:34" leases 1 >/dev/null
	go_on 32
	[ "$(held)" = 1 ]
	go_on 1
	[ "$(task 34 worker)" = w ]     # in a slot
	[ "$(held)" = 2 ]
}

@test "after an attempt that was long, or told no time, none comes early" {
	duration=1
	push $(seq 100)
	pop w.1.x 1 >/dev/null
	go_on 40
	[ "$(held)" = 10 ]
	duration=41 go_on 1
	[ "$(held)" = 9 ]
	duration='' go_on 1
	[ "$(held)" = 8 ]
	duration=40 go_on 1
	[ "$(held)" = 9 ]
}

@test "of many slots one is free sooner, so that longer tasks come early" {
	duration=100 slots=4
	push $(seq 60)
	pop w.1.x 1 >/dev/null
	go_on 34
	[ "$(held)" = 5 ]
}

@test "none longer than a second, whatever the slots" {
	duration=1001 slots=64
	push $(seq 200)
	pop w.1.x 1 >/dev/null
	go_on 34
	[ "$(held)" = 64 ]
	duration=1000 go_on 1
	[ "$(held)" = 65 ]
}

@test "where starts are shared nothing does" {
	duration=1
	push $(seq 60)
	op pop w.1.x w 1 60000 w.1.x.1 f 0 2 >/dev/null
	go_on 40
	[ "$(held)" = 1 ]
}

@test "what should last too long waits for no slot" {
	local i args=()
	for i in $(seq 33); do
		args+=("new-$i" "{\"id\":\"new-$i\"}" +0 '' '')
	done
	duration=1
	op push run other 1 '' "${args[@]}" >/dev/null
	push_known long 100 0 short 40 0 shorter 30 0
	pop w.1.x 1 >/dev/null
	go_on 32
	[ "$(redis SMEMBERS "$ft:held:w.1.x" | cut -d '#' -f 1)" = new-33 ]
	go_on 1
	[ "$(redis SMEMBERS "$ft:held:w.1.x" | cut -d '#' -f 1 | sort |
		paste -sd ' ')" = 'long short' ]
}

@test "two tasks of one hand-over that is not read come back for nothing" {
	duration=1
	push $(seq 60)
	lease=300 pop w.1.x 1 >/dev/null
	go_on 31
	id=$(redis ZRANGE "$ft:leases" 0 0)
	finish "$id" "$(task "$id" lease)" passed 1 >/dev/null
	[ "$(held)" = 2 ]
	[ "$(redis LLEN "$ft:bell:w.1.x")" = 1 ]
	for id in $(redis ZRANGE "$ft:leases" 0 -1); do
		poll taken_back "$id"
	done
	[ "$(redis ZCARD "$ft:leases")" = 0 ]
	[ "$(meta handed_back) $(meta lost)" = '2 ' ]
}

# others TASK - so that a pop of two slots takes one of two tasks
others() {
	slots=1
	[ "$(pop v.1.x 1 | grep -c "\"$1\"")" = 1 ]
	slots=2
}

@test "a pop brings a task for each free slot, the others keep their part" {
	push a b c d e
	slots=3
	pop w.1.x 1 >/dev/null
	[ "$(redis SCARD "$ft:held:w.1.x")" = 3 ]
	[ "$(redis ZRANGE "$ft:queue" 0 -1 | paste -sd ' ')" = 'd e' ]
	# sent again it leases no more, and tells all three
	[ "$(seen=0 pop w.1.x 1 | grep -o '"id":"."' | sort | paste -sd ' ')" = \
		'"id":"a" "id":"b" "id":"c"' ]
	[ "$(pop v.1.x 1 | grep -c '"id"')" = 1 ]
	[ "$(redis ZRANGE "$ft:queue" 0 -1)" = e ]
}

@test "what was never told and is another's by now fills no slot" {
	push a b c d
	slots=3
	seen=0 lease=200 pop w.1.x 1 >/dev/null
	poll taken_back a
	[ "$(slots=1 pop v.1.x 1 | grep -c '"a"')" = 1 ]
	# by telling of b and c alone, w would never hear of a
	[ "$(seen=0 pop w.1.x 1 | first)" = wait ]
	[ "$(seen=0 pop w.1.x 2 | grep -o '"id":"."' | sort | paste -sd ' ')" = \
		'"id":"b" "id":"c"' ]
	[ "$(redis SMEMBERS "$ft:held:w.1.x" | cut -d '#' -f 1 | sort |
		paste -sd ' ')" = 'b c' ]
}

@test "an instance with a free slot is told so, and gets none" {
	push v a b
	others v
	token=$(leased w.1.x 1)
	finish a "$token" passed
	[ "$(redis LPOP "$ft:bell:w.1.x" | first)" = free ]
	[ "$(redis ZCARD "$ft:queue")" = 1 ]
}

# unread INSTANCE - how many hand-overs lie on its bell
unread() {
	redis LRANGE "$ft:bell:$1" 0 -1 | grep -c 'task$'
}

@test "slots that end together are handed a task each" {
	slots=2
	push a b c d e
	pop w.1.x 1 >/dev/null
	one=$(task a lease) two=$(task b lease)
	finish a "$one" passed
	finish b "$two" passed
	[ "$(unread w.1.x)" = 2 ]
	[ "$(redis ZRANGE "$ft:queue" 0 -1)" = e ]
}

@test "an instance that leaves its bell unread for a second gets no more" {
	slots=2
	push a b c d e
	pop w.1.x 1 >/dev/null
	token=$(task a lease)
	redis RPUSH "$ft:bell:w.1.x" "$(printf 'task\n%s-w.1.x.1' \
		"$((${token%%-*} - 1500))")" >/dev/null
	finish a "$token" passed
	[ "$(unread w.1.x)" = 1 ]
	redis LRANGE "$ft:bell:w.1.x" 0 -1 | grep -q "a#$token"
	[ "$(redis ZCARD "$ft:queue")" = 3 ]
}

@test "who has another note to read is handed no task" {
	slots=2
	push a b c
	pop w.1.x 1 >/dev/null
	one=$(task a lease)
	redis RPUSH "$ft:bell:w.1.x" "free
x#1-x" >/dev/null
	finish a "$one" passed
	[ "$(unread w.1.x)" = 0 ]
	[ "$(redis ZRANGE "$ft:queue" 0 -1)" = c ]
}

@test "a task that was handed to nobody loses time only" {
	push a b c d e f g
	lease=1000
	slots=2 pop w.1.x 1 >/dev/null
	slots=1 pop v.1.x 1 >/dev/null
	for id in a b c; do
		finish $id "$(task $id lease)" passed
	done
	[ "$(unread w.1.x) $(unread v.1.x)" = '2 1' ]
	for id in d e f; do
		poll taken_back $id
	done
	[ "$(redis ZRANGE "$ft:queue" 0 -1 | paste -sd ' ')" = 'd e f g' ]
	[ -z "$(task d lost)$(task e lost)$(task f lost)$(meta lost)" ]
	[ "$(meta handed_back)" = 3 ]
	[ "$(pop u.1.x 1 | grep -c '"d"')" = 1 ]
	[ "$(pop v.1.x 2 | grep -c '"e"')" = 1 ]
}

@test "nor are tasks lost that were handed to nobody as one start" {
	share=s push_known a 100 0 b 100 0 c 100 0 d 100 0
	op pop w.1.x w 1 1000 w.1.x.1 f 0 2 >/dev/null
	one=$(task a lease) two=$(task b lease)
	finish a "$one" passed
	redis DEL "$ft:bell:w.1.x" >/dev/null # who has not read it gets no more
	finish b "$two" passed
	[ "$(unread w.1.x) $(redis LLEN "$ft:bell:w.1.x")" = '2 1' ]
	poll taken_back c
	poll taken_back d
	[ -z "$(task c lost)$(task d lost)$(meta lost)" ]
	[ "$(meta handed_back)" = 2 ]
}

@test "a draining instance gets no other task" {
	push a b
	token=$(leased w.1.x 1)
	[ "$(op leave w.1.x)" = "a#$token" ]
	finish a "$token" passed
	[ "$(redis EXISTS "$ft:bell:w.1.x")" = 0 ]
	[ "$(redis ZCARD "$ft:queue")" = 1 ]
}

@test "an instance that left is not served, though its pop comes late" {
	push a
	slots=0 pop w.1.x 1
	op leave w.1.x
	pop w.1.x 2
	[ "$(redis ZCARD "$ft:leases")" = 0 ]
}

@test "a pop that comes after a later one is not served" {
	push a b
	slots=0 pop w.1.x 2
	pop w.1.x 1
	[ "$(redis ZCARD "$ft:leases")" = 0 ]
}

@test "a one-shot pop gets no other task" {
	push a b
	mode=-
	token=$(leased w.1.x 1)
	finish a "$token" passed
	[ "$(redis EXISTS "$ft:bell:w.1.x")" = 0 ]
	[ "$(redis HEXISTS "$ft:workers" w.1.x)" = 0 ]
}

@test "a task that was handed back is not handed to the same instance at once" {
	push a
	token=$(leased w.1.x 1)
	[ "$(hand_back a "$token" | first)" = waiting ]
	[ "$(redis LPOP "$ft:bell:w.1.x" | first)" = free ]
	[ "$(redis ZCARD "$ft:queue")" = 1 ]
}

@test "a hand-back costs nothing" {
	push a
	token=$(leased w.1.x 1)
	hand_back a "$token"
	[ -z "$(task a failures)" ]
	[ -z "$(meta lost)" ]
	[ "$(meta handed_back)" = 1 ]
	token=$(leased v.1.x 1)
	[ "$(finish a "$token" passed | sed -n 2p)" = passed ]
}

@test "a note that got lost comes with the next pop" {
	push a b
	token=$(leased w.1.x 1)
	finish a "$token" passed
	redis DEL "$ft:bell:w.1.x"
	pop w.1.x 2 | grep -q '{"id":"b"}'
	[ "$(pop w.1.x 3 | first)" = full ]
}

@test "a lease that never arrived keeps no slot once it is another's" {
	push a b
	lease=200 leased w.1.x 1
	poll taken_back a
	leased v.1.x 1
	seen=0
	[ "$(pop w.1.x 2 | first)" = task ]
}

@test "a retry goes to another worker while one lives" {
	push -r 1 a
	slots=2
	pop v.1.x 1 >/dev/null
	hand_back a "$(sed -n 5p "$BATS_TEST_TMPDIR/answer")"
	token=$(leased w.1.x 1)
	finish a "$token" failed
	[ "$(pop w.1.x 2 | first)" = wait ]
	[ "$(pop v.1.x 2 | first)" = task ]
}

@test "a worker that is alone gets its retry at once" {
	push -r 1 a
	token=$(leased w.1.x 1)
	finish a "$token" failed
	[ "$(redis LPOP "$ft:bell:w.1.x" | first)" = task ]
}

@test "a lost task goes to another worker than the one that lost it" {
	push a
	slots=4
	lease=200 leased v.1.x 1
	poll taken_back a
	[ "$(pop v.1.x 2 | first)" = wait ]
	[ "$(pop w.1.x 1 | first)" = task ]
}

@test "passed after a failure is flaky" {
	push -r 1 a
	finish a "$(leased w.1.x 1)" failed
	token=$(redis LPOP "$ft:bell:w.1.x" | sed -n 2p)
	[ "$(finish a "$token" passed | sed -n 2p)" = flaky ]
	[ "$(meta flaky)" = 1 ]
	[ "$(meta retried)" = 1 ]
	[ -z "$(meta passed)" ]
}

@test "the failure budget cancels what waits" {
	budget=1 push a b c
	finish a "$(leased w.1.x 1)" failed
	[ "$(meta state)" = cancelled ]
	[ "$(redis ZCARD "$ft:queue")" = 2 ]
	[ "$(pop v.1.x 1 | first)" = finished ]
}

@test "a cancelled run is over when its last lease ends, and rings" {
	push a b
	token=$(leased w.1.x 1)
	[ "$(op cancel)" = cancelled ]
	[ "$(pop v.1.x 1 | first)" = wait ]
	before=$(pop v.1.x 2 | sed -n 3p)
	finish a "$token" passed
	[ "$(pop v.1.x 3 | first)" = finished ]
	[ "$(pop v.1.x 4 | sed -n 3p)" != "$before" ]
}

@test "once a cancelled run is over, nobody gives another verdict" {
	push a
	token=$(lease=200 leased w.1.x 1)
	poll taken_back a
	op cancel
	[ "$(finish a "$token" passed | first)" = late ]
	[ "$(beat a "$token" | first)" = stale ]
	[ -z "$(meta passed)" ]
	[ "$(redis ZCARD "$ft:queue")" = 1 ]
}

@test "the end rings the bell" {
	push a
	token=$(leased w.1.x 1)
	before=$(pop v.1.x 1 | sed -n 3p)
	finish a "$token" passed
	[ "$(redis XLEN "$ft:bell")" = 1 ]
	[ "$(redis XREAD COUNT 1 STREAMS "$ft:bell" "$before" | first)" = "$ft:bell" ]
	[ "$(pop v.1.x 2 | first)" = finished ]
}

@test "a returned task rings the bell" {
	push a
	token=$(leased w.1.x 1)
	before=$(pop v.1.x 1 | sed -n 3p)
	hand_back a "$token"
	[ "$(redis XREAD COUNT 1 STREAMS "$ft:bell" "$before" | first)" = "$ft:bell" ]
}

@test "a token never repeats, even if the server lost the last one" {
	push a b
	leased w.1.x 1
	before=$(meta fence)
	poll later_than "$before"
	redis HSET "$ft:meta" fence 0
	slots=2
	token=$(leased w.1.x 2)
	[ "${token%%-*}" -gt "$before" ]
}

later_than() {
	[ "$(redis TIME | first)000" -gt "$1" ]
}

@test "an attempt that lost its lease is told to stop, not without end" {
	push a
	old=$(lease=200 leased v.1.x 1)
	poll taken_back a
	leased w.1.x 1
	for i in $(seq 70); do
		beat a "$old" >/dev/null
	done
	redis LPOP "$ft:bell:v.1.x" | grep -q stop
	[ "$(redis LLEN "$ft:bell:v.1.x")" -lt 64 ]
}

@test "a batch that is sent again gets the same answer" {
	for i in 1 2; do
		[ "$(op push run pusher 1 '' a '{}' +0 '' '' b '{}' 9 '' '')" = aa ]
	done
	[ "$(op push run other 1 '' a '{}' +0 '' '')" = k ]
	[ "$(redis LLEN "$ft:ids")" = 2 ]
	op seal
	[ "$(op push run other 2 '' a '{}' +0 '' '' c '{}' +0 '' '')" = kr ]
}

@test "of the batches under way each gets its own answer again" {
	for i in 1 2; do
		for n in 1 2 3 4 5 6 7 8; do
			[ "$(op push run pusher $n '' "t$n" '{}' +0 '' '')" = a ]
		done
	done
	[ "$(redis LLEN "$ft:ids")" = 8 ]
	# the ninth is sent when the first is answered, and its answer forgotten
	op push run pusher 9 '' t9 '{}' +0 '' ''
	[ "$(op push run pusher 2 '' t2 '{}' +0 '' '')" = a ]
	[ "$(op push run pusher 1 '' t1 '{}' +0 '' '')" = k ]
}

@test "a batch that makes no sense leaves no half task" {
	run op push run pusher 1 '' a '{}' nonsense '' ''
	[ "$(op push run pusher 1 '' a '{}' +0 '' '')" = a ]
	[ "$(redis ZCARD "$ft:queue") $(redis LLEN "$ft:ids")" = '1 1' ]
}

@test "a score of + is that above the task's place in the run" {
	op push run pusher 1 '' a '{}' +0 '' '' b '{}' 7 '' '' c '{}' +-40 '' ''
	op push run pusher 2 '' d '{}' +9007199254740990 '' ''
	[ "$(redis ZRANGE "$ft:queue" 0 -1 WITHSCORES | paste -sd ' ')" = \
		'c -37 a 1 b 7 d 9007199254740994' ]
}

@test "an id twice in a batch is one task, and nothing is half there" {
	[ "$(op push run pusher 1 '' a '{"id":"a"}' +0 '' '' \
		a '{"id":"a","again":1}' +0 '' '' b '{"id":"b"}' +0 1 x)" = aka ]
	[ "$(redis LRANGE "$ft:ids" 0 -1 | paste -sd ' ')" = 'a b' ]
	[ "$(task a record)" = '{"id":"a"}' ]
	[ "$(task b retries) $(task b share)" = '1 x' ]
	redis DEL "$ft:queue" >/dev/null
	redis SET "$ft:queue" foreign >/dev/null
	op push run pusher 2 '' c '{"id":"c"}' +0 '' '' || :
	[ "$(redis EXISTS "$ft:task:c")" = 0 ]
}

@test "who has no slot left hears when to ask again, a free one asks at once" {
	push v a b
	others v
	[ "$(pop w.1.x 1 | sed -n 2p)" = 0 ]
	wait=$(pop w.1.x 2 | sed -n 2p)
	[ "$wait" -gt 0 ] && [ "$wait" -le 20000 ]
}

@test "work renews the time to live, though not at each step" {
	push a b c
	redis EXPIRE "$ft:meta" 604500 >/dev/null
	redis EXPIRE "$ft:task:a" 1000 >/dev/null
	redis PERSIST "$ft:ids" >/dev/null
	token=$(leased w.1.x 1)
	[ "$(redis TTL "$ft:task:a")" -gt 604000 ]
	[ "$(redis TTL "$ft:meta")" -le 604500 ]
	# all that the run shares goes with meta
	redis EXPIRE "$ft:meta" 1000 >/dev/null
	redis EXPIRE "$ft:queue" 604500 >/dev/null
	redis EXPIRE "$ft:task:a" 1000 >/dev/null
	finish a "$token" passed
	for kind in task:a meta ids queue leases 'done' workers bell; do
		[ "$(redis TTL "$ft:$kind")" -gt 604500 ]
	done
}

# ephemeral KEY ... - these are there, and all of the run has its time to live
ephemeral() {
	local key
	redis --scan --pattern "$ft:*" | while IFS= read -r key; do
		echo "$(redis TTL "$key") $key"
	done >"$BATS_TEST_TMPDIR/ttls"
	same '' "$(awk '$1 < 604000' "$BATS_TEST_TMPDIR/ttls")"
	for key in "$@"; do
		cut -d ' ' -f 2 "$BATS_TEST_TMPDIR/ttls" | grep -qxF "$ft:$key"
	done
}

@test "what is made anew in the middle of a run gets its time to live" {
	push -r 1 a
	ephemeral meta ids queue bell task:a
	token=$(leased w.1.x 1)
	ephemeral leases workers held:w.1.x
	op leave w.1.x >/dev/null
	finish a "$token" failed
	ephemeral queue
	token=$(leased v.1.x 1)
	ephemeral leases held:v.1.x
	finish a "$token" failed
	ephemeral 'done' bell:v.1.x
}

@test "no duration, however absurd, loses a task" {
	push a b
	token=$(leased w.1.x 1)
	finish a "$token" passed 9223372036854775807
	token=$(redis LPOP "$ft:bell:w.1.x" | sed -n 2p)
	[ "$(finish b "$token" passed 9223372036854775807 | first)" = complete ]
	[ "$(redis LLEN "$ft:done")" = 2 ]
}

@test "every key has a time to live and lies in the run's slot" {
	op divide s 2
	push -r 1 a b c d e
	finish a "$(leased w.1.x 1)" failed
	slots=2
	beat a "$(leased w.1.x 2)"
	slots=1
	finish b "$(leased v.1.x 1)" passed
	redis --scan --pattern "*$ft*" >"$BATS_TEST_TMPDIR/keys"
	for kind in meta ids parts queue leases 'done' workers bell 'task:' 'held:' 'bell:'; do
		grep -qF "$ft:$kind" "$BATS_TEST_TMPDIR/keys"
	done
	while read -r key; do
		[ "$(redis TTL "$key")" -gt 604000 ]
		[[ $key == "$ft:"* ]]
	done <"$BATS_TEST_TMPDIR/keys"
	[ "$(redis DBSIZE)" = "$(redis --scan --pattern 'ft:{t*' | wc -l)" ]
}
