# slack.jq - records to a few lines for a chat:
#	ft-stats -a | jq -rf lib/jq/slack.jq
#
# Slack's mrkdwn; the newest line of a task counts, ten failures are named.

def text:
	tostring | gsub("[\\s]+"; " ") | gsub("&"; "&amp;") | gsub("<"; "&lt;")
	| gsub(">"; "&gt;") | gsub("(?<c>[*~`])"; "\u200b\(.c)");

def bad: .status == "complete" and (.result | IN("failed", "error"));

[reduce (., inputs | select(.id)) as $task ({}; .[$task.id] = $task) | .[]]
| (map(.run | values)[-1] // "funkytown") as $run
| map(select(bad)) as $bad
| map(select(.status == "complete")) as $done
| (map(select(.result == "flaky")) | length) as $flaky
| "*\($run | text)*: " + (
	if length == 0 then "no tasks"
	elif ($done | length) < length then
		"\($done | length) of \(length) done, \($bad | length) failed"
	elif $bad == [] and ($done | map(.result) | all(IN("passed", "flaky")))
	then "all \(length) passed"
	elif $bad == [] then "not all \(length) passed"
	else "\($bad | length) of \(length) failed" end)
	+ if $flaky > 0 then ", \($flaky) flaky" else "" end,
($bad[0:10][] | "\u2022 \([.id, .reason, (.message // ""
	| split("\n")[0] | .[0:120]?)] | map(select((. // "") != ""))
	| join(": ") | text)"),
if ($bad | length) > 10 then "and \(($bad | length) - 10) more"
	else empty end
