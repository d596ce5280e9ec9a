#!/usr/bin/env bats
# The manifests, rendered as users apply them, without a cluster.
bats_require_minimum_version 1.5.0

load k8s

setup_file() {
	k8s_tools
	export PATH="$TOP/bin:$PATH" RENDERED="$BATS_FILE_TMPDIR/rendered"
	[ -z "$MISSING" ] || return 0
	"$TOP/test/k8s/render.sh" "$RENDERED"
	TYPES=0
	node "$TOP/test/k8s/types.js" "$RENDERED" \
		>"$BATS_FILE_TMPDIR/types" 2>&1 || TYPES=$?
	export TYPES
}

setup() {
	[ -z "$MISSING" ] || skip "$MISSING"
}

# offenders FILTER [FILE]: fails, and names them, if the filter finds any in
# the renderings (FILE: only those of that pattern).
offenders() {
	local file found status=0
	for file in "$RENDERED"/${2:-*}.json; do
		found=$(jq -r -L "$TOP/test/k8s" "include \"pods\"; $1" "$file") ||
			return 2
		[ -z "$found" ] || {
			printf '%s: %s\n' "${file##*/}" "$found"
			status=1
		}
	done
	return $status
}

@test "every object is one that the Kubernetes API knows, field by field" {
	cat "$BATS_FILE_TMPDIR/types"
	[ "$TYPES" -eq 0 ]
	grep -Eq '^[1-9][0-9]+ objects of 15 renderings' "$BATS_FILE_TMPDIR/types"
}

@test "an unknown field is found in every kind, and a wrong value" {
	mkdir "$BATS_TEST_TMPDIR/one"
	# YAML is told as JSON here, a document a line
	jq -c '.[] | if .spec then .spec.planted = 1 else .planted = 1 end
		| "---", tojson' "$RENDERED/run-local-network-policy-monitoring-keda.json" \
		"$RENDERED/local.json" | jq -r . >"$BATS_TEST_TMPDIR/one/planted.yaml"
	run node "$TOP/test/k8s/types.js" "$BATS_TEST_TMPDIR/one"
	[ "$status" -eq 1 ]
	for kind in ConfigMap Job NetworkPolicy PrometheusRule ScaledJob Service \
		ServiceAccount ServiceMonitor StatefulSet; do
		grep -q "$kind/.*planted" <<<"$output" || { echo "$kind" && return 1; }
	done

	rm -r "$BATS_TEST_TMPDIR/one"
	mkdir "$BATS_TEST_TMPDIR/one"
	sed 's/backoffLimit/backofLimit/' "$RENDERED/local.yaml" \
		>"$BATS_TEST_TMPDIR/one/field.yaml"
	sed 's/restartPolicy: Never/restartPolicy: Perhaps/' "$RENDERED/local.yaml" \
		>"$BATS_TEST_TMPDIR/one/value.yaml"
	run node "$TOP/test/k8s/types.js" "$BATS_TEST_TMPDIR/one"
	[ "$status" -eq 1 ]
	[[ $output == *'field.yaml Job/worker'*backofLimit* ]]
	[[ $output == *'value.yaml Job/worker'*restartPolicy* ]]
}

@test "the YAML is tidy" {
	command -v yamllint >/dev/null || skip 'needs yamllint'
	cd "$TOP"
	yamllint -s k8s
}

@test "pods run under the restricted security standard" {
	offenders 'pods | select(.spec.securityContext
		| .runAsNonRoot and .runAsUser == 10001 and .runAsGroup == 10001
			and .fsGroup == 10001
			and .seccompProfile.type == "RuntimeDefault" | not) | .owner'
	offenders 'placed | select(.box.securityContext
		| .allowPrivilegeEscalation == false and .readOnlyRootFilesystem
			and .capabilities == {drop: ["ALL"]}
			and ((keys - ["allowPrivilegeEscalation", "capabilities",
				"readOnlyRootFilesystem"]) == []) | not) | .at'
	offenders 'pods | select(.spec
		| .hostNetwork or .hostPID or .hostIPC or .hostUsers) | .owner'
	offenders 'placed | select(any(.box.ports[]?; .hostPort)) | .at'
	offenders 'pods | . as $pod | .spec.volumes[] | keys - ["name"]
		- ["configMap", "emptyDir", "secret"] | select(. != [])
		| "\($pod.owner): \(.)"'
}

