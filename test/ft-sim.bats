#!/usr/bin/env bats
# ft-sim: a run played again on other slots

load helper

setup_file() {
	command -v redis-server >/dev/null || return 0
	redis_start
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

teardown_file() {
	redis_stop
}

# ran ID MS [MEMBERS] - the record of a pass
ran() {
	task "$1" "\"status\":\"complete\",\"result\":\"passed\",\"duration_ms\":$2${3:+,$3}"
}

# numbers NAME ... - of each line
numbers() {
	jq -c --args '[.[$ARGS.positional[]]]' "$@" <out
}

@test "the longest first reaches the bound where map order does not" {
	{ ran a 1000; ran b 1000; ran c 2000; } >run.jsonl
	ft-sim -j 2 run.jsonl >out
	same '[4000,2000,2000,2000,1]' \
		"$(numbers total_ms longest_ms bound_ms makespan_ms efficiency)"
	ft-sim -j 2 -o map run.jsonl >out
	same '[3000,0.667]' "$(numbers makespan_ms efficiency)"
}

@test "shards wait for their longest, whatever the others do" {
	{ ran a 3000; ran b 3000; ran c 1; ran d 1; } | ft-sim -j 2 -o shards >out
	same '[6000,3001]' "$(numbers makespan_ms bound_ms)"
}

@test "random is the mean of many shuffles, the same in each call" {
	for i in 1 2 3 4 5 6 7 8 9; do ran "$i" "$((i * 1000))"; done >run.jsonl
	ft-sim -j 3 -o random run.jsonl >out
	ft-sim -j 3 -o random run.jsonl >again
	cmp out again
	jq -e '.makespan_ms > 15000 and .makespan_ms < 24000' out
}

@test "pushed is the order in which ft-push queues them" {
	{
		task light '"weight":900,"duration_ms":400'
		task known '"expected_ms":5000,"duration_ms":100'
		task heavy '"weight":70000,"duration_ms":100'
		task new '"duration_ms":100'
		task long '"expected_ms":9000,"duration_ms":900'
		task urgent '"priority":2,"expected_ms":1,"duration_ms":100'
	} >run.jsonl
	ft-push -r r <run.jsonl >pushed
	order=$(redis ZRANGE 'ft:{r}:queue' 0 -1 | paste -sd ' ')
	same 'urgent new heavy light long known' "$order"
	# on two slots that order, and no other, ends so
	ft-sim -j 2 -o pushed run.jsonl >out
	same '[1100]' "$(numbers makespan_ms)"
	for id in $order; do
		jq -c --arg id "$id" 'select(.id == $id)' run.jsonl
	done | ft-sim -j 2 -o map >out
	same '[1100]' "$(numbers makespan_ms)"
}

@test "a retry takes a slot once more, after its first attempt" {
	ran a 1000 '"attempt":2,"attempts":[
		{"attempt":1,"result":"failed","duration_ms":500}]' |
		tr -d '\n\t' | ft-sim -j 4 >out
	same '[1500,1500,1500]' "$(numbers total_ms bound_ms makespan_ms)"
}

@test "split parts run side by side" {
	{ ran long 10000; ran short 2000; } >run.jsonl
	ft-sim -j 4 -s 4 run.jsonl >out
	same '[3334,3334,4000]' "$(numbers longest_ms makespan_ms split_ms)"
}

@test "-w finds the fewest slots, and says when none is enough" {
	for i in 1 2 3 4 5 6; do ran "$i" 60000; done >run.jsonl
	ft-sim -w 120 run.jsonl >out
	same '[3,120000]' "$(numbers slots makespan_ms)"
	ft-sim -p -w 119 run.jsonl >out
	same '6 slots would give 1 m 0 s; the bound is 1 m 0 s, the efficiency 1.000' \
		"$(cat out)"
	exits 1 ft-sim -w 59 run.jsonl
	same 'ft-sim: no number of slots is enough: the longest takes 60.0 s' \
		"$(cat err)"
}

@test "-w counts no gap before the first task of a slot" {
	{ ran a 10000; ran b 6000; ran c 5000; ran d 5000; } >run.jsonl
	exits 0 ft-sim -g 1 -w 10.5 run.jsonl
	same '[4,10000]' "$(numbers slots makespan_ms)"
	# but one before a retry, which no number of slots makes shorter
	ran a 1000 '"attempt":2,"attempts":[{"attempt":1,"duration_ms":500}]' \
		>run.jsonl
	exits 1 ft-sim -g 1 -w 2 run.jsonl
	same 'ft-sim: no number of slots is enough: the longest takes 2.5 s' \
		"$(cat err)"
	exits 0 ft-sim -g 1 -w 2.5 run.jsonl
}

@test "a wish in vain hides neither a bad line nor an unknown time" {
	{ ran a 9000; task b; echo '{"id":1}'; } | exits 65 ft-sim -w 1
	grep -q '^ft-sim: no number of slots' err
	grep -q '^ft-sim: tasks without a time, left out: 1$' err
}

@test "no time, however absurd, becomes a negative one" {
	for i in $(seq 1100); do
		ran "$i" 9007199254740992
	done | exits 0 ft-sim -j 1,2,2000
	jq -e '.total_ms > 0 and .makespan_ms > 0' out >true
	same 3 "$(grep -c true true)"
}

