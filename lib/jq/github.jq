# github.jq - failures as annotations of GitHub Actions:
#	ft-stats -a | jq -rf lib/jq/github.jq
#
# The newest line of a task counts. A failure is an error, a flaky task a
# warning.

def data:
	tostring | split("%") | join("%25") | split("\r") | join("%0D")
	| split("\n") | join("%0A");

def property: data | split(":") | join("%3A") | split(",") | join("%2C");

def level:
	if .status != "complete" then empty
	else {failed: "error", error: "error", flaky: "warning"}[.result // ""]
		// empty end;

def title:
	[.result, .reason, .viewport, .browser] | map(values) | join(", ");

reduce (., inputs | select(.id)) as $task ({}; .[$task.id] = $task) | .[]
| level as $level
| "::\($level) file=\(.spec // .id | property),title=\(title | property)::\(
	.message // .reason // .result | data)"
