/*
 * prefetch - tasks of a queue that have come before a slot is free
 *
 * They wait in the order in which they came, for the wait_ms of the first: who
 * has them starts them, or hands them back.
 */
#ifndef PREFETCH_H
#define PREFETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "record.h"

#define PREFETCH_MAX 64 /* a queue sends fewer, but a file may have more */

/* Whether a task may wait here: it can be handed back, and there is room. */
bool prefetch_may(const struct record *task);
void prefetch_add(struct record *owned);
bool prefetch_empty(void);
/* The first, which is there, and from now on the caller's. */
struct record *prefetch_take(void);
/* When the first has waited its time, by clock_mono_ms, or INT64_MAX. */
int64_t prefetch_due_ms(void);

#endif
