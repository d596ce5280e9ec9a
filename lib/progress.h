/*
 * progress - how far something is, on a screen
 *
 * All programs show it by the same hand. A screen may be NULL.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stddef.h>
#include <stdint.h>

#include "screen.h"
#include "summary.h"

/* A spec that runs now. */
struct progress_spec {
	const char *id, *worker; /* worker may be NULL */
	int64_t age_ms;
};

/*
 * A run: a bar, the counts, the times, and the specs that run, the oldest
 * first. Of numbers that are not known nothing is said; without a total there
 * is no bar. On a plain screen it is one sentence.
 */
void progress_run(struct screen *s, const char *title,
    const struct summary_numbers *n, const struct progress_spec *specs,
    size_t count);

/* The run of a summary, with its name. */
void progress_summary(struct screen *s, const struct summary *summary);

/* The same of a stream whose end nobody knows: no bar, nothing to come. */
void progress_stream(
    struct screen *s, const char *title, const struct summary *summary);

/* So many of total things; total 0: who knows. */
void progress_count(
    struct screen *s, const char *what, int64_t count, int64_t total);

#endif
