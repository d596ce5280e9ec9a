#!/usr/bin/env bats
# ft-expand: spec maps into tasks
load helper

setup() {
	data="$BATS_TEST_DIRNAME/data"
	cd "$BATS_TEST_TMPDIR"
}

# expand MAP [FLAG ...] - run ft-expand on a map, its streams in files
expand() {
	local map=$1 status=0

	shift
	printf '%s' "$map" >map.json
	ft-expand "$@" map.json >out 2>err || status=$?
	return "$status"
}

# task MEMBERS - a map of one group with one task
task() {
	printf '{"groups":[{"name":"a","tasks":[{%s}]}]}' "$1"
}

ids() {
	jq -r .id out
}

@test "the original map gives twelve tasks and tells the two left out" {
	ft-expand "$data/original-map.json" >out 2>err
	same 'search/album_label_search.spec.ts/desktop-chrome
search/album_label_search.spec.ts/desktop-firefox
search/album_label_search.spec.ts/desktop-webkit
search/album_label_search.spec.ts/mobile-chrome
search/album_label_search.spec.ts/mobile-webkit
search/kids_clothing_search.spec.ts/mobile-chrome
search/kids_clothing_search.spec.ts/mobile-webkit
stores/find_a_store.spec.ts/desktop-chrome
stores/find_a_store.spec.ts/desktop-firefox
stores/find_a_store.spec.ts/desktop-webkit
stores/find_a_store.spec.ts/mobile-chrome
stores/find_a_store.spec.ts/mobile-webkit' "$(ids)"
	rule='rule {"viewport":"mobile","browser":"firefox"}'
	same "ft-expand: left out search/album_label_search.spec.ts/mobile-firefox: $rule
ft-expand: left out stores/find_a_store.spec.ts/mobile-firefox: $rule" \
		"$(cat err)"
}

@test "a record says what to run and that it waits" {
	expand "$(task '"spec":"b/c.spec.ts","viewports":["d"],"browsers":["chrome"]')"
	same '{"id":"a/b/c.spec.ts/d-chrome","group":"a","spec":"b/c.spec.ts","viewport":"d","browser":"chrome","runner":"playwright","share":"playwright d-chrome","status":"waiting"}' \
		"$(cat out)"
}

@test "-x prints the combinations left out with their rule, and no others" {
	ft-expand -x "$data/original-map.json" >out 2>err
	same 'search/album_label_search.spec.ts/mobile-firefox
stores/find_a_store.spec.ts/mobile-firefox' "$(ids)"
	same '{"viewport":"mobile","browser":"firefox"}' \
		"$(jq -c .dropped_by out | sort -u)"
	[ ! -s err ]
}

@test "-x prints nothing when nothing is left out" {
	expand "$(task '"spec":"x","viewports":["d"],"browsers":["c"]')" -x
	[ ! -s out ]
	[ ! -s err ]
}

@test "each bad map is told by place and by what was expected" {
	while IFS= read -r row; do
		map=${row%%$'\t'*}
		wanted=${row#*$'\t'}
		wanted="ft-expand: stdin:${wanted// | /$'\n'ft-expand: stdin:}"
		status=0
		# shellcheck disable=SC2059 # rows have \n and \377
		printf "${map//%/%%}" | ft-expand >out 2>err || status=$?
		printf 'map: %s\n' "$map"
		same "$wanted" "$(cat err)"
		same 65 "$status"
		[ ! -s out ]
	done <"$data/bad-maps.tsv"
}

@test "a bad task at the end of a map means that nothing is printed" {
	run ! expand '{"groups":[{"name":"a","tasks":[
		{"spec":"x","viewports":["d"],"browsers":["c"]},{}]}]}'
	[ ! -s out ]
}

@test "twenty mistakes are told, not thousands" {
	map=$(jq -nc '{groups:[{name:"a",tasks:[range(1000)]}]}')
	status=0
	expand "$map" || status=$?
	same 65 "$status"
	same 21 "$(wc -l <err)"
	same 'ft-expand: map.json: and more of that kind' "$(tail -n 1 err)"
}

@test "an object with too many members is told, where it stands" {
	expand "$(task '"spec":"x","viewports":["d"],"browsers":["c"],"env":{}' |
		jq -c '.groups[0].tasks[0].env = ([range(1025) |
			{"V\(.)": "1"}] | add)')" || status=$?
	same 65 "$status"
	same 'env: expected at most 1024 members' "$(sed 's/^[^ ]* [^ ]* //' err)"
}

@test "an empty exclude turns the usual rule off" {
	map=$(task '"spec":"x","viewports":["mobile"],"browsers":["firefox"]')
	expand "${map%\}},\"exclude\":[]}"
	same a/x/mobile-firefox "$(ids)"
}

