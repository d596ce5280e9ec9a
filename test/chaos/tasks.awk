# tasks -v seed= -v tasks= -v spec= -v longest= - the tasks of a chaos run, as
# records; the longest sleeps that many seconds
BEGIN {
	srand(seed)
	for (i = 1; i <= tasks; i++) {
		x = rand()
		kind = x < 0.1 ? "fail" : x < 0.25 ? "flaky" : \
			x < 0.4 ? "daemon" : "pass"
		name = kind "-" i
		printf "{\"id\":\"chaos/%s/desktop-none\",\"group\":\"chaos\"," \
			"\"spec\":\"%s\",\"viewport\":\"desktop\"," \
			"\"browser\":\"none\",\"runner\":\"command\"," \
			"\"command\":[\"%s\",\"%s\",\"%s\",\"%.3f\"]," \
			"\"env\":{\"CHAOS_SPEC\":\"yes\"},\"retries\":%d}\n", \
			name, name, spec, kind, name, longest * (0.1 + 0.9 * rand()), \
			kind == "flaky" ? 2 : int(rand() * 2)
	}
}
