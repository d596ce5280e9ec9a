# history.jq - of saved records, oldest first, what ft-push -H learns from:
#	jq -cnf lib/jq/history.jq old.jsonl new.jsonl > history.jsonl
#
# A line for each task that has passed, its newest pass.

reduce (inputs | select(.result | IN("passed", "flaky"))) as $task ({};
	.[$task.id] = ($task | {id, status, result, duration_ms}))
| .[]
