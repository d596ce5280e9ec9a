/*
 * record - the task record, the one kind of line that flows
 *
 * The only place that spells its field names and their words. A record keeps
 * the fields it does not know, and a field that is set again is replaced where
 * it stands. The newest line with an id is that task's state.
 */
#ifndef RECORD_H
#define RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <cjson/cJSON.h>

#include "jsonl.h"

#define RECORD_ID_MAX 1024       /* bytes of an id */
#define RECORD_PRIORITY_MAX 1000 /* and at least minus that */
#define RECORD_RETRIES_MAX 100
#define RECORD_PARTS_MAX 100
#define RECORD_NUMBER_MAX 9007199254740992.0 /* 2^53; and minus that */
#define RECORD_MS_MAX 1e13      /* beyond the year 2200: a time nobody meant */
#define RECORD_OUTPUT_MAX 16384 /* bytes of output kept of a failure */
#define RECORD_OUTPUT_PASSED_MAX 1024 /* and of a pass */

enum field {
	/* what to run: set by ft-expand from the map */
	RECORD_ID,
	RECORD_GROUP,
	RECORD_SPEC,
	RECORD_VIEWPORT,
	RECORD_BROWSER,
	RECORD_RUNNER,
	RECORD_COMMAND, /* array of strings */
	RECORD_ENV,     /* object of strings */
	RECORD_TAGS,    /* array of strings */
	RECORD_RETRIES,
	RECORD_TIMEOUT, /* seconds, fractions allowed */
	RECORD_PRIORITY,
	RECORD_SPLIT, /* into how many parts the spec may be divided */
	RECORD_WHOLE, /* a part's: the id of the divided spec */
	RECORD_PART,  /* which one, from 1 */
	RECORD_PARTS, /* of how many */
	RECORD_SHARE, /* tasks with the same may share a start */
	RECORD_EXPECTED_MS,
	RECORD_WEIGHT,     /* of the spec's file: see weight.h */
	RECORD_DROPPED_BY, /* the rule that leaves it out: ft-expand -x */
	/* its state: dropped when a task is pushed */
	RECORD_RUN,
	RECORD_WORKER,
	RECORD_SLOT,
	RECORD_ATTEMPT,
	RECORD_LEASE,
	RECORD_LEASE_MS,
	RECORD_BATCH,   /* those leased together, for one slot */
	RECORD_WAIT_MS, /* how long it may wait in ft-run for a slot */
	RECORD_STATUS,
	RECORD_RESULT,
	RECORD_REASON,
	RECORD_STARTED_MS,
	RECORD_FINISHED_MS,
	RECORD_DURATION_MS,
	RECORD_EXIT_CODE,
	RECORD_SIGNAL,
	RECORD_CPU_MS,
	RECORD_MAX_RSS_KB,
	RECORD_TESTS, /* object of numbers */
	RECORD_MESSAGE,
	RECORD_OUTPUT,
	RECORD_ARTIFACTS,
	RECORD_LEFT_OUT, /* bytes of the artifacts, for lack of room */
	RECORD_RERUN,
	RECORD_ATTEMPTS, /* array of objects: the earlier attempts */
	RECORD_PIECES,   /* of a divided spec, the same of each part */
	RECORD_LATE,     /* the same: results that came too late to count */
	RECORD_FIELDS
};

enum status {
	STATUS_NONE,
	STATUS_WAITING,
	STATUS_PROCESSING,
	STATUS_COMPLETE,
	STATUS_COUNT
};

enum result {
	RESULT_NONE,
	RESULT_UNKNOWN,
	RESULT_PASSED,
	RESULT_FAILED,
	RESULT_ERROR,
	RESULT_FLAKY,
	RESULT_CANCELLED,
	RESULT_COUNT
};

enum reason {
	REASON_NONE,
	REASON_TIMEOUT,
	REASON_SIGNAL,
	REASON_SPAWN,
	REASON_EXIT,
	REASON_NO_TESTS,
	REASON_NO_RESULT,
	REASON_BROWSER,
	REASON_CONFIG,
	REASON_INTERRUPTED,
	REASON_REFUSED,
	REASON_LOST,
	REASON_DRAIN,
	REASON_COUNT
};

struct record {
	cJSON *json;
};

/*
 * What a line must have besides an id; what it has must be of its type. Where
 * it goes to the queue its id is one line, and its run a run's name.
 */
enum record_need {
	RECORD_ANY,   /* nothing */
	RECORD_TASK,  /* something to run: a spec or a command */
	RECORD_LEASED /* run, attempt, lease and a status */
};

/*
 * The next good record: waiting for it, or (take) among the lines that
 * jsonl_fill has read. Bad ones are reported, counted and left out. NULL when
 * there is none. Free with record_free.
 */
struct record *record_next(struct jsonl *in, enum record_need need);
struct record *record_take(struct jsonl *in, enum record_need need);

/* Report the record read last as bad, at that field: as jsonl_reject. */
void record_reject(struct jsonl *in, enum field f, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

struct record *record_new(void);
struct record *record_wrap(cJSON *owned);      /* an object */
struct record *record_parse(const char *text); /* of our own; NULL: not JSON */
struct record *record_copy(const struct record *r);
void record_free(struct record *r);

/* Write one line. Nothing is flushed. */
void record_write(FILE *out, const struct record *r);
bool record_put(FILE *out, const struct record *r); /* as jsonl_put */
char *record_print(const struct record *r); /* the same as a string; free(3) */

bool record_has(const struct record *r, enum field f);
const char *record_text(const struct record *r, enum field f); /* NULL: none */
double record_number(const struct record *r, enum field f, double otherwise);
/* Rounded, and within RECORD_NUMBER_MAX. */
int64_t record_int(const struct record *r, enum field f, int64_t otherwise);
const cJSON *record_json(const struct record *r, enum field f); /* NULL: none */

void record_set_text(struct record *r, enum field f, const char *value);
void record_set_int(struct record *r, enum field f, int64_t value);
void record_set_json(struct record *r, enum field f, cJSON *owned);
void record_drop(struct record *r, enum field f);
/* Drop status, result and everything else that a run has added. */
void record_drop_state(struct record *r);

enum status record_status(const struct record *r);
enum result record_result(const struct record *r);
enum reason record_reason(const struct record *r);
void record_set_status(struct record *r, enum status s);
void record_set_result(struct record *r, enum result s);
void record_set_reason(struct record *r, enum reason s); /* NONE drops it */

/* "passed" and back; a word that is not one is NONE. NONE itself is "". */
const char *status_name(enum status s);
const char *result_name(enum result s);
const char *reason_name(enum reason s);
enum status status_of(const char *name);
enum result result_of(const char *name);
enum reason reason_of(const char *name);

/*
 * What attempts and late keep of an attempt: worker, slot, attempt, result,
 * reason, times, message and artifacts, as far as r has them. Free it.
 */
cJSON *record_attempt(const struct record *r);

const char *field_name(enum field f);
/* What a field expects, for a message; NULL when the value will do. */
const char *record_expects(enum field f, const cJSON *value);

#endif
