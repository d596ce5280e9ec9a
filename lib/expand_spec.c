/* expand_spec - a task's spec, made into entries */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "expand_map.h"
#include "json.h"
#include "path.h"
#include "weight.h"

/* An explicit runner, unless a command is nearer; else by the spec's path. */
static const char *
runner_of(const struct expand *x, const struct task *t, const char *spec)
{
	const cJSON *levels[] = {t->json, t->group, t->map->json}, *runner;
	size_t i;

	for (i = 0; i < 3; i++) {
		runner = json_member(levels[i], "runner");
		if (cJSON_IsString(runner))
			return runner->valuestring;
		if (cJSON_IsArray(json_member(levels[i], "command")))
			return RUNNER_DEFAULT;
		if (runner != NULL)
			break;
	}
	return runner_guess(x->table, spec);
}

static size_t
longest(const struct names *n)
{
	size_t i, most = 0;

	for (i = 0; i < n->count; i++)
		if (strlen(n->list[i]) > most)
			most = strlen(n->list[i]);
	return most;
}

static void
add_entry(const struct place *p, const struct task *t, const char *spec)
{
	struct expand *x = p->x;
	struct entry *e;

	if (x->entry_count == x->entry_cap) {
		x->entry_cap = x->entry_cap ? x->entry_cap * 2 : 64;
		x->entries =
		    mem_realloc(x->entries, x->entry_cap * sizeof(*x->entries));
	}
	e = &x->entries[x->entry_count++];
	e->task = t;
	e->path = mem_printf("%s/%s", t->group_name, spec);
	e->spec = e->path + strlen(t->group_name) + 1;
	e->runner = runner_of(x, t, spec);
	e->weight = weight_of(x->root, spec);
	if (strlen(e->path) + longest(&t->viewports) + longest(&t->browsers) +
		2 >
	    RECORD_ID_MAX)
		expand_wrong(
		    p, "", "expected ids of at most %d bytes", RECORD_ID_MAX);
}

static void
add_matches(const struct place *p, const struct task *t, const char *pattern)
{
	struct path_list found = path_find(p->x->root, pattern);
	size_t i;

	if (found.count == 0)
		expand_wrong(p, "spec", "expected a match of '%s' below %s",
		    pattern, p->x->root);
	for (i = 0; i < found.count; i++)
		if (expand_has_control(found.paths[i]))
			expand_wrong(p, "spec",
			    "expected no control characters in "
			    "the names of files that match");
		else
			add_entry(p, t, found.paths[i]);
	path_list_free(&found);
}

/* NULL when a spec's path will do. */
static const char *
unfit_path(const char *spec, const char *clean)
{
	if (spec == NULL || *clean == '\0')
		return "a path that is not empty";
	if (expand_has_control(spec))
		return "no control characters";
	if (*clean == '-')
		return "no hyphen at the beginning";
	if (!path_is_below(spec))
		return "a path below the spec root, without '..'";
	return NULL;
}

void
expand_spec(const struct place *p, const struct task *t)
{
	const char *spec = cJSON_GetStringValue(json_member(t->json, "spec"));
	char *clean = path_clean(spec ? spec : ""), *path;
	const char *expected = unfit_path(spec, clean);

	path = mem_printf("%s/%s", p->x->root, clean);
	if (expected != NULL)
		expand_want(p, t->json, "spec", expected);
	else if (path_is_glob(clean) && access(path, F_OK) != 0)
		add_matches(p, t, clean);
	else
		add_entry(p, t, clean);
	free(path);
	free(clean);
}
