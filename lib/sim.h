/*
 * sim - a run's tasks played again on other slots, in another order
 *
 * List scheduling: whichever slot is free first takes the next task. Each
 * attempt of a task is played, one after the other has ended. Nothing waits
 * but for a slot, so what is left out is what a run loses to its machines:
 * slots that share two cores, for one, slow each other down.
 */
#ifndef SIM_H
#define SIM_H

#include <stdint.h>

#include "record.h"

struct sim;
struct sim *sim_new(void);
void sim_free(struct sim *s);

/*
 * Add a task, or the parts that it was divided into: the newest record of a
 * spec counts, however it was divided before. Its time is duration_ms, or
 * without one expected_ms; a task with neither is unknown and is not played.
 * What is longer than SIM_TIME_MAX_MS counts as that.
 */
#define SIM_TIME_MAX_MS (INT64_C(1) << 40) /* 34 years: sums stay whole */
void sim_add(struct sim *s, const struct record *r);
/*
 * The same of an id and its time, as ft:history has them: of a spec that was
 * divided the whole counts, or without it the parts of one division.
 */
void sim_add_time(struct sim *s, const char *id, int64_t ms);

enum sim_order {
	SIM_LONGEST, /* by priority, then the longest first */
	SIM_PUSHED,  /* as ft-push orders by what the records expected */
	SIM_MAP,     /* as they were added */
	SIM_RANDOM,  /* shuffled; the mean of SIM_SHUFFLES times */
	SIM_SHARDS,  /* cut into a part of equal count a slot, in map order */
	SIM_ORDERS
};
#define SIM_SHUFFLES 20
const char *sim_order_name(enum sim_order o);
enum sim_order sim_order_of(const char *name); /* SIM_ORDERS: no such */

#define SIM_SLOTS_MAX 100000

struct sim_plan {
	int64_t slots;
	enum sim_order order;
	int64_t
	    split_ms;   /* cut what lasts longer into equal parts; 0: nothing */
	int64_t gap_ms; /* from one attempt to the next on a slot */
};

struct sim_outcome {
	int64_t makespan_ms;
	int64_t total_ms, longest_ms; /* of the tasks, or of their parts */
	int64_t bound_ms;             /* max(longest, total / slots) */
	int64_t tasks, unknown;       /* played, and those without a time */
};
void sim_play(
    struct sim *s, const struct sim_plan *plan, struct sim_outcome *o);

/*
 * The median time from the end of an attempt to the start of the next on the
 * same slot of the same worker; 0 when there is none.
 */
int64_t sim_gap_ms(const struct sim *s);

#endif