@test "a rule drops a task when all of its keys match" {
	expand '{"exclude":[{"group":"a","spec":"x","browser":"c"},
			{"runner":"mine"}, {"owner":{"team":3}}, {"tags":["slow"]}],
		"groups":[{"name":"a","tags":["slow"],"tasks":[
			{"spec":"x","viewports":["d"],"browsers":["c","e"],"tags":null},
			{"spec":"y","viewports":["d"],"browsers":["c"],"tags":[]},
			{"spec":"z","viewports":["d"],"browsers":["c"],"tags":[],"runner":"mine"},
			{"spec":"v","viewports":["d"],"browsers":["c"],"tags":[],"owner":{"team":3}},
			{"spec":"w","viewports":["d"],"browsers":["c"]}]}]}'
	same 'a/x/d-e
a/y/d-c' "$(ids)"
	same 'a/x/d-c {"group":"a","spec":"x","browser":"c"}
a/z/d-c {"runner":"mine"}
a/v/d-c {"owner":{"team":3}}
a/w/d-c {"tags":["slow"]}' "$(sed 's/.*left out //; s/: rule / /' err)"
}

@test "include adds combinations that no rule drops, with their group's settings" {
	expand '{"include":[{"group":"a","spec":"y","viewport":"mobile",
			"browser":"firefox","retries":1,"ticket":7}],
		"groups":[{"name":"a","timeout":9,"tasks":[
			{"spec":"x","viewports":["d"],"browsers":["c"]}]}]}'
	same 'a/x/d-c
a/y/mobile-firefox' "$(ids)"
	same '{"timeout":9,"retries":1,"ticket":7}' \
		"$(tail -n 1 out | jq -c '{timeout,retries,ticket}')"
}

@test "the nearest setting wins as a whole, and null takes it away" {
	expand '{"env":{"A":"1","B":"1"},"tags":["top"],"retries":1,"timeout":10,
		"groups":[
		{"name":"a","env":{"A":"2"},"priority":5,"tasks":[
			{"spec":"x","viewports":["d"],"browsers":["c"],"retries":3,"tags":null},
			{"spec":"y","viewports":["d"],"browsers":["c"],"env":{}}]},
		{"name":"b","tasks":[{"spec":"x","viewports":["d"],"browsers":["c"]}]}]}'
	same '{"env":{"A":"2"},"tags":null,"retries":3,"timeout":10,"priority":5}
{"env":{},"tags":["top"],"retries":1,"timeout":10,"priority":5}
{"env":{"A":"1","B":"1"},"tags":["top"],"retries":1,"timeout":10,"priority":null}' \
		"$(jq -c '{env,tags,retries,timeout,priority}' out)"
}

@test "a command means the runner command, unless a runner is nearer" {
	expand '{"runner":"playwright","groups":[
		{"name":"a","command":["echo","{spec}"],"tasks":[
			{"spec":"x","viewports":["d"],"browsers":["c"]},
			{"spec":"y","viewports":["d"],"browsers":["c"],"runner":"mine"},
			{"spec":"z","viewports":["d"],"browsers":["c"],"command":null,"runner":null}]}]}'
	same '["command",["echo","{spec}"]]
["mine",null]
["command",null]' "$(jq -c '[.runner,.command]' out)"
}

@test "the runner follows from a spec's name or folder" {
	expand "$(printf '{"groups":[{"name":"a","tasks":[' &&
		for spec in a.spec.ts b/c.test.ts d.spec.mjs e.cy.js cypress/f.js \
			old/webdriver/g.js h.e2e.ts i.test.mjs j.sh k; do
			printf '{"spec":"%s","viewports":["d"],"browsers":["c"]},' "$spec"
		done | sed 's/,$//' && printf ']}]}')"
	same 'playwright playwright playwright cypress cypress webdriver wdio node-test command command' \
		"$(jq -r .runner out | paste -sd ' ')"
}

@test "a table of runners of one's own tells its specs, before the built-in one" {
	printf '{"mine": {"match": ["*.spec.ts"], "argv": ["true"], %s}}' \
		'"exit": {"0": "passed"}' >mine.json
	printf '{"mine":\n {"match": 7}}' >bad.json
	printf '{"groups":[{"name":"a","tasks":[{"spec":"b.spec.ts",%s}]}]}' \
		'"viewports":["d"],"browsers":["c"]' >map.json
	same playwright "$(ft-expand map.json | jq -r .runner)"
	same mine "$(ft-expand -R mine.json map.json | jq -r .runner)"
	same mine "$(FT_RUNNERS=mine.json ft-expand map.json | jq -r .runner)"
	run -65 --separate-stderr ft-expand -R bad.json map.json
	same '' "$output"
	[[ $stderr == 'ft-expand: bad.json:2:12: match: expected '* ]]
	run -66 ft-expand -R gone.json map.json
}

