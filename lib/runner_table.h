/*
 * runner_table - what the parts of the runner module share
 *
 * An entry is the JSON object that ft-runners(5) describes.
 */
#ifndef RUNNER_TABLE_H
#define RUNNER_TABLE_H

#include <cjson/cJSON.h>

#include "runner.h"

/* NULL when the table has no runner of that name. */
const cJSON *runner_entry(const struct runner_table *t, const char *name);

/*
 * Check the members that a user's file has; null takes one away. A file that
 * is no table is a message with its place, and exit status 65.
 */
void runner_check(const char *path, const char *text, const cJSON *table);

/* Check that an entry has what it needs, now that it is merged. */
void runner_check_whole(const char *path, const char *text, const cJSON *entry);

/* Give r the result error, and be false. */
bool runner_refuse(struct record *r, enum reason why, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * A task comes from a queue: it may not name files outside, nor options. If
 * it does, false, and r is refused.
 */
bool runner_harmless(struct record *r, const struct runner_where *where);

/* Whether the browser of a task is here; if not, false, and r says so. */
bool runner_has_browser(const cJSON *entry, struct record *r);

/*
 * What the placeholders of an entry stand for in a task's attempt: an object
 * from name to string, to be deleted. Sets the plan's spec and dir.
 */
cJSON *runner_words(const cJSON *entry, const struct record *r,
    const struct runner_where *where, struct runner_plan *plan);

/* The placeholder at s, without its braces; NULL when there is none. */
char *runner_placeholder(const char *s);

/* Whether one of an entry's viewports or browsers has a word of that name. */
bool runner_gives(const cJSON *names, const char *word);

/*
 * The first placeholder in s that the entry cannot fill, whatever the task;
 * NULL when there is none. Free it.
 */
char *runner_unknown_word(const cJSON *entry, const char *s);

/* The number of the signal "INT"; 0 when there is none of that name. */
int runner_signal(const char *name);

#endif
