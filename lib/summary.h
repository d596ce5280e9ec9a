/*
 * summary - the numbers of a run, from a stream of its records
 *
 * Any number of lines a task may be added, in the order they were written:
 * the newest with an id is that task's state, so a saved stream, a pipe and
 * the queue's own records give the same numbers. A task costs some hundred
 * bytes, whatever its record holds; only its id is kept as text.
 *
 * The words used below:
 *
 *   attempt   a start of a task; its time is duration_ms, else finished_ms
 *             minus started_ms, and for a running one now minus started_ms
 *   now       summary_facts.now_ms, else the newest time of any record
 *   spent     of a task: the time of all its attempts, the earlier included;
 *             one that stands among the earlier ones too counts once
 *   left      of a task that is not complete: expected_ms, or without it the
 *             mean time of the attempts that ended the complete tasks, less
 *             the time of the running attempt, but never below 0; unknown
 *             when there is neither. Of a complete task: 0
 */
#ifndef SUMMARY_H
#define SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "record.h"

struct summary;

/*
 * What only the queue knows. NULL and -1 say unknown: then it comes from the
 * records, as told below. 0 workers are none: nobody is there to do the rest.
 */
struct summary_facts {
	const char *run;   /* the newest run that a record names */
	const char *state; /* finished when all tasks are complete, else open */
	int64_t workers;   /* distinct workers of all attempts */
	int64_t slots;     /* distinct worker and slot of all attempts */
	int64_t started_ms; /* the earliest started_ms of all attempts */
	int64_t now_ms;
	int64_t retried;
	int64_t lost;
};
#define SUMMARY_FACTS_NONE                         \
	{                                          \
		NULL, NULL, -1, -1, -1, -1, -1, -1 \
	}

struct summary *summary_new(void);
void summary_free(struct summary *s);

/* Returns the task's place: 0, 1, … in the order the ids were first seen. */
size_t summary_add(struct summary *s, const struct record *r);
/* The id of the task at a place, until the next summary_add. */
const char *summary_id(const struct summary *s, size_t place);
/* Copies what it is told; told again, the newest facts count. */
void summary_facts(struct summary *s, const struct summary_facts *facts);

/* Whether there are tasks and each is complete, or the state says finished. */
bool summary_finished(const struct summary *s);
/* Whether there are tasks and each is passed or flaky. */
bool summary_passed(const struct summary *s);

struct summary_counts {
	int64_t total;
	int64_t status[STATUS_COUNT]; /* a task without one is waiting */
	int64_t result[RESULT_COUNT]; /* of the complete ones, the verdicts */
	int64_t duration_ms;          /* the time of the last attempts */
};

/* The numbers of a run, as summary_json defines them; NAN: unknown. */
struct summary_numbers {
	const char *run, *state; /* until the next call for s */
	bool finished;
	struct summary_counts counts;
	double retried, lost, workers, slots, busy_slots, idle_slots;
	double started_ms, elapsed_ms, busy_ms, bound_ms;
	double eta_ms, eta_error_ms, efficiency;
};
void summary_numbers(const struct summary *s, struct summary_numbers *n);

/*
 * Tell each value of a dimension (group, browser, viewport, runner, worker)
 * and its counts, in the order the values were first seen.
 */
typedef void summary_value(
    void *arg, const char *value, const struct summary_counts *c);
void summary_by(const struct summary *s, enum field dimension,
    summary_value *tell, void *arg);

/* The tasks that run now, the oldest first; free(3). */
struct summary_spec {
	size_t place;
	const char *worker; /* NULL, or until the next summary_add */
	int64_t running_ms; /* until now */
};
struct summary_spec *summary_processing(const struct summary *s, size_t *count);

/* The complete tasks that ran, the longest first; free(3). */
struct summary_ran {
	int64_t duration_ms; /* the last attempt */
	size_t place;
};
struct summary_ran *summary_ranked(const struct summary *s, size_t *count);
#define SUMMARY_SLOWEST 10
/* What so many percent of them took at most, by nearest rank; NAN: none ran. */
double summary_percentile(
    const struct summary_ran *all, size_t count, unsigned percent);

/*
 * The summary record; free: cJSON_Delete. Times are whole milliseconds, and
 * what is not known is null. Its fields, in this order:
 *
 *   run state      as in struct summary_facts
 *   total          tasks; = waiting + processing + complete. A task without
 *                  a status is waiting
 *   passed failed error flaky cancelled
 *                  complete tasks by verdict
 *   retried        earlier attempts that failed or erred by themselves (one
 *                  that was taken back or handed back does not count)
 *   lost           attempts whose worker fell silent
 *   workers slots  as in struct summary_facts
 *   busy_slots     tasks that are processing, and of divided ones the parts
 *   idle_slots     the other slots, until the run is finished
 *   started_ms     when the first attempt began, UTC
 *   elapsed_ms     from then to now, or to the newest time of any record
 *                  when the run is finished
 *   busy_ms        time spent on all tasks
 *   bound_ms       no schedule on these slots can be shorter:
 *                  max(longest task, all tasks / slots), where a task counts
 *                  with spent and left, and each part of a divided one by
 *                  itself
 *   eta_ms         time until the end: max(longest left, all left / slots),
 *                  0 when finished, unknown without slots or when any left is
 *   eta_error_ms   one standard deviation of eta_ms, as far as the complete
 *                  tasks tell: by how much they missed their expected_ms, or
 *                  their mean where there was none; unknown below two tasks
 *   efficiency     bound_ms / (elapsed_ms + eta_ms), 1 being perfect; to
 *                  three decimals
 *   by             {"group", "browser", "viewport", "runner", "worker"}: each
 *                  value that occurs, in the order first seen, to its counts
 *                  {total waiting processing passed failed error flaky
 *                  cancelled duration_ms}, duration_ms being the time of the
 *                  last attempts
 *   percentiles_ms {p50 p90 p95 p99 max} of the last attempts' time of the
 *                  complete tasks that ran, by nearest rank
 *   slowest        the ten longest of these: [{id duration_ms result}]
 */
cJSON *summary_json(const struct summary *s);
/* The same without by, percentiles_ms and slowest, of numbers from anywhere. */
cJSON *summary_numbers_json(const struct summary_numbers *n);

#endif
