# markdown.jq - records to Markdown, for a job's summary or a comment:
#	ft-stats -a | jq -rf lib/jq/markdown.jq >> "$GITHUB_STEP_SUMMARY"
#
# The newest line of a task counts. At most fifty failures are told.

# Text in one line of HTML, and in a cell or a heading: no markup.
def line: tostring | @html | gsub("[\\r\\n\\t]+"; " ");

def text:
	line | gsub("(?<c>[\\\\`*_{}\\[\\]()#+!|~@:.-])"; "\\\(.c)");

# A block of code, in a fence that is longer than any inside.
def code:
	([scan("`+") | length] | (max // 0) + 1) as $inside
	| ("`" * ([3, $inside] | max)) as $fence
	| "\($fence)text\n\(.[0:4000] | gsub("\r"; ""))\n\($fence)";

def bad: .status == "complete" and (.result | IN("failed", "error"));

def count($what): map(select(.result == $what and .status == "complete"))
	| length;

def seconds: if . then "\(. / 100 | round / 10) s" else "" end;

def headline:
	map(select(bad)) as $bad
	| map(select(.status == "complete")) as $done
	| if length == 0 then "No tasks"
	elif count("passed") + count("flaky") == length then
		"All \(length) passed"
	elif ($done | length) < length then
		"\($bad | length) failed, \($done | length) of \(length) done"
	elif $bad == [] then "Not all \(length) passed"
	else "\($bad | length) of \(length) failed" end;

def place: [.viewport, .browser] | map(values) | join(", ");

def failure:
	"<details><summary>\(.spec // .id | line) (\(place | line)): \(.reason
		// .result | line)</summary>\n\n\(.message // .output // ""
		| code)\n\n</details>\n";

[reduce (., inputs | select(.id)) as $task ({}; .[$task.id] = $task) | .[]]
| map(select(bad)) as $bad
| map(select(.result == "flaky")) as $flaky
| "## \(headline)\n",
"| passed | failed | error | flaky | cancelled |",
"| ---: | ---: | ---: | ---: | ---: |",
"| \(count("passed")) | \(count("failed")) | \(count("error")) | \(
	count("flaky")) | \(count("cancelled")) |\n",
($bad[0:50][] | failure),
if ($bad | length) > 50 then "And \(($bad | length) - 50) more.\n"
	else empty end,
if $flaky == [] then empty else
	"### Flaky\n",
	"| spec | where | seconds |", "| --- | --- | ---: |",
	($flaky[0:50][] | "| \(.spec // .id | text) | \(place | text) | \(
		.duration_ms | seconds) |")
end
