# What the rules are told about: a rendering is an array of objects.

def template:
  if .kind == "ScaledJob" then .spec.jobTargetRef.template else .spec.template end;

# Each pod of a rendering: whose, its labels and its specification.
def pods:
  .[] | select(.kind | IN("StatefulSet", "Deployment", "Job", "ScaledJob"))
  | {owner: "\(.kind)/\(.metadata.name)", object: .} + (template | {labels: .metadata.labels, spec});

def containers: .spec | (.initContainers // [])[], .containers[];

# Each container with its pod.
def placed: pods as $pod | $pod | containers | {pod: $pod, box: ., at: "\($pod.owner) \(.name)"};

def job: .[] | select(.kind | IN("Job", "ScaledJob")) | if .kind == "Job" then .spec else .spec.jobTargetRef end;

def matches($selector):
  . as $labels
  | all(($selector.matchLabels // {}) | to_entries[]; $labels[.key] == .value)
  and all(($selector.matchExpressions // [])[];
    if .operator == "Exists" then .key as $k | $labels | has($k)
    elif .operator == "In" then $labels[.key] as $v | any(.values[]; . == $v)
    else false end);

def bytes:
  capture("^(?<n>[0-9]+)(?<u>[KMG]i)?$")
  | (.n | tonumber) * ({Ki: 1024, Mi: 1048576, Gi: 1073741824}[.u // ""] // 1);

# Is a pod with the labels $from, of the run's own namespace, let in at $port of
# one with the labels $to? All policies that select a pod decide together, and
# with none everybody is let in.
def lets_in($from; $port):
  ((.ports // []) | length == 0 or any(.[]; .port == $port))
  and ((.from // []) | length == 0 or any(.[];
    has("podSelector") and (has("namespaceSelector") | not)
    and (.podSelector as $selector | $from | matches($selector))));

def admits($to; $from; $port):
  [.[] | select(.kind == "NetworkPolicy") | .spec
    | select(.policyTypes | index("Ingress"))
    | select(.podSelector as $selector | $to | matches($selector))]
  | length == 0 or any(.[].ingress // [] | .[]; lets_in($from; $port));
