# prometheus.jq - the summary for Prometheus:
#	ft-stats | jq -rf lib/jq/prometheus.jq
#
# Gauges, since a run is read over and over while it goes on; the times of its
# tasks are a summary.

def quoted:
	tostring | split("\\") | join("\\\\") | split("\"") | join("\\\"")
	| split("\n") | join("\\n");

def labels: to_entries | map("\(.key)=\"\(.value | quoted)\"") | join(",");

# samples: {labels, value}; without any the metric is left out.
def metric($type; $name; $help; samples):
	[samples | select(.value != null)]
	| if length > 0 then
		"# HELP funkytown_\($name) \($help)",
		"# TYPE funkytown_\($name) \($type)",
		(.[] | "funkytown_\($name){\(.labels | labels)} \(.value)")
	else empty end;

def states:
	["waiting", "processing", "passed", "failed", "error", "flaky",
		"cancelled"];

def number($name; $help; value):
	{run: (.run // "")} as $run
	| metric("gauge"; $name; $help; {labels: $run, value: value});

def seconds: if . then . / 1000 else null end;

select(has("total"))
| {run: (.run // "")} as $run
| metric("gauge"; "tasks"; "Tasks of the run by state."; states[] as $state
	| {labels: ($run + {state: $state}), value: .[$state]}),
metric("gauge"; "group_tasks"; "Tasks of a group by state.";
	.by.group // {}
	| to_entries[] | .key as $group | .value | states[] as $state
	| {labels: ($run + {group: $group, state: $state}), value: .[$state]}),
number("finished"; "Whether the run is finished, or cancelled and over.";
	if .state == "finished" or (.state == "cancelled" and .processing == 0)
	then 1 else 0 end),
number("retried"; "Attempts that were followed by another."; .retried),
number("lost"; "Attempts whose worker fell silent."; .lost),
number("workers"; "Workers of the run."; .workers),
number("slots"; "Specs that run at once."; .slots),
number("started_timestamp_seconds"; "When the first spec was started.";
	.started_ms | seconds),
number("elapsed_seconds"; "Time since the first start."; .elapsed_ms | seconds),
number("busy_seconds"; "Time of all attempts together."; .busy_ms | seconds),
number("bound_seconds"; "Least time that the run can take on its slots.";
	.bound_ms | seconds),
number("eta_seconds"; "Estimated time until the end."; .eta_ms | seconds),
number("efficiency_ratio"; "The bound as a part of the time taken.";
	.efficiency),
metric("summary"; "task_duration_seconds"; "Time of a task by quantile.";
	.percentiles_ms // {} | {"0.5": .p50, "0.9": .p90, "0.95": .p95,
		"0.99": .p99, "1": .max} | to_entries[]
	| {labels: ($run + {quantile: .key}), value: (.value | seconds)})
