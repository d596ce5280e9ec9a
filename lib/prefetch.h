/*
 * prefetch - tasks of a queue that have come before a slot is free
 *
 * They are held in the order in which they came, each for its wait_ms: whoever
 * holds them starts them, or hands them back.
 */
#ifndef PREFETCH_H
#define PREFETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "record.h"

void prefetch_add(struct record *owned);
bool prefetch_empty(void);
/* The first, which is there, and from now on the caller's. */
struct record *prefetch_take(void);
/* When the first has waited its time, by clock_mono_ms, or INT64_MAX. */
int64_t prefetch_due_ms(void);

#endif
