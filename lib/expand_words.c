/* expand_words - the words of a map, and those that were meant to be */
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "expand_map.h"
#include "json.h"

#define MEMBERS_MAX 1024

/* The words of each kind of object. */
static const char *const map_words[] = {"groups", "exclude", "include",
    "runner", "command", "env", "tags", "retries", "timeout", "priority",
    "share", "split", NULL};
static const char *const group_words[] = {"name", "groupName", "tasks",
    "runner", "command", "env", "tags", "retries", "timeout", "priority",
    "share", "split", NULL};
static const char *const task_words[] = {"spec", "viewports", "browsers",
    "runner", "command", "env", "tags", "retries", "timeout", "priority",
    "share", "split", NULL};
static const char *const include_words[] = {"group", "spec", "viewport",
    "browser", "runner", "command", "env", "tags", "retries", "timeout",
    "priority", "share", "split", NULL};
static const char *const rule_words[] = {"group", "spec", "viewport", "browser",
    "runner", "command", "env", "tags", "retries", "timeout", "priority", NULL};

static const char *const *const kinds[] = {
    [EXPAND_MAP] = map_words,
    [EXPAND_GROUP] = group_words,
    [EXPAND_TASK] = task_words,
    [EXPAND_INCLUDE] = include_words,
    [EXPAND_RULE] = rule_words,
};

/* Words that mean something elsewhere, or that are often meant. */
static const char *const instead[][2] = {{"viewport", "viewports"},
    {"viewports", "viewport"}, {"browser", "browsers"}, {"browsers", "browser"},
    {"groupName", "group"}, {"retry", "retries"}, {"cmd", "command"},
    {"argv", "command"}, {"environment", "env"}};

void
expand_wrong(const struct place *p, const char *key, const char *format, ...)
{
	char *below = mem_printf("%s%s%s", p->pointer, *key ? "/" : "", key);
	va_list ap;
	char *what;

	va_start(ap, format);
	what = mem_vprintf(format, ap);
	va_end(ap);
	expand_error(p->x, p->map, p->task, below, "%s%s%s", key,
	    *key ? ": " : "", what);
	free(below);
	free(what);
}

void
expand_want(const struct place *p, const cJSON *object, const char *key,
    const char *what)
{
	if (json_member(object, key) != NULL)
		expand_wrong(p, key, "expected %s", what);
	else
		expand_wrong(p, "", "expected a member %s: %s", key, what);
}

bool
expand_has_control(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f ||
		    (*s == '\xc2' && (unsigned char)s[1] < 0xa0))
			return true;
	return false;
}

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

static bool
is_misplaced(const char *const *words, const char *name)
{
	return among(map_words, name) && !among(words, name);
}

/* Whether a member of a record is none that a task may give by itself. */
static bool
is_ours(const char *name)
{
	enum field f;

	for (f = 0; f < RECORD_FIELDS && strcmp(field_name(f), name) != 0; f++)
		;
	return f < RECORD_FIELDS && f != RECORD_EXPECTED_MS &&
	       f != RECORD_WEIGHT;
}

/*
 * Unknown words are another tool's and do no harm, unless they are known ones
 * misspelt. A task's own words end up in records: not over what we set there.
 * A rule may look at a task's own words, but not at what it cannot know.
 */
static void
check_word(const struct place *p, enum expand_kind kind, const char *name)
{
	const char *const *words = kinds[kind];
	const char *word = meant(words, name);

	if (word != NULL)
		expand_wrong(p, name, "expected %s instead", word);
	else if (kind == EXPAND_RULE && is_ours(name))
		expand_wrong(p, name,
		    "expected no such member: rules do not look at it");
	else if (is_misplaced(words, name))
		expand_wrong(p, name, "expected at the top of the map only");
	else if ((kind == EXPAND_TASK || kind == EXPAND_INCLUDE) &&
		 is_ours(name))
		expand_wrong(
		    p, name, "expected no such member: programs set it");
}

/* Tell what an object has twice; false when it has too much to be looked at. */
static bool
check_once(const struct place *p, const cJSON *object, const char *key)
{
	const cJSON *m, *n;
	size_t count = 0;
	char *twice;

	for (m = json_first(object); m != NULL; m = m->next) {
		if (++count > MEMBERS_MAX) {
			expand_wrong(p, key, "expected at most 1024 members");
			return false;
		}
		for (n = object->child; n != m; n = n->next)
			if (strcmp(n->string, m->string) == 0) {
				twice = mem_printf(
				    "%s%s%s", key, *key ? "/" : "", m->string);
				expand_wrong(
				    p, twice, "expected every member once");
				free(twice);
			}
	}
	return true;
}

bool
expand_words(const struct place *p, const cJSON *object, enum expand_kind kind)
{
	unsigned before = p->x->errors;
	const cJSON *m;

	if (!check_once(p, object, ""))
		return false;
	for (m = json_first(object); m != NULL; m = m->next)
		if (!among(kinds[kind], m->string))
			check_word(p, kind, m->string);
	return p->x->errors == before;
}

static void
check_env(const struct place *p, const cJSON *env)
{
	const cJSON *m;
	char *key;

	if (!check_once(p, env, "env"))
		return;
	for (m = json_first(env); m != NULL; m = m->next)
		if (*m->string == '\0' || strchr(m->string, '=') != NULL) {
			key = mem_printf("env/%s", m->string);
			expand_wrong(p, key,
			    "expected the name of an environment variable");
			free(key);
		}
}

static bool
is_parts(const cJSON *value)
{
	double n = cJSON_IsNumber(value) ? value->valuedouble : 0;

	return n >= 2 && n <= RECORD_PARTS_MAX && n == floor(n);
}

void
expand_settings(const struct place *p, const cJSON *object)
{
	static const enum field fields[] = {RECORD_RUNNER, RECORD_COMMAND,
	    RECORD_ENV, RECORD_TAGS, RECORD_RETRIES, RECORD_TIMEOUT,
	    RECORD_PRIORITY, RECORD_EXPECTED_MS, RECORD_WEIGHT};
	const cJSON *value, *runner = json_member(object, "runner");
	const char *expected;
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		value = json_member(object, field_name(fields[i]));
		if (value == NULL || cJSON_IsNull(value))
			continue;
		expected = record_expects(fields[i], value);
		if (expected != NULL)
			expand_wrong(
			    p, field_name(fields[i]), "expected %s", expected);
		else if (fields[i] == RECORD_ENV)
			check_env(p, value);
	}
	value = json_member(object, field_name(RECORD_SHARE));
	if (value != NULL && !cJSON_IsNull(value) && !cJSON_IsBool(value))
		expand_wrong(
		    p, field_name(RECORD_SHARE), "expected true or false");
	value = json_member(object, field_name(RECORD_SPLIT));
	if (value != NULL && !cJSON_IsNull(value) && !cJSON_IsBool(value) &&
	    !is_parts(value))
		expand_wrong(p, field_name(RECORD_SPLIT),
		    "expected true, false, or a number of parts from 2 to %d",
		    RECORD_PARTS_MAX);
	if (cJSON_IsArray(json_member(object, "command")) &&
	    cJSON_IsString(runner) &&
	    strcmp(runner->valuestring, RUNNER_DEFAULT) != 0)
		expand_wrong(p, "command",
		    "expected the runner command beside it, "
		    "not %s",
		    runner->valuestring);
}

bool
expand_is_text(const char *word)
{
	static const char *const words[] = {
	    "group", "spec", "viewport", "browser", "runner", NULL};

	return among(words, word);
}