@test "pods get no service links and no way into the API" {
	offenders 'pods | select(.spec.enableServiceLinks != false
		or .spec.automountServiceAccountToken != false) | .owner'
	offenders '.[] | select(.kind == "ServiceAccount")
		| select(.automountServiceAccountToken != false) | .metadata.name'
	offenders '.[] | select(.kind | test("Role")) | .kind'
}

@test "images have a tag that does not move, of this version unless chosen" {
	offenders 'placed | select(.box.image | test(":[0-9]+\\.[0-9]+\\.[0-9]+$|@sha256:")
		| not) | .box.image'
	version=$(sed -n 's/^VERSION *= *//p' "$TOP/Makefile")
	[ -n "$version" ]
	offenders "placed | select(.box.image | endswith(\":$version\") | not)
		| .box.image" '[lp]*'
	offenders ".[] | select(.metadata.labels[\"app.kubernetes.io/version\"]
		!= \"$version\") | .metadata.name"
}

@test "everything bears all the labels" {
	offenders '.[] | . as $object | ["name", "instance", "version", "component",
		"part-of", "managed-by"][] | "app.kubernetes.io/\(.)"
		| select($object.metadata.labels[.] == null)
		| "\($object.kind)/\($object.metadata.name) \(.)"'
	offenders 'pods | select(.labels["app.kubernetes.io/component"] == null) | .owner'
}

@test "a run's name is its label everywhere, and FT_RUN is that label" {
	offenders '.[] | [.. | objects | .["app.kubernetes.io/instance"]? // empty]
		| select(any(. != "monday")) | .' 'run-*'
	offenders '.[] | select(.metadata.name | startswith("monday-") | not)
		| .metadata.name' 'run-*'
	offenders 'placed | select(.box.name != "redis")
		| select([.box.env[] | select(.name == "FT_RUN").valueFrom.fieldRef.fieldPath]
			!= ["metadata.labels['\''app.kubernetes.io/instance'\'']"]) | .at'
}

@test "two runs in one namespace share nothing but the Secret" {
	local run
	export KUBECTL
	KUBECTL=$("$TOP/test/k8s/kubectl.sh")
	for run in monday tuesday; do
		"$TOP/scripts/k8s-manifests.sh" -r $run -c network-policy "$TOP/k8s/base/map.json" |
			sed -n 's/^  name: //p' | sort >"$BATS_TEST_TMPDIR/$run"
	done
	[ -s "$BATS_TEST_TMPDIR/monday" ]
	[ -z "$(comm -12 "$BATS_TEST_TMPDIR/monday" "$BATS_TEST_TMPDIR/tuesday")" ]
}

@test "selectors find the pods they are meant for" {
	offenders '[pods.labels] as $pods | .[]
		| select(.kind == "Service") | {name: .metadata.name, selector: .spec.selector}
		| select(.selector as $s | any($pods[]; matches({matchLabels: $s})) | not)
		| .name'
	offenders '[pods.labels] as $pods | .[] | select(.kind == "NetworkPolicy")
		| .metadata.name as $name
		| .spec | (., (.ingress[]?.from[]?), (.egress[]?.to[]?)) | .podSelector // empty
		| select(any(.matchExpressions[]?; .operator == "Exists") | not)
		| select(. as $s | any($pods[]; matches($s)) | not) | "\($name): \(.)"'
	offenders 'pods | select(.object.spec.selector)
		| select(.object.spec.selector as $s | .labels | matches($s) | not) | .owner'
	offenders '[.[] | select(.kind == "Service")] as $services | .[]
		| select(.kind == "ServiceMonitor") | .spec
		| select(.endpoints[0].port as $port | .selector as $s
			| any($services[]; (.metadata.labels | matches($s))
				and any(.spec.ports[]; .name == $port)) | not)
		| "ServiceMonitor: no service"'
}

@test "workers find Redis under the name of its service" {
	offenders '. as $all | [pods] as $pods | placed | select(.box.name == "worker")
		| [.box.env[] | select(.name == "REDIS_HOST").value][0] as $host
		| [$all[] | select(.kind == "Service" and .metadata.name == $host)
			| .spec.selector as $s
			| select(any(.spec.ports[]; .port == 6379 and .targetPort == "redis"))
			| $pods[] | select(.labels | matches({matchLabels: $s}))
			| containers | select(any(.ports[]?; .name == "redis" and .containerPort == 6379))]
		| select(length != 1) | "\($host): \(length)"'
	offenders 'select([placed | select(.box.name == "worker")] | length != 1)
		| "no worker"'
}

