/*
 * cache - what a slot's starts leave for the next
 *
 * A folder below scratch that is one slot's alone, so that no two programs
 * write there at a time: not all of them bear that. It is made by whoever
 * writes there first. A start that was killed may have left half a file, so
 * the next one begins with nothing.
 */
#ifndef CACHE_H
#define CACHE_H

#include "child.h"

/* Its path; free it. */
char *cache_path(const char *scratch, int slot);

/* A start in the slot has ended. */
void cache_settle(const char *scratch, int slot, const struct child_end *end);

#endif
