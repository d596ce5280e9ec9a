/*
 * timeline - the attempts of a run, a lane a worker slot, as SVG
 *
 * All attempts of one kind are one path, so twenty thousand cost a dozen
 * elements and some 16 bytes each. The unit of x is a millisecond.
 */
#ifndef TIMELINE_H
#define TIMELINE_H

#include <stddef.h>
#include <stdint.h>

#include "mem.h"

struct timeline;

enum bar {
	BAR_PASSED,
	BAR_FLAKY, /* passed, after a failure */
	BAR_RUNNING,
	BAR_CANCELLED, /* and what was handed back */
	BAR_LOST,
	BAR_FAILED,
	BAR_ERROR,
	BAR_COUNT
};

struct timeline *timeline_new(void);
void timeline_free(struct timeline *t);

/* The number of the lane of a worker's slot; worker may be NULL. */
size_t timeline_lane(struct timeline *t, const char *worker, double slot);
/* A lane's name, until the next timeline_lane. */
const char *timeline_name(const struct timeline *t, size_t lane);

void timeline_add(struct timeline *t, size_t lane, enum bar kind,
    int64_t started_ms, int64_t ended_ms);

/* Nothing when nothing was added. */
void timeline_write(struct timeline *t, struct buf *b);

#endif
