/*
 * crew - tasks of one slot that share starts of their runner
 *
 * As many as fit together get one start, and each its own attempt and verdict
 * as soon as it ends. Each has its own deadline, which counts from its first
 * test; before that, from the end of the one before it. Of those that have no
 * verdict when the start has ended:
 *
 *   one that ran at its deadline, or when the program was killed, is judged
 *   by that; the others get another start, for it was not theirs
 *   after a start that brought no verdict at all each runs alone
 *   when the worker stops, all are handed back
 */
#ifndef CREW_H
#define CREW_H

#include <stdbool.h>
#include <stdint.h>

#include "attempt.h"
#include "child.h"
#include "record.h"

struct crew;

/* Of a slot (from 1) and its supervisor; say prints a record. */
struct crew *crew_new(const struct attempt_rules *rules, int slot,
    struct child *child, void (*say)(const struct record *));
void crew_free(struct crew *c);

/* Take a task in; a crew is of one batch. */
void crew_add(struct crew *c, struct record *task);
bool crew_is(const struct crew *c, const char *batch);
/* Start what waits, unless something runs; false: there is nothing left. */
bool crew_go(struct crew *c);

/* Poll this for POLLIN, then listen; -1: nothing to hear. */
int crew_fd(const struct crew *c);
void crew_listen(struct crew *c);
/* The start has ended. */
void crew_ended(struct crew *c, const struct child_end *end);

/* Stop the attempt with that lease, if it is one of these. */
void crew_obey(struct crew *c, const char *lease);
/* Start nothing more, hand back what has not been started. */
void crew_drain(struct crew *c);
void crew_stop(struct crew *c, int64_t grace_ms);

/* Say all tasks once more. */
void crew_beat(struct crew *c);
/* When crew_tend has to be called, by clock_mono_ms; INT64_MAX: never. */
int64_t crew_next_ms(const struct crew *c);
void crew_tend(struct crew *c, int64_t now);

#endif
