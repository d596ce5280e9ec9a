# diff.jq - what changed between two saved runs:
#	jq -rf lib/jq/diff.jq old.jsonl new.jsonl
#
# A line a change: what (broken, fixed, flaky, slower, faster, new, gone), the
# id, before and after, with tabs between. Slower and faster are a factor of
# 1.5 and a second at least. The newest line of a task counts. A run without a
# task cannot be compared: an error.

def good: . == "passed" or . == "flaky";

def verdict:
	if .status == "complete" then .result // "unknown"
	else "not finished" end;

def told: verdict + if .duration_ms then " \(.duration_ms / 1000) s" else ""
	end;

def pace($old; $new):
	if ($old and $new | not) then empty
	elif $new >= 1.5 * $old and $new - $old >= 1000 then "slower"
	elif $old >= 1.5 * $new and $old - $new >= 1000 then "faster"
	else empty end;

def change($old; $new):
	if $old == null then "new"
	elif $new == null then "gone"
	elif ($old | verdict | good) and ($new | verdict | good | not) then
		"broken"
	elif ($old | verdict | good | not) and ($new | verdict | good) then
		"fixed"
	elif ($old | verdict) == "passed" and ($new | verdict) == "flaky" then
		"flaky"
	elif $new | verdict | good then
		pace($old.duration_ms; $new.duration_ms)
	else empty end;

input_filename as $first
| reduce (., inputs | select(.id) | [input_filename, .]) as [$file, $task]
	({old: {}, new: {}};
	.[if $file == $first then "old" else "new" end][$task.id] = $task)
| if .old == {} or .new == {} then
	error("diff.jq: one of the two has no task, or both are one file")
else . end
| . as {$old, $new}
| ($old + $new | keys_unsorted)[] as $id
| change($old[$id]; $new[$id]) as $what
| [$what, $id, ($old[$id] | if . then told else "-" end),
	($new[$id] | if . then told else "-" end)]
| map(gsub("[\t\n\r]"; " ")) | join("\t")
