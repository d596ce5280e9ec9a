/* expand_map - a map's JSON, checked and made into tasks and entries */
#include <ctype.h>
#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "expand_map.h"
#include "json.h"
#include "path.h"

#define MEMBERS_MAX 1024
#define USUAL_EXCLUDE "[{\"viewport\":\"mobile\",\"browser\":\"firefox\"}]"

/* The words of each kind of object. */
static const char *const map_words[] = {"groups", "exclude", "include",
    "runner", "command", "env", "tags", "retries", "timeout", "priority", NULL};
static const char *const group_words[] = {"name", "groupName", "tasks",
    "runner", "command", "env", "tags", "retries", "timeout", "priority", NULL};
static const char *const task_words[] = {"spec", "viewports", "browsers",
    "runner", "command", "env", "tags", "retries", "timeout", "priority", NULL};
static const char *const include_words[] = {"group", "spec", "viewport",
    "browser", "runner", "command", "env", "tags", "retries", "timeout",
    "priority", NULL};
static const char *const rule_words[] = {"group", "spec", "viewport", "browser",
    "runner", "command", "env", "tags", "retries", "timeout", "priority", NULL};

static const char *const text_words[] = {
    "group", "spec", "viewport", "browser", "runner", NULL};

/* Words that mean something elsewhere, or that are often meant. */
static const char *const instead[][2] = {{"viewport", "viewports"},
    {"viewports", "viewport"}, {"browser", "browsers"}, {"browsers", "browser"},
    {"groupName", "group"}, {"retry", "retries"}, {"cmd", "command"},
    {"argv", "command"}, {"environment", "env"}};

static bool
among(const char *const *words, const char *name)
{
	for (; *words != NULL; words++)
		if (strcmp(*words, name) == 0)
			return true;
	return false;
}

static size_t
least(size_t a, size_t b, size_t c)
{
	a = a < b ? a : b;
	return a < c ? a : c;
}

/* How many letters were added, lost or changed (Levenshtein), in any case. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[32], n = strlen(b), i, j, above, left;

	if (n >= 32)
		return n;
	for (j = 0; j <= n; j++)
		row[j] = j;
	for (i = 0; a[i] != '\0'; i++) {
		above = row[0]++;
		for (j = 1; j <= n; j++) {
			left = above + (tolower((unsigned char)a[i]) !=
					   tolower((unsigned char)b[j - 1]));
			above = row[j];
			row[j] = least(row[j] + 1, row[j - 1] + 1, left);
		}
	}
	return row[n];
}

/* The word that was meant by one that is not known; NULL: no idea. */
static const char *
meant(const char *const *words, const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(instead) / sizeof(instead[0]); i++)
		if (strcmp(instead[i][0], name) == 0 &&
		    among(words, instead[i][1]))
			return instead[i][1];
	if (strlen(name) < 3 || strlen(name) > 32)
		return NULL;
	for (; *words != NULL; words++)
		if (distance(name, *words) <= (strlen(*words) > 5 ? 2 : 1))
			return *words;
	return NULL;
}

/* Where the object that is being checked stands. */
struct place {
	struct expand *x;
	struct map *map;
	const struct task *task; /* NULL: pointer begins at the map */
	const char *pointer;
};

/* Report the member key of the object; "" is the object itself. */
static void __attribute__((format(printf, 3, 4)))
wrong(const struct place *p, const char *key, const char *format, ...)
{
	char *below = mem_printf("%s%s%s", p->pointer, *key ? "/" : "", key);
	va_list ap;
	char *what;

	va_start(ap, format);
	if (vasprintf(&what, format, ap) < 0)
		err(EX_OSERR, "memory");
	va_end(ap);
	expand_error(p->x, p->map, p->task, below, "%s%s%s", key,
	    *key ? ": " : "", what);
	free(below);
	free(what);
}

static bool
is_misplaced(const char *const *words, const char *name)
{
	return among(map_words, name) && !among(words, name);
}

/*
 * Unknown words are another tool's and do no harm, unless they are known ones
 * misspelt. A task's own words end up in records: not over what we set there.
 */
static void
check_word(const struct place *p, const char *const *words, const char *name,
    bool to_record)
{
	const char *word = meant(words, name);
	enum field f;

	for (f = 0; f < RECORD_FIELDS && strcmp(field_name(f), name) != 0; f++)
		;
	if (word != NULL)
		wrong(p, name, "expected %s instead", word);
	else if (is_misplaced(words, name))
		wrong(p, name, "expected at the top of the map only");
	else if (to_record && f < RECORD_FIELDS && f != RECORD_EXPECTED_MS)
		wrong(p, name, "expected no such member: programs set it");
}

