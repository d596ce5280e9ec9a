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
 * Hand on all tasks, or their parts, in their order. What has no expected_ms
 * counts as the mean of the others, and is not divided. Takes the tasks.
 */
void split_all(struct record **tasks, size_t count, long slots,
    void (*each)(struct record *owned));

#endif
