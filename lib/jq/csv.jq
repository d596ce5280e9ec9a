# csv.jq - records to CSV: ft-stats -a | jq -rf lib/jq/csv.jq > run.csv
#
# A line a task, the newest of each; RFC 4180 with a heading. A text that a
# spreadsheet would take for a formula gets an apostrophe in front.

def columns:
	["id", "group", "spec", "viewport", "browser", "runner", "run",
		"worker", "slot", "attempt", "status", "result", "reason",
		"started_ms", "finished_ms", "duration_ms", "exit_code",
		"message"];

def cell:
	if type == "string" and test("^[=+@\t\r-]") then "'" + . else . end;

[reduce (., inputs | select(.id)) as $task ({}; .[$task.id] = $task) | .[]]
| columns, (.[] | [.[columns[]]] | map(cell))
| @csv
