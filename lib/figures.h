/*
 * figures - a look at the queue, as the numbers of a summary
 */
#ifndef FIGURES_H
#define FIGURES_H

#include <cjson/cJSON.h>

#include "queue.h"
#include "summary.h"

/* Tell a summary what only the queue knows. When the run is over nobody is at
 * work any more, and who was is in the records. */
void figures_tell(
    struct summary *s, const char *run, const struct queue_look *l);

/*
 * What the queue counts by itself, so that no task has to be read: a summary
 * record without by, percentiles_ms and slowest, where bound_ms, eta_ms and
 * efficiency are unknown; created_ms; and leased_ms, the time of the newest
 * lease. While none of these changes, save the time and who is there, no task
 * has.
 */
cJSON *figures_json(const char *run, const struct queue_look *l);

#endif
