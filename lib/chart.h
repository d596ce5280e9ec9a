/*
 * chart - bars of tasks by verdict, and columns of tasks by duration
 *
 * Both are inline SVG whose colours come from the page's style.
 */
#ifndef CHART_H
#define CHART_H

#include <stddef.h>
#include <stdint.h>

#include "mem.h"
#include "summary.h"

/* The verdicts and states, in the order in which the page counts them. */
#define CHART_KINDS 8
const char *chart_name(size_t kind);
int64_t chart_count(const struct summary_counts *c, size_t kind);

/* A bar with a part for each kind of task; its whole width is max tasks. */
void chart_stack(struct buf *b, const struct summary_counts *c, double max);

/*
 * How many tasks took how long, six columns a decade; nothing for no task.
 */
void chart_durations(
    struct buf *b, const struct summary_ran *all, size_t count);

#endif
