/* runner_plan - what is to be started for a task's attempt */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "mem.h"
#include "path.h"
#include "runner_table.h"

/* A plan in the making. */
struct draft {
	const cJSON *entry;
	struct record *r;
	const struct runner_where *where;
	struct runner_plan *plan;
	cJSON *words; /* placeholder to value */
};

/* The file of that path in dir or the nearest folder above it; NULL: none. */
static char *
upwards(const char *dir, const char *path)
{
	char *at = mem_strdup(dir), *found, *slash;

	for (;;) {
		found = mem_printf("%s/%s", at, path);
		if (access(found, F_OK) == 0)
			break;
		free(found);
		found = NULL;
		slash = strrchr(at, '/');
		if (slash == NULL)
			break;
		*slash = '\0';
	}
	free(at);
	return found;
}

/* A task's own command knows these, and keeps other braces as they are. */
static bool
is_for_tasks(const char *name)
{
	static const char *const names[] = {
	    "spec", "browser", "viewport", "out"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static const char *
install(const struct draft *d)
{
	const char *hint = json_text(d->entry, "install", NULL);

	return hint ? hint : "it is not installed";
}

/* {up:PATH}: what is installed beside the specs, or above them. */
static bool
put_upwards(struct draft *d, struct buf *out, const char *path)
{
	char *found = upwards(d->plan->dir, path);

	if (found == NULL)
		return runner_refuse(d->r, REASON_SPAWN,
		    "no %s in %s or above: %s", path, d->plan->dir, install(d));
	buf_puts(out, found);
	free(found);
	return true;
}

/* The word is not known for this task's browser or viewport. */
static bool
no_word(struct draft *d, const char *name)
{
	bool browser = runner_gives(json_member(d->entry, "browsers"), name);
	const char *kind = browser ? "browser" : "viewport";
	const cJSON *list =
	    json_member(d->entry, browser ? "browsers" : "viewports");
	const cJSON *m;
	struct buf known = {0};

	for (m = json_first(list); m != NULL; m = m->next)
		buf_printf(&known, "%s%s", known.len ? ", " : "", m->string);
	runner_refuse(d->r, browser ? REASON_BROWSER : REASON_CONFIG,
	    "runner %s knows no %s '%s'%s%s", d->entry->string, kind,
	    json_text(d->words, kind, NULL), known.len ? ", only " : "",
	    known.len ? known.data : "");
	buf_free(&known);
	return false;
}

/* Add a template to out; lenient is for a task's own command. */
static bool
fill(struct draft *d, struct buf *out, const char *s, bool lenient)
{
	const char *value;
	char *name;
	bool ok = true;

	buf_puts(out, "");
	while (ok && *s != '\0') {
		name = runner_placeholder(s);
		if (name && lenient && !is_for_tasks(name)) {
			free(name);
			name = NULL;
		}
		value = name ? json_text(d->words, name, NULL) : NULL;
		if (value != NULL && strcmp(name, "out") == 0)
			d->plan->names_out = true;
		if (value != NULL)
			buf_puts(out, value);
		else if (name == NULL)
			buf_putc(out, *s);
		else if (strncmp(name, "up:", 3) == 0)
			ok = put_upwards(d, out, name + 3);
		else
			ok = no_word(d, name);
		s += name ? strlen(name) + 2 : 1;
		free(name);
	}
	return ok;
}

static void
append(char ***list, size_t *count, char *owned)
{
	*list = mem_realloc(*list, (*count + 2) * sizeof(**list));
	(*list)[(*count)++] = owned;
	(*list)[*count] = NULL;
}

static bool
add_arguments(
    struct draft *d, const cJSON *templates, size_t *count, bool lenient)
{
	const cJSON *one;
	bool ok = true;

	for (one = json_first(templates); one != NULL; one = one->next) {
		struct buf argument = {0};

		ok = ok && fill(d, &argument, one->valuestring, lenient);
		append(&d->plan->argv, count, argument.data);
	}
	return ok;
}

/* What a start has besides that several share, or that runs a part. */
static bool
add_more(struct draft *d, size_t *count, const char *member, const char *what)
{
	const cJSON *more = json_member(d->entry, member);

	if (more == NULL)
		return runner_refuse(d->r, REASON_CONFIG,
		    "specs of runner %s %s", d->entry->string, what);
	return add_arguments(d, more, count, false);
}

static bool
add_rest(struct draft *d, size_t *count)
{
	if (record_has(d->r, RECORD_PARTS) &&
	    !add_more(d, count, "split", "cannot be divided"))
		return false;
	return d->where->share == NULL ||
	       add_more(d, count, "share", "do not share a start");
}

static bool
make_argv(struct draft *d)
{
	const cJSON *own = record_json(d->r, RECORD_COMMAND), *browser;
	size_t count = 0;

	if (strcmp(d->entry->string, RUNNER_DEFAULT) == 0 && own != NULL)
		return add_arguments(d, own, &count, true);
	if (d->plan->spec == NULL)
		return runner_refuse(
		    d->r, REASON_CONFIG, "the task has no spec");
	browser = json_member(json_member(d->entry, "browsers"),
	    json_text(d->words, "browser", NULL));
	return add_arguments(
		   d, json_member(browser, "prefix"), &count, false) &&
	       add_arguments(d, json_member(d->entry, "argv"), &count, false) &&
	       add_rest(d, &count);
}

static void
set_env(struct runner_plan *plan, const char *name, const char *value)
{
	size_t len = strlen(name), i = 0;

	while (
	    plan->env && plan->env[i] &&
	    (strncmp(plan->env[i], name, len) != 0 || plan->env[i][len] != '='))
		i++;
	if (plan->env != NULL && plan->env[i] != NULL) {
		free(plan->env[i]);
		plan->env[i] = mem_printf("%s=%s", name, value);
	} else {
		append(&plan->env, &i, mem_printf("%s=%s", name, value));
	}
}

static bool
add_env(struct draft *d, const cJSON *env)
{
	const cJSON *m;
	bool ok = true;

	for (m = json_first(env); m != NULL; m = m->next) {
		struct buf value = {0};

		ok = ok && fill(d, &value, m->valuestring, false);
		if (ok)
			set_env(d->plan, m->string, value.data);
		buf_free(&value);
	}
	return ok;
}

/* What all get, then the entry's, then the task's own as it stands. */
static bool
make_env(struct draft *d)
{
	const cJSON *m;

	set_env(d->plan, "CI", "1");
	set_env(d->plan, "TMPDIR", d->where->tmp);
	if (d->plan->result != NULL)
		set_env(d->plan, "FT_RESULT_FILE", d->plan->result);
	if (d->where->share != NULL)
		set_env(d->plan, "FT_SHARE", d->where->share);
	if (!add_env(d, json_member(d->entry, "env")))
		return false;
	for (m = json_first(record_json(d->r, RECORD_ENV)); m != NULL;
	     m = m->next) {
		if (*m->string == '\0' || strchr(m->string, '=') != NULL)
			return runner_refuse(d->r, REASON_CONFIG,
			    "'%s' is no name for an environment variable",
			    m->string);
		set_env(d->plan, m->string, m->valuestring);
	}
	return true;
}

static bool
make_result(struct draft *d)
{
	const char *file =
	    json_text(json_member(d->entry, "result"), "file", NULL);
	struct buf path = {0};
	bool ok;

	if (file == NULL)
		return true;
	ok = fill(d, &path, file, false);
	if (ok && *path.data != '/') {
		d->plan->result = mem_printf("%s/%s", d->plan->dir, path.data);
		buf_free(&path);
	} else {
		d->plan->result = path.data;
	}
	return ok;
}

static bool
draft(struct draft *d)
{
	const char *signal = json_text(d->entry, "polite", NULL);

	d->words = runner_words(d->entry, d->r, d->where, d->plan);
	d->plan->polite = runner_signal(signal ? signal : "INT");
	return runner_has_browser(d->entry, d->r) && make_argv(d) &&
	       make_result(d) && make_env(d);
}

bool
runner_plan(const struct runner_table *t, struct record *r,
    const struct runner_where *where, struct runner_plan *plan)
{
	const char *name = record_text(r, RECORD_RUNNER);
	struct draft d = {.r = r, .where = where, .plan = plan};
	bool ok;

	*plan = (struct runner_plan){0};
	if (!runner_harmless(r, where))
		return false;
	if (name == NULL)
		name =
		    record_has(r, RECORD_COMMAND) || !record_has(r, RECORD_SPEC)
			? RUNNER_DEFAULT
			: runner_guess(t, record_text(r, RECORD_SPEC));
	d.entry = plan->entry = runner_entry(t, name);
	if (d.entry == NULL)
		return runner_refuse(r, REASON_CONFIG,
		    "no runner '%s' in the table: -R takes your own", name);
	ok = draft(&d);
	cJSON_Delete(d.words);
	if (!ok)
		runner_plan_free(plan);
	return ok;
}

static void
free_list(char **list)
{
	size_t i;

	for (i = 0; list != NULL && list[i] != NULL; i++)
		free(list[i]);
	free(list);
}

void
runner_plan_free(struct runner_plan *plan)
{
	free_list(plan->argv);
	free_list(plan->env);
	free(plan->dir);
	free(plan->result);
	free(plan->spec);
	*plan = (struct runner_plan){0};
}