@test "what a pod mounts and reads is there" {
	offenders '. as $all | pods | . as $pod
		| [.spec.volumes[].name, .object.spec.volumeClaimTemplates[]?.metadata.name] as $have
		| containers | .volumeMounts[].name | select(IN($have[]) | not)
		| "\($pod.owner): \(.)"'
	offenders '[.[] | select(.kind == "ConfigMap").metadata.name] as $have
		| pods.spec | (.volumes[].configMap.name?, (.containers[].envFrom[]?.configMapRef.name))
		| select(. != null) | select(IN($have[]) | not)'
	offenders '[.[] | select(.kind == "ServiceAccount").metadata.name] as $have
		| pods.spec.serviceAccountName | select(IN($have[]) | not)'
	offenders 'placed | .at as $at | .box
		| [.ports[]?.name] as $ports
		| .startupProbe, .readinessProbe, .livenessProbe | select(. != null)
		| (.httpGet // .tcpSocket // empty).port | select(IN($ports[]) | not)
		| "\($at): \(.) is not its own port"'
	offenders 'pods.spec | .volumes[].secret.secretName?,
		([.. | .secretKeyRef?.name?] | .[]) | select(. != null and . != "funkytown-redis")'
}

@test "everything is bounded: memory, disk, time" {
	offenders 'placed | select(.box.resources
		| .requests.cpu and .requests.memory and .limits.memory
			and .requests["ephemeral-storage"] and .limits["ephemeral-storage"] | not) | .at'
	offenders 'pods | .owner as $owner | .spec.volumes[] | select(.emptyDir)
		| select(.emptyDir.sizeLimit | not) | "\($owner): \(.name)"'
	offenders 'job | select(.activeDeadlineSeconds and .ttlSecondsAfterFinished | not)
		| "no end"'
}

@test "browsers get shared memory, counted in the worker's limit" {
	offenders 'placed | select(.box.name == "worker")
		| [.box.volumeMounts[] | select(.mountPath == "/dev/shm").name][0] as $shm
		| [.pod.spec.volumes[] | select(.name == $shm and .emptyDir.medium == "Memory")
			.emptyDir.sizeLimit | bytes] as $size
		| select(($size | length) != 1 or $size[0] * 4 > (.box.resources.limits.memory | bytes))
		| .at'
	offenders 'placed | select(.box.name == "worker")
		| [.box.env[] | select(.name == "HOME").value][0] as $home
		| select(any(.box.volumeMounts[]; .mountPath == $home) | not) | .at'
}

@test "the worker Job is a work queue that no eviction ends" {
	offenders '.[] | select(.kind == "Job").spec
		| select(has("completions") or (.parallelism >= 1 | not)
			or .backoffLimit < .parallelism * 10) | {parallelism, backoffLimit, completions}'
	offenders 'job | select(.template.spec.restartPolicy != "Never"
		or .podReplacementPolicy != "Failed") | "policies"'
	offenders 'job.podFailurePolicy.rules | select(
		.[0] != {action: "Ignore", onPodConditions: [{type: "DisruptionTarget", status: "True"}]})
		| .[0]'
	offenders 'select([job.template.spec.containers[].name] != ["worker"]) | "containers"'
}

# 120 s are a spec's time unless its map says more, 5 s its grace
@test "a worker told to stop has time for its spec, and still to hand it back" {
	offenders 'placed | select(.box.name == "worker")
		| (.box.args // []) as $args | ($args | index("--")) as $flags
		| ($args | index("-d")) as $d
		| (if $flags and $d and $d > $flags then $args[$d + 1] | tonumber
			else 30 end) as $drain
		| select($drain < 120
			or $drain + 5 >= .pod.spec.terminationGracePeriodSeconds)
		| "\(.at): \($drain) s"'
	offenders 'select([placed | select(.box.name == "worker")] == []) | "no worker"'
}

@test "the exits that fail the Job are the programs' own for what no retry mends" {
	local usage dataerr
	usage=$(awk '$1 == "#define" && $2 == "EX_USAGE" { print $3 }' /usr/include/sysexits.h)
	dataerr=$(awk '$1 == "#define" && $2 == "EX_DATAERR" { print $3 }' /usr/include/sysexits.h)
	offenders "job.podFailurePolicy.rules | select(.[1:] != [{action: \"FailJob\",
		onExitCodes: {containerName: \"worker\", operator: \"In\",
		values: [$usage, $dataerr]}}]) | .[1:]"
	command -v ft-pop >/dev/null || skip 'needs the programs'
	run env REDIS_PORT=tcp://10.0.0.1:6379 ft-pop -n
	[ "$status" -eq "$usage" ]
	run ft-expand <<<'{'
	[ "$status" -eq "$dataerr" ]
}

