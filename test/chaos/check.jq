# check - does every accepted task have one verdict, its lease holder's?
#
# $accepted, $final: records; $counted: the queue's own count of verdicts;
# $faults: rows of a table; $orphans: a number; $lasting: keys; input: the
# lines of all workers' saved streams. An attempt is known by its lease, whose
# number grows from one lease of a task to the next.
def fence: .lease // "0" | split("-")[0] | tonumber;
def ids: map(.id) | unique;
def set: map({key: ., value: true}) | from_entries;
def good: .status == "complete" and
	(.result | IN("passed", "failed", "error", "flaky"));
def lost: .reason == "lost" and .lease == null;
def losses: [., (.attempts // [])[] | select(.reason == "lost")] | length;
def verdict: {result, lease};

# A spec's name says what it can have come to, whoever ran it how often; an
# attempt errs only by being lost, and a task by that three times.
def wrong:
	any(., (.attempts // [])[]; .result == "error" and .reason != "lost") or
	(.result == "error" and losses != 3) or
	(.id | split("/")[1] // "" | split("-")[0]) as $kind
	| ($kind == "fail" and (.result | IN("passed", "flaky"))) or
	  ($kind != "fail" and .result == "failed" and
	   ($kind | IN("pass", "daemon", "flaky")));

def row: "\(.[0] + "                        " | .[:24])\(.[1])";

[inputs] as $lines
| [$lines[] | fromjson? | select(type == "object" and has("id"))] as $events
| ($accepted | ids) as $ids
| ($ids | set) as $known
| ($final | group_by(.id)) as $groups
| ($groups | map({key: .[0].id, value: .}) | from_entries) as $final_of
| ($events | group_by(.id) | map({key: .[0].id, value: .}) | from_entries)
	as $events_of
| {
	lost: [$ids[] | select($final_of[.] | . == null or (all(good) | not))],
	"double verdicts": [$groups[]
		| select([.[], ($events_of[.[0].id] // [])[]
			| select(.status == "complete") | verdict]
			| unique | length > 1), select(length > 1)
		| .[0].id] | unique,
	"stale verdicts": [$final[]
		| select(good and (lost | not) and (.lease == null or
			fence < ([($events_of[.id] // [])[] | fence] | max // 0)))
		| .id],
	"wrong verdicts": [$final[] | select(wrong) | .id],
	miscounted: [$counted[]
		| (.done | group_by(.) | .[] | select(length > 1) | .[0]),
		  ((.done | set) as $done | $ids[] | select($done[.] | not)),
		  (.results | to_entries[] | . as $n
			| select([$final[] | select(.result == $n.key)]
				| length != $n.value) | .key)],
	unaccepted: [($events + $final | ids)[]
		| select($known[.] | not)],
	"lasting keys": $lasting,
	orphans: [range($orphans)]
} as $bad
| ([$faults[] | row] | .[]),
  ([["tasks", ($ids | length)],
	["attempts", ([$final[] | .attempt // 0] | add // 0)],
	["lost attempts", ([$final[] | losses] | add // 0)],
	["late results ignored", ([$final[] | (.late // [])[]] | length)],
	["told by ft-run", ([$final[] | ., (.attempts // [])[]
		| select(.reason == "lost" and .message != null)] | length)],
	["lost three times", ([$final[] | select(.result == "error")]
		| length)],
	["torn lines", ([$lines[] | select((try fromjson catch null) == null)]
		| length)]]
	| .[] | row),
  ($bad | to_entries[] | [.key, (.value | length)] | row),
  ($bad | with_entries(select(.value != [] and .key != "orphans"))
	| to_entries[] | "\(.key): \(.value[:10] | join(" "))"),
  (([$bad["wrong verdicts", "stale verdicts", "double verdicts"][]] | set)
	as $odd | $final[] | select($odd[.id])
	| {id, result, reason, message, lease, attempts} | tojson),
  (if [$bad[] | length] | add > 0 or ($ids | length) == 0
	then "chaos: the promise is broken\n" | halt_error(1) else empty end)
