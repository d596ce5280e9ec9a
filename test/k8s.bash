# k8s - what the bats files about the cluster share: kubectl and the models

# k8s_tools - sets MISSING, or what is missing is fetched
k8s_tools() {
	export TOP=$BATS_TEST_DIRNAME/.. MISSING=''
	if ! command -v npm >/dev/null; then
		MISSING='needs node and npm'
		return
	fi
	(cd "$TOP/test/k8s" && ../../scripts/npm-ci.sh)
	REAL_KUBECTL=$("$TOP/test/k8s/kubectl.sh")
	export REAL_KUBECTL
}
