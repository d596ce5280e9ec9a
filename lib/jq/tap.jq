# tap.jq - records to TAP: ft-stats -a | jq -rf lib/jq/tap.jq > run.tap
#
# `prove -e cat run.tap` reads it. A test a task; the newest line of a task
# counts. What is not finished is not ok, what was cancelled is skipped.

def line: split("\n") | join(" ") | split("\r") | join(" ");
def safe: line | split("\\") | join("\\\\") | split("#") | join("\\#");

def verdict:
	if .status == "complete" then .result // "unknown"
	else "not finished" end;

def mark:
	verdict | if IN("passed", "flaky", "cancelled") then "ok"
		else "not ok" end;

def directive:
	verdict | if . == "cancelled" then " # SKIP cancelled"
		elif . == "flaky" then " (flaky)" else "" end;

def why:
	[.reason, .message] | map(select((. // "") != "")) | join(": ");

[reduce (., inputs | select(.id)) as $task ({}; .[$task.id] = $task) | .[]]
| "1..\(length)",
	(to_entries[] | .key as $i | .value
	| "\(mark) \($i + 1) - \(.id | safe)\(directive)",
		if mark == "ok" then empty
		else "\(verdict)\n\(why)" | split("\n")[] | "# \(line)" end)
