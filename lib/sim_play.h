/* sim_play - the game itself, on an array of tasks */
#ifndef SIM_PLAY_H
#define SIM_PLAY_H

#include <stdbool.h>
#include <stddef.h>

#include "sim.h"

struct sim_task {
	int64_t last_ms;     /* of its last attempt; -1: unknown */
	int64_t *earlier_ms; /* of those before it */
	size_t earlier;
	int64_t expected_ms, weight; /* -1: none */
	int64_t priority;
	size_t place;  /* in the map */
	size_t whole;  /* the number of the undivided spec's id */
	int64_t parts; /* in how many it was divided then, or 1 */
	bool replaced; /* it has been divided otherwise since */
};

void sim_play_tasks(const struct sim_task *tasks, size_t count,
    const struct sim_plan *plan, struct sim_outcome *o);

#endif
