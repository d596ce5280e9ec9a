# discover.jq - what discover.sh found to a map: tasks come in, each with the
# runner that its name tells; $listed is what Playwright lists in $dir

def combination($spec):
	select(test(".-."))
	| split("-") | {spec: $spec, viewport: (.[:-1] | join("-")),
		browser: .[-1]};

# Playwright lists nothing at all when one file does not load: then each file
# that is called like a spec of its has every project.
def all_projects($specs):
	if .errors // [] | length > 0 then
		[$specs[] as $spec | .config.projects[].name
			| combination($spec)]
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

def guessed:
	{spec, runner, viewports: ["desktop"],
		browsers: [if .runner == "cypress" then "electron" else "chrome" end]};

($listed[0] | has("config")) as $asked
| [inputs] as $found
| [$found[] | select(.runner == "playwright").spec] as $specs
| [($listed[0] | select($asked) | listed($specs)),
	($found[] | select((.runner != "command" or $only == "command")
		and (.runner != "playwright" or ($asked | not))) | guessed)]
| map(select($only == "" or .runner == $only))
| group_by(.runner)
| {exclude: [], groups: map({name: .[0].runner, tasks: .})}
