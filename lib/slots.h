/*
 * slots - the places of a worker in which attempts run
 *
 * A slot has a supervisor (child) and runs one attempt after the other. What
 * becomes of a task is told on standard output, a record a line: its start,
 * its heartbeats, and its end or that it is handed back. Nothing here waits:
 * the caller polls, and says when. However the process exits, no spec is left
 * behind, and no private folder that can be removed: see ft-run(1).
 */
#ifndef SLOTS_H
#define SLOTS_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "attempt.h"
#include "record.h"

#define SLOTS_MAX 1024
#define SLOTS_NEVER INT64_MAX
#define SLOTS_BEAT_MIN_MS 50 /* however short the lease */

/*
 * Open count slots; a beat of 0 is a third of each task's lease. The rules'
 * scratch is set here. From now on the process has one thread.
 */
void slots_open(struct attempt_rules *rules, int count, int64_t beat_ms);

bool slots_busy(void);   /* some attempt runs */
bool slots_vacant(void); /* some slot is free */
/* Whether a slot is free for the task, or has others of its batch. */
bool slots_free(const struct record *task);

/*
 * Run a task in that slot, or tell why it cannot be run. Takes the task. Those
 * of a batch wait for slots_go, so as to start together.
 */
void slots_start(struct record *task);
/* True when a slot has become free by that. */
bool slots_go(void);
/* Tell that this worker will not run it. Takes the task. */
void slots_hand_back(struct record *task);

/* Stop the attempt whose lease this record says has ended elsewhere. */
void slots_obey(const struct record *order);
/* Start nothing more in the slots, and hand back what waits there. */
void slots_drain(void);
/* Stop all and hand them back: polite signal, grace, KILL; 0: KILL at once. */
void slots_stop(int64_t grace_ms);

/* When slots_tend has to be called, by clock_mono_ms, or SLOTS_NEVER. */
int64_t slots_next_ms(void);
/* Tell the heartbeats that are due, and see to slots that are overdue. */
void slots_tend(void);

/*
 * Fill in SLOTS_WATCHED entries a slot to poll; tell what has ended by what
 * came of it.
 */
#define SLOTS_WATCHED 2
void slots_watch(struct pollfd *watched);
void slots_collect(const struct pollfd *watched);

#endif
