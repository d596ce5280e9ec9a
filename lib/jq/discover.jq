# discover.jq - what discover.sh found to a map: tasks come in, each with the
# runner that its name tells; $listed is what Playwright lists below $dir, by
# each configuration of its. Beside the map comes what is left out of it, or null

# Whether a project is one that a map can name.
def named: test(".-.");

def combination($spec):
	select(named)
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

# Playwright's projects of each file, as {spec, project}.
def projects:
	.config.rootDir as $root
	| .suites[]? | recurse(.suites[]?) | .specs[]?
	| {spec: ($root + "/" + .file | ltrimstr($dir + "/")),
		project: .tests[].projectName};

# The same as {spec, viewport, browser}.
def combinations($specs):
	[projects | .spec as $spec | .project | combination($spec)]
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

# A map cannot name what only other projects have. Beside a project that it can
# name they are no loss: a setup, say.
def left_out:
	[$listed[] | any(.config.projects[]?.name; named) as $some
		| projects + {some: $some}]
	| group_by(.spec) | map(select(all(.some or (.project | named) | not)))
	| if . == [] then null else
		"\(.[0][0].spec)\(if length > 1 then " and \(length - 1) more"
			else "" end): left out, no project is called " +
		"VIEWPORT-BROWSER: " +
		(add | map(.project | tojson) | unique | join(", "))
	end;

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
| {left_out: left_out,
	map: {exclude: [], groups: map({name: .[0].runner, tasks: .})}}