@test "Redis is a native sidecar that forgets nothing" {
	offenders '[pods | select(.spec.initContainers) | .spec.initContainers[]
		| select(.name == "redis" and .restartPolicy == "Always" and .startupProbe)]
		| select(length != 1) | "no sidecar"'
	offenders '.[] | select(.kind == "ConfigMap" and .data["redis.conf"]).data["redis.conf"]
		| [split("\n")[] | select(IN("appendonly yes", "appendfsync always",
			"maxmemory-policy noeviction"))] | select(length != 3)'
	offenders 'placed | select(.box.name == "redis") | .box.args
		| select(index("--aclfile") | not)'
	offenders '[pods | select(.labels["app.kubernetes.io/component"] == "controller")]
		| select(length != 1 or .[0].object.kind != "StatefulSet"
			or .[0].object.spec.replicas != 1) | "not one controller"'
	offenders 'pods | select(.object.kind == "StatefulSet")
		| select(any(.object.spec.volumeClaimTemplates[]?; .metadata.name == "queue") | not)
		| .owner' '*production*'
}

@test "probes ask a pod about itself, and redis-cli for its exit status" {
	offenders 'placed | .at as $at | .box
		| .startupProbe, .readinessProbe, .livenessProbe | select(. != null)
		| .exec.command // empty | select(.[0] == "redis-cli")
		| select(.[1] != "-e" or any(.[]; . == "-h" or . == "-a")) | $at'
	offenders 'placed | select(.box.name != "redis") | .at as $at | .box
		| .livenessProbe, .startupProbe | select(. != null)
		| select(.tcpSocket.port != "http") | $at'
	offenders 'placed | select(.box.name == "worker") | .box
		| select(.livenessProbe or .readinessProbe) | "worker"'
	offenders 'placed | select(.box.name != "worker") | select(.box.readinessProbe | not) | .at'
}

