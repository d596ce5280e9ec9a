/*
 * worker - the loop that runs tasks in slots
 *
 * It waits for everything at once: tasks on its input, the end of a spec in a
 * slot, the next heartbeat, a signal, and the loss of its own reader, which is
 * exit status 74. Beyond what it can start it takes at most one task, and those
 * that came early (prefetch), so that a line which stops a running attempt is
 * never stuck behind tasks.
 *
 * The first TERM lets specs finish for the drain time and hands back all other
 * tasks; the next one, or INT, stops them; one more kills.
 */
#ifndef WORKER_H
#define WORKER_H

#include <stdint.h>

#include "attempt.h"
#include "jsonl.h"

struct worker_rules {
	struct attempt_rules attempt;
	int slots;
	int share;       /* tasks of no queue that may share a start */
	int64_t beat_ms; /* 0: a third of each task's lease */
	int64_t drain_ms;
};

/* Run what comes, until the input ends and every attempt has ended. */
void worker_run(struct jsonl *in, struct worker_rules *rules);

#endif