@test "the gap between attempts is the median of the records, or -g" {
	at() { # ID SLOT FROM MS
		ran "$1" "$4" "\"worker\":\"w\",\"slot\":$2,\"started_ms\":$3"
	}
	{ at a 1 1000 100; at b 1 1120 100; at c 1 1240 100; at d 2 5000 100; } \
		>run.jsonl
	ft-sim -j 1,4 run.jsonl >out
	same "[20,460]
[20,100]" "$(numbers gap_ms makespan_ms)"
	ft-sim -j 1 -g 0.1 run.jsonl >out
	same '[100,700]' "$(numbers gap_ms makespan_ms)"
}

@test "the newest line counts, and tasks without a time are told" {
	{ ran a 9000; ran a 1000; task b; task c '"expected_ms":500'; } |
		exits 0 ft-sim -j 1
	same '[2,1,1500]' "$(numbers tasks unknown makespan_ms)"
	same 'ft-sim: tasks without a time, left out: 1' "$(cat err)"
}

@test "a divided spec is played as its parts, from either stream" {
	whole='{"id":"w","status":"complete","result":"passed","duration_ms":4000,"attempt":2,
		"attempts":[{"attempt":1,"result":"failed","duration_ms":500}],
		"pieces":[{"part":1,"status":"complete","worker":"a","slot":1,"started_ms":0,"duration_ms":1000},
		{"part":2,"status":"complete","worker":"a","slot":2,"started_ms":0,"duration_ms":3000}]}'
	jq -c . <<<"$whole" | ft-sim -j 2 >out
	same '[2,4500,3000,3000]' "$(numbers tasks total_ms longest_ms makespan_ms)"
	jq -c '.id as $id | .pieces[] | {id: "\($id)/\(.part)of2", whole: $id, parts: 2} + .' \
		<<<"$whole" | ft-sim -j 2 >out
	same '[2,4000,3000,3000]' "$(numbers tasks total_ms longest_ms makespan_ms)"
	# the newest division counts, and none before it
	{
		ran w 9000
		jq -c . <<<"$whole"
		ran x 100
	} | tee both | ft-sim -j 2 >out
	same '[3,4600]' "$(numbers tasks total_ms)"
	tac both | ft-sim -j 2 >out
	same '[2,9100]' "$(numbers tasks total_ms)"
	jq -c '.pieces |= .[:1] + . | .attempts = []' <<<"$whole" |
		cat both - | ft-sim -j 2 >out
	same '[4,5100]' "$(numbers tasks total_ms)"
	# its parts have its priority
	{
		ran x 3500
		jq -c '.priority = 1 | .attempts = []' <<<"$whole"
	} | ft-sim -j 2 -o longest >out
	same '[4500]' "$(numbers makespan_ms)"
}

@test "-H takes a spec that is remembered whole and in parts once" {
	needs redis-server
	redis DEL ft:history >/dev/null
	redis HSET ft:history w 4000 w/1of2 1000 w/2of2 3000 w/1of3 900 w/1of2.js 5 a/1of2 70 b/c 2 >/dev/null
	ft-sim -H -j 1 >out
	same '[4,4077]' "$(numbers tasks total_ms)"
	ran w 0 '"pieces":[{"part":1,"duration_ms":2000},{"part":2,"duration_ms":2500}]' |
		ft-sim -H -j 1 - >out
	same '[5,4577]' "$(numbers tasks total_ms)"
	redis DEL ft:history >/dev/null
}

@test "-H plays what Redis remembers" {
	redis HSET ft:history a 1000 b 3000 'g/s/' 77 '//' 5 >/dev/null
	ft-sim -H -j 2 >out
	same '[2,4000,3000]' "$(numbers tasks total_ms makespan_ms)"
}

@test "a thousand remembered tasks come whole" {
	redis DEL ft:history >/dev/null
	seq 3000 | awk '{print "HSET ft:history t" $1, 10}' | redis >/dev/null
	ft-sim -H -j 1 >out
	same '[3000,30000]' "$(numbers tasks total_ms)"
}

@test "no tasks take no time" {
	exits 0 ft-sim -j 3 </dev/null
	same '[0,0,null]' "$(numbers tasks makespan_ms efficiency)"
}

@test "a bad line is told and left out: 65" {
	{ ran a 1000; echo '{"id":1}'; ran b 1000; } | exits 65 ft-sim -j 1
	same '[2,2000]' "$(numbers tasks makespan_ms)"
	grep -q '^ft-sim: stdin:2:7: ' err
	exits 66 ft-sim -j 1 gone.jsonl
}

@test "a wrong call is 64" {
	for call in '' '-j 0' '-j 1,' '-j x' '-o best -j 1' '-w 0' '-s 0 -j 1' \
		'-g -1 -j 1' -y; do
		# shellcheck disable=SC2086 # words of a call
		exits 64 ft-sim $call </dev/null
		[ -s err ]
	done
	exits 0 ft-sim -h
	exits 0 ft-sim -V
	grep -q '^ft-sim (funkytown) [0-9]' out
}