@test "a field that is not ours goes into the record, at task level only" {
	expand '{"$schema":"s","note":1,"groups":[{"name":"a","owner":"them","tasks":[
		{"spec":"x","viewports":["d"],"browsers":["c"],"owner":{"name":"me"},"expected_ms":5}]}]}'
	same '{"name":"me"} 5 null' "$(jq -r '"\(.owner|tojson) \(.expected_ms) \(.note)"' out)"
}

@test "a spec that is there is weighed by its bytes and its tests" {
	mkdir root
	printf '%s\n' "test('a', x)" "test.only('b', y)" 'latest(1); /x/.test(s)' \
		>root/two.spec.ts
	printf 'def test_one():\n' >root/one.py
	expand '{"groups":[{"name":"g","tasks":[
		{"spec":"two.spec.ts","viewports":["d"],"browsers":["c"]},
		{"spec":"one.py","viewports":["d"],"browsers":["c"]},
		{"spec":"one.py","viewports":["d"],"browsers":["f"],"weight":7},
		{"spec":"gone","viewports":["d"],"browsers":["c"]}]}]}' -C root
	same "[$((2000 + $(wc -c <root/two.spec.ts))),$((1000 + $(wc -c <root/one.py))),7,null]" \
		"$(jq -sc 'map(.weight)' out)"
}

@test "a glob gives its matches below the spec root in byte order" {
	mkdir -p root/a/b root/.hidden root/node_modules/p root/a/node_modules
	touch root/z.spec.ts root/A.spec.ts root/a/1.spec.ts root/a/b/2.spec.ts \
		root/.hidden/3.spec.ts root/node_modules/p/4.spec.ts root/.5.spec.ts \
		root/a/node_modules/6.spec.ts root/a/b/7.js
	mkdir root/a/folder.spec.ts
	specs() {
		expand "$(task '"spec":"'"$1"'","viewports":["d"],"browsers":["c"]')" -C root
		jq -r .spec out | paste -sd ' '
	}
	same 'A.spec.ts a/1.spec.ts a/b/2.spec.ts z.spec.ts' "$(specs '**/*.spec.ts')"
	same 'A.spec.ts z.spec.ts' "$(specs './*.spec.ts')"
	same 'a/1.spec.ts a/b/2.spec.ts a/b/7.js' "$(specs 'a/**')"
	same 'a/b/2.spec.ts a/b/7.js' "$(specs 'a/**/**/b/[0-9].*')"
	same 'a/1.spec.ts' "$(specs '?/[!a].spec.ts')"
	same 'node_modules/p/4.spec.ts' "$(specs 'node_modules/p/*')"
	same '.hidden/3.spec.ts' "$(specs '.hidden/*')"
}

@test "SPEC_ROOT is the spec root, and -C beats it" {
	mkdir one two
	touch one/1.ts two/2.ts
	map=$(task '"spec":"*.ts","viewports":["d"],"browsers":["c"]')
	SPEC_ROOT=one expand "$map"
	same 1.ts "$(jq -r .spec out)"
	SPEC_ROOT=one expand "$map" -C two
	same 2.ts "$(jq -r .spec out)"
}

@test "a file whose name has brackets is itself, not a pattern" {
	mkdir pages
	touch 'pages/[id].spec.ts' pages/i.spec.ts
	expand "$(task '"spec":"pages/[id].spec.ts","viewports":["d"],"browsers":["c"]')"
	same 'pages/[id].spec.ts' "$(jq -r .spec out)"
}

