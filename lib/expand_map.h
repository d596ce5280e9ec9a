/*
 * expand_map - what the parts of the expand module share
 *
 * A map's JSON stays as it was read; tasks and entries point into it.
 */
#ifndef EXPAND_MAP_H
#define EXPAND_MAP_H

#include "expand.h"
#include "mem.h"

#define EXPAND_ERRORS_MAX 20 /* more of them help nobody */

/* One file. */
struct map {
	char *name;
	struct buf text;
	cJSON *json;
	cJSON *exclude; /* its rules, or the usual one */
};

struct names {
	const char **list;   /* in map order */
	const char **sorted; /* in byte order */
	size_t count;
};

/* One element of "tasks" or "include". */
struct task {
	struct map *map;
	const cJSON *json;
	const cJSON *group; /* NULL: included, its group is not in the map */
	const char *group_name;
	int group_at; /* index, -1: included */
	int at;
	struct names viewports, browsers;
};

/* A task's spec, or one of those that its glob matches. */
struct entry {
	const struct task *task;
	char *path;       /* group/spec */
	const char *spec; /* the end of it */
	const char *runner;
	int64_t weight; /* -1: there is no such file here */
};

struct expand {
	const char *root;
	const struct runner_table *table;
	struct map **maps;
	struct task **tasks;
	struct entry *entries;
	size_t map_count, task_count, entry_count, entry_cap;
	unsigned errors;
};

/*
 * Report something wrong at a JSON pointer below a task (task NULL: below the
 * map itself) and count it.
 */
void expand_error(struct expand *x, const struct map *m, const struct task *t,
    const char *below, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* "file:line:column" of a task. Free it. */
char *expand_place(const struct task *t);

/* Where an object in a map stands, for complaints. */
struct place {
	struct expand *x;
	struct map *map;
	const struct task *task; /* NULL: pointer begins at the map */
	const char *pointer;
};

/* Report the member key of the object; "" is the object itself. */
void expand_wrong(const struct place *p, const char *key, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

/* The same of a member, or of the object when it is missing. */
void expand_want(const struct place *p, const cJSON *object, const char *key,
    const char *what);

bool expand_has_control(const char *s);

enum expand_kind {
	EXPAND_MAP,
	EXPAND_GROUP,
	EXPAND_TASK,
	EXPAND_INCLUDE,
	EXPAND_RULE
};

/*
 * Check the names of an object's members. False after a complaint: a misspelt
 * word, for one, is missing as well.
 */
bool expand_words(
    const struct place *p, const cJSON *object, enum expand_kind kind);
/* Check the settings that may stand at every level; null takes one away. */
void expand_settings(const struct place *p, const cJSON *object);
/* Whether a word of a rule is about a part of the id or the runner. */
bool expand_is_text(const char *word);

/* Make tasks and entries of a map's JSON, reporting what is wrong. */
void expand_map(struct expand *x, struct map *m);

/*
 * Make entries of a task's spec: of what it matches, when it is a pattern. A
 * spec that is a file is that file, even if its name has brackets.
 */
void expand_spec(const struct place *p, const struct task *t);

/* The nearest of a task's, its group's and the map's setting; NULL: none. */
const cJSON *expand_setting(const struct task *t, enum field f);

/* The rule that leaves a combination out; NULL: none does. */
const cJSON *expand_rule(
    const struct entry *e, const char *viewport, const char *browser);

/* Report the entries that give the id of an earlier one. */
void expand_twins(struct expand *x);

#endif
