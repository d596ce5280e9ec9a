/* summary_impl - what the parts of the summary share; not for others */
#ifndef SUMMARY_IMPL_H
#define SUMMARY_IMPL_H

#include "names.h"
#include "summary.h"

#define UNKNOWN (-1)
#define NO_WORD UINT32_MAX

#define DIMENSIONS 5
#define WORKER (DIMENSIONS - 1)
extern const enum field summary_dimensions[DIMENSIONS];

/* What a slot takes: a task, or a part of one. */
struct piece {
	int64_t took_ms; /* the attempt that ended it, or UNKNOWN */
	int64_t expected_ms;
	int64_t started_ms; /* of the running attempt, or UNKNOWN */
	uint8_t status;
};

struct task {
	struct piece *pieces; /* of a divided spec */
	size_t piece_count;   /* or 0 */
	int64_t last_ms;      /* the attempt that ended it, or UNKNOWN */
	int64_t earlier_ms;
	int64_t expected_ms;
	int64_t started_ms; /* of the running attempt, or UNKNOWN */
	uint32_t word[DIMENSIONS];
	uint32_t retried, lost; /* of its attempts */
	uint8_t status;
	uint8_t result;
};

struct summary {
	struct names ids;
	struct task *tasks; /* by the number of their id */
	size_t room;
	struct names words[DIMENSIONS];
	struct names workers, slots;
	char *run;
	int64_t started_ms, newest_ms;
	struct summary_facts facts; /* its strings are ours */
};

static inline int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

#endif