@test "no password is in an object, an argument or a variable" {
	offenders '.[] | select(.kind == "Secret").metadata.name'
	offenders 'placed | .at as $at | .box
		| (.env[]? | select(.name | test("PASS|AUTH")) | select(.value and (.name | endswith("_FILE") | not))),
		((.args // []) + (.command // []) | .[] | select(test("requirepass|pass=|^-a$")))
		| $at'
}

@test "where policies close the network, workers and nobody else reach Redis" {
	offenders '. as $all | [pods] as $pods
		| [$pods[] | select(.labels["app.kubernetes.io/component"] == "worker").labels][0] as $worker
		| [$pods[] | select(.labels["app.kubernetes.io/component"] == "controller").labels][0] as $controller
		| ($all | admits($controller; $worker; "redis")) as $in
		| ($all | admits($controller; {}; "redis")) as $stranger
		| ($all | admits($controller; $worker + {"app.kubernetes.io/instance": "other"}; "redis")) as $other
		| ($all | admits($controller; {}; "http")) as $page
		| ($all | admits($controller; {"funkytown/reader": "yes"}; "http")) as $reader
		| any($all[]; .kind == "NetworkPolicy") as $closed
		| select($in != true or $reader != true
			or $stranger == $closed or $other == $closed or $page == $closed)
		| {$in, $stranger, $other, $page, $reader, $closed}'
	offenders 'select(any(.[]; .kind == "NetworkPolicy") | not) | "open"' '*production*'
	offenders '.[] | select(.kind == "NetworkPolicy") | .spec.egress[]?.to[]?.ipBlock
		| select(. != null and .cidr == "0.0.0.0/0")
		| select(.except | index("169.254.0.0/16") | not)'
	# to some networks a block of addresses is none of their own pods
	offenders '.[] | select(.kind == "NetworkPolicy") | .metadata.name as $name
		| .spec.egress[]? | select(any(.to[]?; .ipBlock))
		| select(any(.to[]; .namespaceSelector == {}) | not) | $name'
}

@test "with KEDA the workers are the Job's own, and there is no Job" {
	local overlay
	offenders '.[] | select(.kind == "Job").metadata.name' '*keda*'
	for overlay in local production; do
		jq -S '.[] | select(.kind == "Job").spec | {template, podFailurePolicy}' \
			"$RENDERED/run-$overlay.json" >"$BATS_TEST_TMPDIR/job"
		jq -S '.[] | select(.kind == "ScaledJob").spec.jobTargetRef
			| {template, podFailurePolicy}' \
			"$RENDERED/run-$overlay-keda.json" >"$BATS_TEST_TMPDIR/scaled"
		[ -s "$BATS_TEST_TMPDIR/job" ]
		diff "$BATS_TEST_TMPDIR/job" "$BATS_TEST_TMPDIR/scaled"
	done
	offenders '[.[] | select(.kind == "Service").metadata
		| "http://\(.name).\(.namespace).svc:3000/stats.json"] as $have
		| .[] | select(.kind == "ScaledJob").spec
		| select(.maxReplicaCount != 7) , (.triggers[0].metadata.url
			| select(IN($have[]) | not))' '*keda*'
}

@test "a run has its workers, its environment and its images" {
	offenders '.[] | select(.kind == "Job").spec | select(.parallelism != 7) | .parallelism' 'run-*'
	offenders '[.[] | select(.kind == "ConfigMap").data.BASE_URL // empty]
		| select(. != ["http://shop:8080/?a=b c"])' 'run-*'
	offenders 'placed | .box.image | select(IN("registry.example.org/own/controller:1.2.3",
		"registry.example.org/own/worker:1.2.3") | not)' 'run-*'
	offenders '.[] | select(.metadata.namespace != "elsewhere") | .metadata.name' 'run-*'
}

