/* expand_map - a map's JSON, checked and made into tasks and entries */
#include <stdlib.h>
#include <string.h>

#include "expand_map.h"
#include "json.h"

#define USUAL_EXCLUDE "[{\"viewport\":\"mobile\",\"browser\":\"firefox\"}]"

/* NULL when a string will do as the name of a viewport or a browser. */
static const char *
unfit(const cJSON *value)
{
	const char *s = cJSON_GetStringValue(value);

	if (s == NULL || *s == '\0')
		return "a string that is not empty";
	if (expand_has_control(s))
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
		expand_wrong(p, which, "expected %s once", name);
		free(which);
		return;
	}
}

static void
read_names(const struct place *p, const cJSON *object, const char *key,
    struct names *n)
{
	const cJSON *array = json_member(object, key), *name;
	const char *expected;
	char *which;

	if (!cJSON_IsArray(array) || array->child == NULL) {
		expand_want(
		    p, object, key, "an array of names that is not empty");
		return;
	}
	n->list =
	    mem_zalloc((size_t)cJSON_GetArraySize(array), sizeof(*n->list));
	for (name = json_first(array); name != NULL; name = name->next) {
		expected = unfit(name);
		if (expected != NULL) {
			which = mem_printf("%s/%zu", key, n->count);
			expand_wrong(p, which, "expected %s", expected);
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
		expand_want(p, object, key, expected);
	n->list = mem_zalloc(1, sizeof(*n->list));
	n->list[n->count++] = expected ? "" : name->valuestring;
	sort_names(n);
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
		expand_wrong(&p, "", "expected an object");
		return;
	}
	if (!expand_words(&p, t->json, included ? EXPAND_INCLUDE : EXPAND_TASK))
		return;
	expand_settings(&p, t->json);
	if (included) {
		read_name(&p, t->json, "viewport", &t->viewports);
		read_name(&p, t->json, "browser", &t->browsers);
	} else {
		read_names(&p, t->json, "viewports", &t->viewports);
		read_names(&p, t->json, "browsers", &t->browsers);
	}
	if (x->errors == before)
		expand_spec(&p, t);
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
		expand_wrong(p, key, "expected either name or groupName");
	else if (name == NULL || *name == '\0')
		expand_wrong(p, key, "expected a name that is not empty");
	else if (expand_has_control(name))
		expand_wrong(p, key, "expected no control characters");
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
		expand_wrong(&p, "", "expected an object");
	} else if (expand_words(&p, group, EXPAND_GROUP)) {
		expand_settings(&p, group);
		t.group_name = group_name(&p, group);
		if (!cJSON_IsArray(json_member(group, "tasks")))
			expand_want(&p, group, "tasks", "an array of tasks");
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
		expand_wrong(&p, "", "expected an object that is not empty");
	else
		expand_words(&p, rule, EXPAND_RULE);
	for (key = json_first(rule); key != NULL; key = key->next)
		if (expand_is_text(key->string) && !cJSON_IsString(key))
			expand_wrong(&p, key->string, "expected a string");
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
		expand_wrong(&p, "exclude", "expected an array of rules");
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
		expand_wrong(&p, "", "expected an object");
	} else if (name == NULL || *name == '\0' || expand_has_control(name)) {
		expand_want(&p, t->json, "group",
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
		expand_wrong(
		    &p, "include", "expected an array of combinations");
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
		expand_wrong(&p, "", "expected an object with groups");
		return;
	}
	if (!expand_words(&p, m->json, EXPAND_MAP))
		return;
	expand_settings(&p, m->json);
	read_exclude(x, m);
	if (groups != NULL ? !cJSON_IsArray(groups)
			   : !json_member(m->json, "include"))
		expand_want(&p, m->json, "groups", "an array of groups");
	else
		for (group = json_first(groups); group != NULL;
		     group = group->next)
			read_group(x, m, group, at++);
	read_include(x, m);
}