@test "a glob never follows a symbolic link in a circle" {
	mkdir -p root/a
	ln -s .. root/a/up
	touch root/a/1.ts
	expand "$(task '"spec":"**/*.ts","viewports":["d"],"browsers":["c"]')" -C root
	same a/1.ts "$(jq -r .spec out)"
}

@test "dots and slashes that mean nothing are not part of an id" {
	expand "$(task '"spec":"./b//./c.sh","viewports":["d"],"browsers":["c"]')"
	same a/b/c.sh/d-c "$(ids)"
}

@test "a glob and a literal that meet are told with both places" {
	mkdir root
	touch root/1.ts root/2.ts
	status=0
	expand '{"groups":[{"name":"a","tasks":[
  {"spec":"*.ts","viewports":["d"],"browsers":["c"]},
  {"spec":"2.ts","viewports":["m","d"],"browsers":["c"]}]}]}' -C root || status=$?
	same 65 "$status"
	same 'ft-expand: map.json:3:3: expected every id once: a/2.ts/d-c is also at map.json:2:3' \
		"$(cat err)"
}

@test "combinations that rules leave out are not duplicates" {
	expand '{"groups":[{"name":"a","tasks":[
		{"spec":"x","viewports":["mobile"],"browsers":["firefox","c"]},
		{"spec":"x","viewports":["mobile","d"],"browsers":["firefox"]}]}]}'
	same 'a/x/mobile-c
a/x/d-firefox' "$(ids)"
}

@test "several maps are one, and keep their own rules and settings" {
	printf '{"exclude":[],"retries":1,"groups":[{"name":"a","tasks":[
		{"spec":"x","viewports":["mobile"],"browsers":["firefox"]}]}]}' >one.json
	task '"spec":"y","viewports":["mobile","d"],"browsers":["firefox"]' |
		ft-expand one.json - >out 2>err
	same 'a/x/mobile-firefox 1
a/y/d-firefox null' "$(jq -r '"\(.id) \(.retries)"' out)"
	same 1 "$(wc -l <err)"
}

@test "duplicates in two maps are told with both files" {
	task '"spec":"x","viewports":["d"],"browsers":["c"]' >one.json
	cp one.json two.json
	run -65 ft-expand one.json two.json
	same 'ft-expand: two.json:1:33: expected every id once: a/x/d-c is also at one.json:1:33' \
		"$output"
}

@test "an id has at most 1024 bytes" {
	spec=$(printf '%01018d' 0)
	expand "$(task '"spec":"'"$spec"'","viewports":["d"],"browsers":["c"]')"
	status=0
	expand "$(task '"spec":"'"$spec"'0","viewports":["d"],"browsers":["c"]')" ||
		status=$?
	same 65 "$status"
	same 'ft-expand: map.json:1:33: expected ids of at most 1024 bytes' "$(cat err)"
}

@test "without a file the map comes from stdin" {
	task '"spec":"x","viewports":["d"],"browsers":["c"]' | ft-expand >out
	same a/x/d-c "$(ids)"
}

@test "a missing file is 66 and nothing is printed" {
	task '"spec":"x","viewports":["d"],"browsers":["c"]' >map.json
	run -66 ft-expand map.json none.json
	same 'ft-expand: none.json: No such file or directory' "$output"
}

@test "a closed and a full stdout are 74" {
	[ -z "${FT_VALGRIND-}" ] || skip 'valgrind takes a closed stream for its own'
	task '"spec":"x","viewports":["d"],"browsers":["c"]' >map.json
	status=0
	ft-expand map.json >&- 2>err || status=$?
	same 74 "$status"
	status=0
	ft-expand map.json >/dev/full 2>err || status=$?
	same 74 "$status"
	same 'ft-expand: stdout: No space left on device' "$(cat err)"
}

@test "a wrong call is 64 with the synopsis, -h the same with 0, -V the version" {
	usage='usage: ft-expand [-hVx] [-C specroot] [-R runners.json] [map.json ...]'
	run -64 ft-expand -y
	[[ $output == *"$usage" ]]
	run -0 ft-expand -h
	same "$usage" "$output"
	run -0 ft-expand -V
	[[ $output == 'ft-expand (funkytown) '* ]]
}

@test "memory follows the map, not the number of its tasks" {
	! grep -q __asan_init "$(command -v ft-expand)" ||
		skip "a sanitizer wants all the memory there is"
	[ -z "${FT_VALGRIND-}" ] || skip 'valgrind wants more memory'
	map=$(jq -nc '[range(500)|"v-\(.)"] as $v | [range(500)|"b-\(.)"] as $b |
		{groups:[{name:"a",tasks:[{spec:"x",viewports:$v,browsers:$b}]}]}')
	printf '%s' "$map" >map.json
	same 250000 "$( (ulimit -v 65536; ft-expand map.json) | wc -l)"
}

@test "tasks of one kind may share a start, unless the map says no" {
	printf '%s\n' '{"groups":[{"name":"g","tasks":[
		{"spec":"a.spec.ts","viewports":["d"],"browsers":["chrome"]},
		{"spec":"b.spec.ts","viewports":["d"],"browsers":["chrome"],
			"env":{"A":"1"}},
		{"spec":"c.spec.ts","viewports":["d"],"browsers":["chrome"],
			"share":false},
		{"spec":"d.cy.js","viewports":["d"],"browsers":["chrome"]}]}]}' |
		ft-expand >shares
	[ "$(jq -c .share shares | paste -sd ' ')" = \
		'"playwright d-chrome" "playwright d-chrome {\"A\":\"1\"}" null null' ]
	printf '%s\n' '{"groups":[{"name":"g","tasks":[{"spec":"a.spec.ts",
		"viewports":["d"],"browsers":["chrome"],"share":3}]}]}' >bad.json
	run ft-expand bad.json
	[ "$status" = 65 ]
	[[ $output == *"share: expected true or false"* ]]
}
