/* expand - spec maps into tasks */
#include <err.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "expand_map.h"
#include "json.h"
#include "jsonl.h"

/* What a task may say, its group for all of its tasks, and the map for all. */
static const enum field settings[] = {RECORD_COMMAND, RECORD_ENV, RECORD_TAGS,
    RECORD_RETRIES, RECORD_TIMEOUT, RECORD_PRIORITY};

struct expand *
expand_new(const char *root, const struct runner_table *t)
{
	struct expand *x = mem_zalloc(1, sizeof(*x));

	x->root = root;
	x->table = t;
	return x;
}

static void
free_map(struct map *m)
{
	cJSON_Delete(m->json);
	cJSON_Delete(m->exclude);
	buf_free(&m->text);
	free(m->name);
	free(m);
}

static void
free_task(struct task *t)
{
	free(t->viewports.list);
	free(t->viewports.sorted);
	free(t->browsers.list);
	free(t->browsers.sorted);
	free(t);
}

void
expand_free(struct expand *x)
{
	size_t i;

	for (i = 0; i < x->map_count; i++)
		free_map(x->maps[i]);
	for (i = 0; i < x->task_count; i++)
		free_task(x->tasks[i]);
	for (i = 0; i < x->entry_count; i++)
		free(x->entries[i].path);
	free(x->maps);
	free(x->tasks);
	free(x->entries);
	free(x);
}

static char *
pointer_to(const struct task *t, const char *below)
{
	if (t == NULL)
		return mem_strdup(below);
	if (t->group_at < 0)
		return mem_printf("/include/%d%s", t->at, below);
	return mem_printf("/groups/%d/tasks/%d%s", t->group_at, t->at, below);
}

char *
expand_place(const struct task *t)
{
	char *pointer = pointer_to(t, "");
	struct jsonl_place at = jsonl_place(t->map->text.data, pointer);

	free(pointer);
	return mem_printf("%s:%lu:%lu", t->map->name, at.line, at.column);
}

void
expand_error(struct expand *x, const struct map *m, const struct task *t,
    const char *below, const char *format, ...)
{
	char *pointer = pointer_to(t, below), *what;
	struct jsonl_place at = jsonl_place(m->text.data, pointer);
	va_list ap;

	if (x->errors++ >= EXPAND_ERRORS_MAX)
		errx(EX_DATAERR, "%s: and more of that kind", m->name);
	va_start(ap, format);
	what = mem_vprintf(format, ap);
	va_end(ap);
	warnx("%s:%lu:%lu: %s", m->name, at.line, at.column, what);
	free(what);
	free(pointer);
}

void
expand_read(struct expand *x, int fd, const char *name)
{
	struct map *m = mem_zalloc(1, sizeof(*m));

	m->name = mem_strdup(name);
	m->json = jsonl_document(fd, name, &m->text);
	x->maps = mem_realloc(x->maps, (x->map_count + 1) * sizeof(*x->maps));
	x->maps[x->map_count++] = m;
	if (m->json == NULL)
		x->errors++;
	else
		expand_map(x, m);
}

const cJSON *
expand_setting(const struct task *t, enum field f)
{
	const cJSON *levels[] = {t->json, t->group, t->map->json}, *value;
	size_t i;

	for (i = 0; i < 3; i++) {
		value = json_member(levels[i], field_name(f));
		if (value != NULL)
			return cJSON_IsNull(value) ? NULL : value;
	}
	return NULL;
}

static bool
is_text(const cJSON *value, const char *text)
{
	return cJSON_IsString(value) && strcmp(value->valuestring, text) == 0;
}

/* Whether a combination has in a field what a rule says of it. */
static bool
matches(const struct entry *e, const char *viewport, const char *browser,
    const cJSON *rule)
{
	const struct {
		enum field field;
		const char *text;
	} texts[] = {{RECORD_GROUP, e->task->group_name},
	    {RECORD_SPEC, e->spec}, {RECORD_VIEWPORT, viewport},
	    {RECORD_BROWSER, browser}, {RECORD_RUNNER, e->runner}};
	const cJSON *value;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(rule->string, field_name(texts[i].field)) == 0)
			return is_text(rule, texts[i].text);
	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (strcmp(rule->string, field_name(settings[i])) == 0) {
			value = expand_setting(e->task, settings[i]);
			return value != NULL &&
			       cJSON_Compare(value, rule, true);
		}
	value = json_member(e->task->json, rule->string);
	return value != NULL && cJSON_Compare(value, rule, true);
}

const cJSON *
expand_rule(const struct entry *e, const char *viewport, const char *browser)
{
	const cJSON *rule, *key;
	bool all;

	if (e->task->group_at < 0)
		return NULL;
	for (rule = json_first(e->task->map->exclude); rule != NULL;
	     rule = rule->next) {
		all = true;
		for (key = json_first(rule); key != NULL; key = key->next)
			all = all && matches(e, viewport, browser, key);
		if (all)
			return rule;
	}
	return NULL;
}

/* Whether some combination is left to be run. */
static bool
any_task(const struct expand *x)
{
	const struct task *t;
	size_t i, v, b;

	for (i = 0; i < x->entry_count; i++) {
		t = x->entries[i].task;
		for (v = 0; v < t->viewports.count; v++)
			for (b = 0; b < t->browsers.count; b++)
				if (!expand_rule(&x->entries[i],
					t->viewports.list[v],
					t->browsers.list[b]))
					return true;
	}
	return false;
}

