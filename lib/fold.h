/*
 * fold - the parts of a divided spec as one record again
 *
 * A part is a task of its own in the queue. For whoever reads the results the
 * spec has one verdict: passed only when all parts have passed, flaky when one
 * of them was, else what the first part says that has not passed. Counts and
 * times are added up; started_ms and finished_ms tell the span; pieces tells
 * of each part its status and expected_ms, and once it runs what attempts
 * tells of an attempt.
 */
#ifndef FOLD_H
#define FOLD_H

#include "record.h"

struct fold;

struct fold *fold_new(void);
void fold_free(struct fold *f);

/*
 * A record in its stream: what stands for it, valid until the next call. That
 * is r itself, for a part the whole as it is now known, or NULL as long as
 * some of its parts have not been seen.
 */
const struct record *fold_add(struct fold *f, const struct record *r);
/* At the end: the wholes of which some parts have never been seen. */
void fold_rest(struct fold *f, void (*each)(const struct record *whole));

#endif