/* False after a complaint: a misspelt word, for one, is missing as well. */
static bool
check_words(const struct place *p, const cJSON *object,
    const char *const *words, bool to_record)
{
	unsigned before = p->x->errors;
	const cJSON *m, *n;
	size_t count = 0;

	for (m = json_first(object); m != NULL; m = m->next) {
		if (++count > MEMBERS_MAX) {
			wrong(p, "", "expected at most 1024 members");
			return false;
		}
		for (n = object->child; n != m; n = n->next)
			if (strcmp(n->string, m->string) == 0)
				wrong(
				    p, m->string, "expected every member once");
		if (!among(words, m->string))
			check_word(p, words, m->string, to_record);
	}
	return p->x->errors == before;
}

static void
check_env_names(const struct place *p, const cJSON *env)
{
	const cJSON *m;
	char *key;

	for (m = json_first(env); m != NULL; m = m->next)
		if (*m->string == '\0' || strchr(m->string, '=') != NULL) {
			key = mem_printf("env/%s", m->string);
			wrong(p, key,
			    "expected the name of an environment variable");
			free(key);
		}
}

/* The settings that may stand at every level; null takes an outer one away. */
static void
check_settings(const struct place *p, const cJSON *object)
{
	static const enum field fields[] = {RECORD_RUNNER, RECORD_COMMAND,
	    RECORD_ENV, RECORD_TAGS, RECORD_RETRIES, RECORD_TIMEOUT,
	    RECORD_PRIORITY, RECORD_EXPECTED_MS};
	const cJSON *value, *runner = json_member(object, "runner");
	const char *expected;
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		value = json_member(object, field_name(fields[i]));
		if (value == NULL || cJSON_IsNull(value))
			continue;
		expected = record_expects(fields[i], value);
		if (expected != NULL)
			wrong(
			    p, field_name(fields[i]), "expected %s", expected);
		else if (fields[i] == RECORD_ENV)
			check_env_names(p, value);
	}
	if (cJSON_IsArray(json_member(object, "command")) &&
	    cJSON_IsString(runner) &&
	    strcmp(runner->valuestring, RUNNER_DEFAULT) != 0)
		wrong(p, "command",
		    "expected the runner command beside it, "
		    "not %s",
		    runner->valuestring);
}

static bool
has_control(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f ||
		    (*s == '\xc2' && (unsigned char)s[1] < 0xa0))
			return true;
	return false;
}

/* NULL when a string will do as the name of a viewport or a browser. */
static const char *
unfit(const cJSON *value)
{
	const char *s = cJSON_GetStringValue(value);

	if (s == NULL || *s == '\0')
		return "a string that is not empty";
	if (has_control(s))
		return "no control characters";
	if (*s == '-')
		return "no hyphen at the beginning";
	return strchr(s, '/') == NULL ? NULL : "no slash";
}

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
sort_names(struct names *n)
{
	n->sorted = mem_zalloc(n->count, sizeof(*n->sorted));
	if (n->count == 0)
		return;
	memcpy(n->sorted, n->list, n->count * sizeof(*n->list));
	qsort(n->sorted, n->count, sizeof(*n->sorted), by_bytes);
}

static void
check_repeated(const struct place *p, const char *key, const struct names *n)
{
	const char *name;
	size_t i, at;
	char *which;

	for (i = 1; i < n->count; i++) {
		name = n->sorted[i];
		if (strcmp(n->sorted[i - 1], name) != 0)
			continue;
		for (at = n->count - 1; strcmp(n->list[at], name) != 0; at--)
			;
		which = mem_printf("%s/%zu", key, at);
		wrong(p, which, "expected %s once", name);
		free(which);
		return;
	}
}

/* A member that is missing is told at the object, else at the member. */
static void
want(const struct place *p, const cJSON *object, const char *key,
    const char *what)
{
	if (json_member(object, key) != NULL)
		wrong(p, key, "expected %s", what);
	else
		wrong(p, "", "expected a member %s: %s", key, what);
}

static void
read_names(const struct place *p, const cJSON *object, const char *key,
    struct names *n)
{
	const cJSON *array = json_member(object, key), *name;
	const char *expected;
	char *which;

