/*
 * split - divide the specs that are longer than a slot's share of the work
 *
 * No schedule is shorter than its longest task. One that takes longer than all
 * work divided by the slots, and that may be divided, becomes as many tasks as
 * bring it below that: its parts.
 */
#ifndef SPLIT_H
#define SPLIT_H

#include <stddef.h>

#include "record.h"

/*
 * Into how many parts each should be divided, 1: it stays whole. What has no
 * expected_ms counts as the mean of the others, and stays whole. free(3).
 */
int64_t *split_parts(struct record *const *tasks, size_t count, long slots);
/* The id of a part, which counts from 1. free(3). */
char *split_id(const char *whole, int64_t part, int64_t parts);
/* How much of an id names the whole, and into how many parts it went; 1: none.
 */
size_t split_whole(const char *id, int64_t *parts);
/* Hand on all tasks, or their parts, in their order. Takes the tasks. */
void split_all(struct record **tasks, size_t count, const int64_t *parts,
    void (*each)(struct record *owned));

#endif
