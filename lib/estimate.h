/*
 * estimate - how long a task will last, from what passes have taught
 *
 * A pass is remembered under several names, from the nearest to the widest,
 * so that a task which never ran learns from its kin. The names are those of
 * the hash ft:history:
 *
 *   ID            this task                               milliseconds
 *   GROUP/SPEC/   its spec in any viewport and browser    milliseconds
 *   GROUP//       its group's specs       milliseconds per 1,000 of weight
 *   //            all specs               the same
 */
#ifndef ESTIMATE_H
#define ESTIMATE_H

#include <stdbool.h>
#include <stdint.h>

#include "record.h"

#define ESTIMATE_NAMES 4

/* The names of a task, nearest first; free each. NULL: it has not that one. */
void estimate_names(const struct record *r, char *names[ESTIMATE_NAMES]);

/* Whether a name is of kin, not of a task. */
bool estimate_is_kin(const char *name);

/* What a pass that lasted ms teaches under each name; -1: nothing. */
void estimate_lesson(
    const struct record *r, int64_t ms, int64_t lesson[ESTIMATE_NAMES]);

/* The task's milliseconds by what is known under its names; -1: unknown. */
int64_t estimate_ms(
    const struct record *r, const int64_t known[ESTIMATE_NAMES]);

#endif
