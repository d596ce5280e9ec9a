/*
 * expand - spec maps into tasks
 *
 * A map is groups of tasks; a task is a spec in some viewports and browsers,
 * so a map is a small description of many tasks. The format is in ft-expand(1).
 * Memory is bounded by the maps and their globs' matches, not by the number of
 * tasks: combinations are walked, never listed.
 */
#ifndef EXPAND_H
#define EXPAND_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "record.h"
#include "runner.h"

struct expand;

/* Globs are looked up below root; the table guesses runners. */
struct expand *expand_new(const char *root, const struct runner_table *t);
void expand_free(struct expand *x);

/* Read one map. Whatever is wrong with it is reported and counted. */
void expand_read(struct expand *x, int fd, const char *name);

/* All maps were read: whether they are good, and no two tasks share an id. */
bool expand_check(struct expand *x);

/*
 * Every combination in map order: to task, or to left_out with the rule that
 * it matches. Either may be NULL. The record lasts for the call only; what is
 * set in it may be there, too, in the next one of its entry.
 */
void expand_each(struct expand *x, void (*task)(struct record *r),
    void (*left_out)(struct record *r, const cJSON *rule));

#endif