bool
expand_check(struct expand *x)
{
	if (x->errors == 0)
		expand_twins(x);
	if (x->errors == 0 && !any_task(x))
		expand_error(x, x->maps[x->map_count - 1], NULL, "",
		    x->entry_count > 0
			? "expected a task that no rule leaves out"
			: "expected at least one task");
	return x->errors == 0;
}

/* What a task says beyond the words of a map goes into its record. */
static bool
is_own(const cJSON *m, bool included)
{
	static const char *const words[] = {"viewports", "browsers"};
	enum field f;
	size_t i;

	for (i = 0; !included && i < 2; i++)
		if (strcmp(m->string, words[i]) == 0)
			return false;
	for (f = 0; f < RECORD_FIELDS; f++)
		if (strcmp(m->string, field_name(f)) == 0)
			return f == RECORD_EXPECTED_MS || f == RECORD_WEIGHT;
	return true;
}

/* A command from further out means nothing to another runner. */
static bool
is_for(const struct entry *e, enum field setting)
{
	return setting != RECORD_COMMAND ||
	       strcmp(e->runner, RUNNER_DEFAULT) == 0;
}

/*
 * Tasks with the same words may be run by one start of their runner; ft-run
 * looks closer.
 */
static void
set_share(struct record *r)
{
	const cJSON *env = record_json(r, RECORD_ENV);
	char *more = env ? cJSON_PrintUnformatted(env) : NULL;
	char *words = mem_printf("%s %s-%s%s%s", record_text(r, RECORD_RUNNER),
	    record_text(r, RECORD_VIEWPORT), record_text(r, RECORD_BROWSER),
	    more ? " " : "", more ? more : "");

	record_set_text(r, RECORD_SHARE, words);
	free(words);
	free(more);
}

/* Into how many parts ft-push may divide it. */
static void
set_split(const struct entry *e, const struct expand *x, struct record *r)
{
	const cJSON *split = expand_setting(e->task, RECORD_SPLIT);

	if (!runner_splits(x->table, e->runner))
		return;
	if (cJSON_IsTrue(split))
		record_set_int(r, RECORD_SPLIT, RECORD_PARTS_MAX);
	else if (cJSON_IsNumber(split))
		record_set_int(r, RECORD_SPLIT, split->valueint);
}

/* What all combinations of an entry have, with room for what tells them apart.
 */
static struct record *
record_of(const struct expand *x, const struct entry *e)
{
	struct record *r = record_new();
	const cJSON *value;
	size_t i;

	record_set_text(r, RECORD_ID, e->path);
	record_set_text(r, RECORD_GROUP, e->task->group_name);
	record_set_text(r, RECORD_SPEC, e->spec);
	record_set_text(r, RECORD_VIEWPORT, "");
	record_set_text(r, RECORD_BROWSER, "");
	record_set_text(r, RECORD_RUNNER, e->runner);
	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		value = expand_setting(e->task, settings[i]);
		if (value != NULL && is_for(e, settings[i]))
			record_set_json(
			    r, settings[i], cJSON_Duplicate(value, 1));
	}
	for (value = json_first(e->task->json); value != NULL;
	     value = value->next)
		if (is_own(value, e->task->group_at < 0))
			cJSON_AddItemToObject(
			    r->json, value->string, cJSON_Duplicate(value, 1));
	set_split(e, x, r);
	if (runner_shares(x->table, e->runner) &&
	    !cJSON_IsFalse(expand_setting(e->task, RECORD_SHARE)))
		record_set_text(r, RECORD_SHARE, "");
	if (e->weight >= 0 && !record_has(r, RECORD_WEIGHT))
		record_set_int(r, RECORD_WEIGHT, e->weight);
	return r;
}

static void
tell_apart(struct record *r, const struct entry *e, const char *viewport,
    const char *browser)
{
	static char id[RECORD_ID_MAX + 1];

	stpcpy(stpcpy(stpcpy(stpcpy(stpcpy(id, e->path), "/"), viewport), "-"),
	    browser);
	record_set_text(r, RECORD_ID, id);
	record_set_text(r, RECORD_VIEWPORT, viewport);
	record_set_text(r, RECORD_BROWSER, browser);
	if (record_has(r, RECORD_SHARE))
		set_share(r);
}

static void
expand_entry(const struct expand *x, const struct entry *e,
    void (*task)(struct record *r),
    void (*left_out)(struct record *r, const cJSON *rule))
{
	const struct task *t = e->task;
	struct record *r = record_of(x, e);
	const char *viewport, *browser;
	const cJSON *rule;
	size_t i;

	for (i = 0; i < t->viewports.count * t->browsers.count; i++) {
		viewport = t->viewports.list[i / t->browsers.count];
		browser = t->browsers.list[i % t->browsers.count];
		rule = expand_rule(e, viewport, browser);
		if (rule != NULL ? left_out == NULL : task == NULL)
			continue;
		tell_apart(r, e, viewport, browser);
		if (rule != NULL)
			left_out(r, rule);
		else
			task(r);
	}
	record_free(r);
}

void
expand_each(struct expand *x, void (*task)(struct record *r),
    void (*left_out)(struct record *r, const cJSON *rule))
{
	size_t i;

	for (i = 0; i < x->entry_count; i++)
		expand_entry(x, &x->entries[i], task, left_out);
}
