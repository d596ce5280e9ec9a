# suite.awk -v seed=N -v specs=N -v root=DIR - a made-up heavy-tailed suite
#
# Prints SPEC TAB MILLISECONDS and writes the spec files below DIR. A spec has
# one to a dozen tests, few have many; how long a test takes is log-normal
# around its group's own pace, and its steps in the file tell some of that.
BEGIN {
	OFS = "\t"
	srand(seed)
	for (i = 1; i <= specs; i++) {
		group = "group-" (1 + int(sqrt(specs) * rand()))
		if (!(group in pace))
			pace[group] = exp(0.4 * normal())
		file = sprintf("%s/spec-%04d.spec.js", group, i)
		tests = 1 + int(-3 * log(1 - rand()))
		print file, int(spec(root "/" file, group, tests))
	}
}

function normal() {
	return sqrt(-2 * log(1 - rand())) * cos(6.283185307 * rand())
}

function spec(path, group, tests,   t, ms, one, step) {
	if (!(group in made))
		made[group] = system("mkdir -p " root "/" group)
	for (t = 1; t <= tests; t++) {
		one = 4000 * pace[group] * exp(0.9 * normal())
		ms += one
		print "test(\"" t "\", async ({ page }) => {" > path
		for (step = one * exp(0.6 * normal()); step > 0; step -= 500)
			print "\tawait page.getByRole(\"button\").click();" > path
		print "});" > path
	}
	close(path)
	return ms
}