@test "alerts ask for metrics that are served, with the labels that they have" {
	local metrics asked
	metrics=$(jq -nrc '{run: "r", state: "open", total: 1, waiting: 1, workers: 0,
		lost: 0}' | jq -rf "$TOP/lib/jq/prometheus.jq" | sed 's/^\(.*\){.*run="r",*/\1{/')
	asked=$(jq -r '.[] | select(.kind == "PrometheusRule")
		| .spec.groups[].rules[].expr' "$RENDERED/run-local-monitoring.json" |
		grep -o 'funkytown_[a-z_]*\({[^}]*}\)*')
	[ "$(printf '%s\n' "$asked" | wc -l)" -ge 3 ]
	while read -r one; do
		grep -F "${one%\}}" <<<"$metrics" >/dev/null || { echo "$one" && return 1; }
	done <<<"$asked"
}

@test "the alerts go off when they should, and not before" {
	command -v promtool >/dev/null || skip 'needs promtool'
	cd "$BATS_TEST_TMPDIR"
	jq '.[] | select(.kind == "PrometheusRule").spec' \
		"$RENDERED/run-local-monitoring.json" >rules.yaml
	promtool check rules rules.yaml
	cat >test.yaml <<-'EOF'
		rule_files: [rules.yaml]
		evaluation_interval: 1m
		tests:
		  - interval: 1m
		    input_series:
		      - series: 'funkytown_tasks{namespace="f", run="idle", state="waiting"}'
		        values: 3x20
		      - series: 'funkytown_workers{namespace="f", run="idle"}'
		        values: 0x20
		      - series: 'funkytown_tasks{namespace="f", run="late", state="waiting"}'
		        values: 3x20
		      - series: 'funkytown_workers{namespace="f", run="late"}'
		        values: 0x4 1x4 0x12
		      - series: 'funkytown_tasks{namespace="f", run="done", state="waiting"}'
		        values: 0x20
		      - series: 'funkytown_workers{namespace="f", run="done"}'
		        values: 0x20
		      - series: 'funkytown_lost{namespace="f", run="idle"}'
		        values: 3x20
		      - series: 'funkytown_lost{namespace="f", run="late"}'
		        values: 4x20
		      - series: 'up{job="late-reporter", namespace="f", pod="p"}'
		        values: 0x20
		    alert_rule_test:
		      - {alertname: FunkytownNoWorkers, eval_time: 4m, exp_alerts: []}
		      - alertname: FunkytownNoWorkers
		        eval_time: 6m
		        exp_alerts:
		          - exp_labels: {namespace: f, run: idle, severity: warning}
		            exp_annotations:
		              summary: Run idle has work left and no workers.
		              description: >-
		                Tasks wait and no worker was heard for five minutes. Look at the
		                worker Job: kubectl -n f describe job
		                -l app.kubernetes.io/instance=idle
		      - alertname: FunkytownTasksLost
		        eval_time: 6m
		        exp_alerts:
		          - exp_labels: {namespace: f, run: late, severity: warning}
		            exp_annotations:
		              summary: Run late keeps losing workers.
		              description: >-
		                More than three leases expired in silence: pods are killed (out
		                of memory?) or cut off from the queue.
		      - alertname: FunkytownReporterDown
		        eval_time: 6m
		        exp_alerts:
		          - exp_labels: {job: late-reporter, namespace: f, pod: p, severity: warning}
		            exp_annotations:
		              summary: No metrics from f/p.
		              description: The controller's page and metrics are out of reach.
	EOF
	promtool test rules test.yaml
}

@test "the Secret of redis-secret.sh opens the queue, nothing else, and lasts" {
	local dir=$BATS_TEST_TMPDIR password
	command -v redis-server >/dev/null || skip 'needs redis-server'
	"$TOP/scripts/redis-secret.sh" >"$dir/one"
	"$TOP/scripts/redis-secret.sh" >"$dir/two"
	run ! cmp -s "$dir/one" "$dir/two"
	password=$(sed -n 's/^  password: //p' "$dir/one")
	[ "${#password}" -ge 32 ]
	sed -n 's/^    user /user /p' "$dir/one" >"$dir/users.acl"
	run ! grep -q "$password" "$dir/users.acl"
	# its folder is asked for before the next line is read
	sed "s|^dir .*|dir $dir|" "$TOP/k8s/base/redis.conf" >"$dir/redis.conf"
	serve() {
		redis-server "$dir/redis.conf" --port 0 --unixsocket "$dir/s" \
			--aclfile "$dir/users.acl" --daemonize yes \
			--pidfile "$dir/pid" >/dev/null
		for _ in $(seq 100); do
			[ "$(cli ping 2>/dev/null)" != PONG ] || return 0
			sleep 0.1
		done
	}
	cli() { REDISCLI_AUTH=$password redis-cli -e -s "$dir/s" --user funkytown "$@"; }
	serve
	local denied=''
	redis-cli -e -s "$dir/s" ping >/dev/null 2>&1 && denied="$denied anonymous"
	set -f
	for command in 'flushall' 'keys *' 'config get dir' 'get other' 'shutdown'; do
		# shellcheck disable=SC2086 # words on purpose
		cli $command >"$dir/said" 2>&1 && denied="$denied $command"
		grep -q NOPERM "$dir/said" || denied="$denied $command:$(cat "$dir/said")"
	done
	set +f
	printf '{"id":"g/s/v-b","spec":"s","group":"g","viewport":"v","browser":"b","runner":"command","command":["true"]}\n' |
		REDIS_HOST="$dir/s" REDIS_USERNAME=funkytown REDIS_PASSWORD=$password \
			ft-push -r one >"$dir/pushed" 2>"$dir/errors" || denied="$denied push"
	REDIS_HOST="$dir/s" REDIS_USERNAME=funkytown REDIS_PASSWORD=$password \
		ft-pop -r one -n >"$dir/popped" 2>>"$dir/errors" || denied="$denied pop"
	# Redis reads its file with the rights of a user, too.
	cli dbsize >"$dir/before"
	kill -9 "$(cat "$dir/pid")"
	rm -f "$dir/s" "$dir/pid"
	serve
	cli dbsize >"$dir/after"
	cmp "$dir/before" "$dir/after" || denied="$denied replay"
	kill "$(cat "$dir/pid")"
	cat "$dir/errors"
	echo "wrong:$denied"
	[ -z "$denied" ]
	grep -q g/s/v-b "$dir/popped"
}
