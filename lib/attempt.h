/*
 * attempt - one try at a task: its folder, its process, its verdict
 */
#ifndef ATTEMPT_H
#define ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>

#include "child.h"
#include "record.h"
#include "runner.h"

/* What a worker's attempts have in common. */
struct attempt_rules {
	const struct runner_table *table;
	const char *spec_root; /* absolute */
	const char *artifacts; /* absolute; NULL: nothing is kept */
	/*
	 * Absolute and short: where their TMPDIRs are made, since browsers put
	 * sockets there and a socket's path has 107 bytes. What is not kept is
	 * here too.
	 */
	const char *scratch;
	const char *worker; /* for records that name none */
	int64_t keep_max;   /* bytes an attempt may leave there; 0: no limit */
	int64_t timeout_ms; /* for tasks that have none; 0: no deadline */
	int64_t grace_ms;
};

struct attempt;

/*
 * Prepare an attempt at a task in a slot (from 1): the record becomes
 * `processing`. When it cannot be run, NULL: the record is then `complete`,
 * with the result error and its reason. The record stays the caller's and
 * has to outlive the attempt.
 */
struct attempt *attempt_new(
    const struct attempt_rules *rules, struct record *task, int slot);
/* The same, the member-th (from 1) of those that share a start there. */
struct attempt *attempt_new_of(const struct attempt_rules *rules,
    struct record *task, int slot, int member);
/* Make the record of a task `processing`: its slot has others before it. */
void attempt_await(
    const struct attempt_rules *rules, struct record *task, int slot);
/* In a start that is shared, it begins now. */
void attempt_begun(struct attempt *a);
/* What to start; it lasts as long as the attempt. */
const struct child_job *attempt_job(const struct attempt *a);

/* Where its files are, for a start that is shared; as long as the attempt. */
struct attempt_place {
	const char *spec, *out, *result, *log;
};
struct attempt_place attempt_place(const struct attempt *a);

/* Call this every ATTEMPT_LOOK_MS while it runs: its log gets no larger than
 * it may. */
#define ATTEMPT_LOOK_MS 1000
#define ATTEMPT_LOG_MAX (4 << 20) /* bytes, where only its end is read */
void attempt_look(const struct attempt *a);

/* Make the record `complete`. It can be told before the attempt is freed. */
void attempt_end(struct attempt *a, const struct child_end *end);
/* What the attempt has left in the slot's scratch folders goes with it. */
void attempt_free(struct attempt *a);

/* Make a record `waiting`: this worker ends and hands its task back. */
void attempt_hand_back(struct record *task);

#endif
