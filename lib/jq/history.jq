# history.jq - of saved records, oldest first, what ft-push -H learns from:
#	jq -cnf lib/jq/history.jq old.jsonl new.jsonl > history.jsonl
#
# A line for each task that has passed, its newest pass, and what its kin learn
# from.

reduce (inputs | select(.result | IN("passed", "flaky"))) as $task ({};
	.[$task.id] = ($task
	| {id, group, spec, weight, whole, part, parts, status, result,
		duration_ms}
	| with_entries(select(.value != null))))
| .[]
