/*
 * verdict - what an attempt's result file says
 *
 * Exit statuses lie: every framework exits with 1 for a failed test and for a
 * dozen other troubles. So a reader for each format of result file decides,
 * and the exit status only sharpens it. The reasons of a runner's entry tell
 * known troubles by their text.
 */
#ifndef VERDICT_H
#define VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "mem.h"
#include "record.h"

struct verdict {
	enum result result; /* NONE: not reached yet */
	enum reason reason;
	bool counted; /* the numbers of tests are known */
	long passed, failed, skipped, flaky;
	struct buf message; /* as the runner wrote it */
};

struct evidence {
	const char *text;     /* the result file, ends with a NUL */
	const char *spec;     /* absolute path; "" when the task has none */
	const char *output;   /* the end of what it printed, plain */
	int exit_code;        /* -1: a signal ended it */
	const cJSON *reasons; /* reason name to regular expressions, or NULL */
};

/*
 * The readers: set *v from the evidence. False when the text is not what the
 * format promises.
 */
typedef bool verdict_reader(const struct evidence *e, struct verdict *v);
verdict_reader verdict_playwright, verdict_mocha, verdict_cypress,
    verdict_junit;

/* The reader of a format; NULL when there is none of that name. */
verdict_reader *verdict_reader_of(const char *format);

/* The reason whose regular expressions a text matches; NONE when none do. */
enum reason verdict_reason(const cJSON *reasons, const char *text);

/* The lines of output from the first that a reason explains, else all. */
const char *verdict_excerpt(const cJSON *reasons, const char *output);

/* An error with a reason. The message is only set when there is none yet. */
void verdict_error(struct verdict *v, enum reason why, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * What the readers share once the tests are counted: failed when a test has,
 * else flaky, else passed when a test passed or was skipped, else no-tests;
 * and error when the exit status contradicts.
 */
void verdict_by_counts(const struct evidence *e, struct verdict *v);

/*
 * One more failing test: keeps the first one's name and message. A message
 * that the reason browser or signal explains makes the whole an error; other
 * reasons do not apply, for a page may well answer "SyntaxError".
 */
void verdict_failure(const struct evidence *e, struct verdict *v,
    const char *name, const char *message);

/* A trouble outside of any test: an error, with the reason that explains it. */
void verdict_trouble(const struct evidence *e, struct verdict *v,
    const char *message, enum reason otherwise);

/* A number in a JSON object, 0 without one. */
long verdict_number(const cJSON *object, const char *name);

/*
 * JSON from a result file: without the members that only repeat the output
 * or the settings, and with U+FFFD for what no string here can hold.
 */
cJSON *verdict_json(const char *text);

#endif
