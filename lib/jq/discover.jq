# discover.jq - what discover.sh found to a map: tasks come in, each with the
# runner that its name tells; $listed is what Playwright lists below $dir, by
# each configuration of its

def combination($spec):
	select(test(".-."))
	| split("-") | {spec: $spec, viewport: (.[:-1] | join("-")),
		browser: .[-1]};

# Of specs those in the folder of a configuration.
def below($config):
	select("\($dir)/\(.)"
		| startswith($config.configFile | sub("[^/]*$"; "")));

# Playwright lists nothing at all when one file does not load: then each file
# that is called like a spec of its has every project.
def all_projects($specs):
	if .errors // [] | length > 0 then
		[.config as $config | $specs[] | below($config) as $spec
			| $config.projects[].name | combination($spec)]
	else [] end;

# Playwright's projects of each file, as {spec, viewport, browser}.
def combinations($specs):
	.config.rootDir as $root
	| [.suites[]? | recurse(.suites[]?) | .specs[]?
		| ($root + "/" + .file | ltrimstr($dir + "/")) as $spec
		| .tests[].projectName | combination($spec)]
		+ all_projects($specs)
	| unique;

# The viewports that a file has on the same browsers are one task.
def listed($specs):
	combinations($specs) | group_by(.spec)[]
	| .[0].spec as $spec
	| group_by(.viewport)
	| map({viewport: .[0].viewport, browsers: map(.browser)})
	| group_by(.browsers)[]
	| {spec: $spec, runner: "playwright", viewports: map(.viewport),
		browsers: .[0].browsers};

# The kinds that are built in are all JavaScript: what else lies in their folders
# is no spec.
def a_spec:
	(.runner | IN("cypress", "node-test", "playwright", "wdio", "webdriver")
		| not) or (.spec | test("\\.[cm]?[jt]sx?$"));

def guessed:
	{spec, runner, viewports: ["desktop"],
		browsers: [if .runner == "cypress" then "electron" else "chrome" end]};

[inputs | select(a_spec)] as $found
| [$found[] | select(.runner == "playwright").spec] as $specs
| [$specs[] | select([below($listed[].config)] | length > 0)] as $asked
| [($listed[] | listed($specs)),
	($found[] | select((.runner != "command" or $only == "command")
		and (.runner != "playwright" or
			(.spec as $spec | $asked | index($spec) | not))) | guessed)]
| map(select($only == "" or .runner == $only))
| group_by(.runner)
| {exclude: [], groups: map({name: .[0].runner, tasks: .})}