	if (!cJSON_IsArray(array) || array->child == NULL) {
		want(p, object, key, "an array of names that is not empty");
		return;
	}
	n->list =
	    mem_zalloc((size_t)cJSON_GetArraySize(array), sizeof(*n->list));
	for (name = json_first(array); name != NULL; name = name->next) {
		expected = unfit(name);
		if (expected != NULL) {
			which = mem_printf("%s/%zu", key, n->count);
			wrong(p, which, "expected %s", expected);
			free(which);
		}
		n->list[n->count++] = expected ? "" : name->valuestring;
	}
	sort_names(n);
	check_repeated(p, key, n);
}

static void
read_name(const struct place *p, const cJSON *object, const char *key,
    struct names *n)
{
	const cJSON *name = json_member(object, key);
	const char *expected = unfit(name);

	if (expected != NULL)
		want(p, object, key, expected);
	n->list = mem_zalloc(1, sizeof(*n->list));
	n->list[n->count++] = expected ? "" : name->valuestring;
	sort_names(n);
}

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
	if (strlen(e->path) + longest(&t->viewports) + longest(&t->browsers) +
		2 >
	    RECORD_ID_MAX)
		wrong(p, "", "expected ids of at most %d bytes", RECORD_ID_MAX);
}

static void
add_matches(const struct place *p, const struct task *t, const char *pattern)
{
	struct path_list found = path_find(p->x->root, pattern);
	size_t i;

	if (found.count == 0)
		wrong(p, "spec", "expected a match of '%s' below %s", pattern,
		    p->x->root);
	for (i = 0; i < found.count; i++)
		if (has_control(found.paths[i]))
			wrong(p, "spec",
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
	if (has_control(spec))
		return "no control characters";
	if (*clean == '-')
		return "no hyphen at the beginning";
	if (!path_is_below(spec))
		return "a path below the spec root, without '..'";
	return NULL;
}

/* A spec that is a file is that file, even if its name has brackets. */
static void
read_spec(const struct place *p, const struct task *t)
{
	const char *spec = cJSON_GetStringValue(json_member(t->json, "spec"));
	char *clean = path_clean(spec ? spec : ""), *path;
	const char *expected = unfit_path(spec, clean);

	path = mem_printf("%s/%s", p->x->root, clean);
	if (expected != NULL)
		want(p, t->json, "spec", expected);
	else if (path_is_glob(clean) && access(path, F_OK) != 0)
		add_matches(p, t, clean);
	else
		add_entry(p, t, clean);
	free(path);
	free(clean);
}

static struct task *
new_task(struct expand *x, const struct task *from)
{
	struct task *t = mem_alloc(sizeof(*t));

	*t = *from;
	if ((x->task_count & (x->task_count + 1)) == 0) /* a power of two */
		x->tasks = mem_realloc(
		    x->tasks, (x->task_count + 1) * 2 * sizeof(*x->tasks));
	x->tasks[x->task_count++] = t;
	return t;
}

static void
read_task(struct expand *x, const struct task *from)
{
	struct task *t = new_task(x, from);
	struct place p = {x, t->map, t, ""};
	bool included = t->group_at < 0;
	unsigned before = x->errors;

	if (!cJSON_IsObject(t->json)) {
		wrong(&p, "", "expected an object");
		return;
	}
	if (!check_words(
		&p, t->json, included ? include_words : task_words, true))
		return;
	check_settings(&p, t->json);
	if (included) {
		read_name(&p, t->json, "viewport", &t->viewports);
		read_name(&p, t->json, "browser", &t->browsers);
	} else {
		read_names(&p, t->json, "viewports", &t->viewports);
		read_names(&p, t->json, "browsers", &t->browsers);
	}
	if (x->errors == before)
		read_spec(&p, t);
}

static const char *
name_of(const cJSON *group)
{
	const char *name = cJSON_GetStringValue(json_member(group, "name"));

	return name ? name
	            : cJSON_GetStringValue(json_member(group, "groupName"));
}

/* The name of a group, or NULL after a complaint. */
static const char *
group_name(const struct place *p, const cJSON *group)
{
	const char *key = json_member(group, "name")        ? "name"
	                  : json_member(group, "groupName") ? "groupName"
	                                                    : "";
	const char *name = name_of(group);

	if (json_member(group, "name") && json_member(group, "groupName"))
		wrong(p, key, "expected either name or groupName");
	else if (name == NULL || *name == '\0')
		wrong(p, key, "expected a name that is not empty");
	else if (has_control(name))
		wrong(p, key, "expected no control characters");
	else
		return name;
	return NULL;
}

static void
read_group(struct expand *x, struct map *m, const cJSON *group, int at)
{
	char *pointer = mem_printf("/groups/%d", at);
	struct place p = {x, m, NULL, pointer};
	struct task t = {.map = m, .group = group, .group_at = at};

	if (!cJSON_IsObject(group)) {
		wrong(&p, "", "expected an object");
	} else if (check_words(&p, group, group_words, false)) {
		check_settings(&p, group);
		t.group_name = group_name(&p, group);
		if (!cJSON_IsArray(json_member(group, "tasks")))
			want(&p, group, "tasks", "an array of tasks");
		else if (t.group_name != NULL)
			for (t.json = json_first(json_member(group, "tasks"));
			     t.json != NULL; t.json = t.json->next) {
				read_task(x, &t);
				t.at++;
			}
	}
	free(pointer);
}

static void
check_rule(struct expand *x, struct map *m, const cJSON *rule, int at)
{
	char *pointer = mem_printf("/exclude/%d", at);
	struct place p = {x, m, NULL, pointer};
	const cJSON *key;

	if (!cJSON_IsObject(rule) || rule->child == NULL)
		wrong(&p, "", "expected an object that is not empty");
	else
		check_words(&p, rule, rule_words, false);
	for (key = json_first(rule); key != NULL; key = key->next)
		if (among(text_words, key->string) && !cJSON_IsString(key))
			wrong(&p, key->string, "expected a string");
	free(pointer);
}

static void
read_exclude(struct expand *x, struct map *m)
{
	const cJSON *rule;
	struct place p = {x, m, NULL, ""};
	int at = 0;

	m->exclude =
	    cJSON_DetachItemFromObjectCaseSensitive(m->json, "exclude");
	if (m->exclude == NULL)
		m->exclude = cJSON_Parse(USUAL_EXCLUDE);
	else if (!cJSON_IsArray(m->exclude))
		wrong(&p, "exclude", "expected an array of rules");
	else
		for (rule = json_first(m->exclude); rule != NULL;
		     rule = rule->next)
			check_rule(x, m, rule, at++);
}

static const cJSON *
find_group(const struct map *m, const char *name)
{
	const cJSON *group;
	const char *other;

	for (group = json_first(json_member(m->json, "groups")); group != NULL;
	     group = group->next) {
		other = name_of(group);
		if (other != NULL && strcmp(other, name) == 0)
			return group;
	}
	return NULL;
}

/* A combination belongs to a group, and inherits from it if it is there. */
static void
read_included(struct expand *x, struct task *t)
{
	const char *name = cJSON_GetStringValue(json_member(t->json, "group"));
	struct place p = {x, t->map, t, ""};

	if (!cJSON_IsObject(t->json)) {
		wrong(&p, "", "expected an object");
	} else if (name == NULL || *name == '\0' || has_control(name)) {
		want(&p, t->json, "group",
		    "a name that is not empty and has no control characters");
	} else {
		t->group_name = name;
		t->group = find_group(t->map, name);
		read_task(x, t);
	}
}

static void
read_include(struct expand *x, struct map *m)
{
	const cJSON *include = json_member(m->json, "include");
	struct place p = {x, m, NULL, ""};
	struct task t = {.map = m, .group_at = -1};

	if (include != NULL && !cJSON_IsArray(include))
		wrong(&p, "include", "expected an array of combinations");
	else
		for (t.json = json_first(include); t.json != NULL;
		     t.json = t.json->next) {
			read_included(x, &t);
			t.at++;
		}
}

void
expand_map(struct expand *x, struct map *m)
{
	struct place p = {x, m, NULL, ""};
	const cJSON *groups = json_member(m->json, "groups"), *group;
	int at = 0;

	if (!cJSON_IsObject(m->json)) {
		wrong(&p, "", "expected an object with groups");
		return;
	}
	if (!check_words(&p, m->json, map_words, false))
		return;
	check_settings(&p, m->json);
	read_exclude(x, m);
	if (groups != NULL ? !cJSON_IsArray(groups)
			   : !json_member(m->json, "include"))
		want(&p, m->json, "groups", "an array of groups");
	else
		for (group = json_first(groups); group != NULL;
		     group = group->next)
			read_group(x, m, group, at++);
	read_include(x, m);
}
