# differ.jq - the cases that did not end as the table says
# in: records; $table: name, task, end; $tasks: those that were run; $tree: the
# folder that stands as TREE in the table. An end may be given by its beginning.

def outcome:
	[.result, .reason // empty,
		(.tests // empty | "\(.passed)/\(.failed)/\(.skipped)/\(.flaky)"),
		(.message // empty | split($tree) | join("TREE") | split("\n")[0])]
	| join(" ");

def is_text: .message // "" | test("[\u0000\u001b]") | not;

[inputs | select(.status == "complete")] as $records
| ($table | split("\n") | map(select(. != "") | split("\t"))) as $rows
| $tasks[].id as $id
| ($rows[] | select(.[0] == $id) | .[2]) as $wanted
| ([$records[] | select(.id == $id)]) as $got
| if ($got | length) != 1 then "\($id): \($got | length) ends"
	elif $got[0] | outcome | startswith($wanted) | not then
		"\($id): wanted \($wanted)\n\tgot \($got[0] | outcome)"
	elif $got[0] | is_text | not then "\($id): escape codes are left"
	else empty end
