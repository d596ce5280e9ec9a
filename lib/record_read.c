/* record_read - the records of a stream that are fit for what they are for */
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>

#include "mem.h"
#include "opt.h"
#include "record.h"

void
record_reject(struct jsonl *in, enum field f, const char *format, ...)
{
	char *pointer = mem_printf("/%s", field_name(f)), *what;
	va_list ap;

	va_start(ap, format);
	what = mem_vprintf(format, ap);
	va_end(ap);
	jsonl_reject(in, pointer, "%s", what);
	free(pointer);
	free(what);
}

static bool
well_typed(struct jsonl *in, const struct record *r)
{
	const cJSON *value;
	const char *expected;
	enum field f;

	for (f = 0; f < RECORD_FIELDS; f++) {
		value = record_json(r, f);
		if (value == NULL)
			continue;
		expected = record_expects(f, value);
		if (expected == NULL)
			continue;
		record_reject(
		    in, f, "%s: expected %s", field_name(f), expected);
		return false;
	}
	return true;
}

/* The first field that the need asks for and r lacks; FIELDS: none. */
static enum field
lacking(const struct record *r, enum record_need need)
{
	static const enum field leased[] = {
	    RECORD_RUN, RECORD_ATTEMPT, RECORD_LEASE, RECORD_STATUS};
	size_t i;

	if (!record_has(r, RECORD_ID))
		return RECORD_ID;
	if (need == RECORD_TASK && !record_has(r, RECORD_SPEC) &&
	    !record_has(r, RECORD_COMMAND))
		return RECORD_SPEC;
	for (i = 0; need == RECORD_LEASED && i < 4; i++)
		if (!record_has(r, leased[i]))
			return leased[i];
	return RECORD_FIELDS;
}

static bool
one_line(const char *s)
{
	for (; *s != '\0'; s++)
		if (iscntrl((unsigned char)*s))
			return false;
	return true;
}

/* The queue makes keys of runs and ids, and its notes to a popper are lines. */
static bool
fit_for_queue(struct jsonl *in, const struct record *r, enum record_need need)
{
	if (need != RECORD_ANY && !one_line(record_text(r, RECORD_ID)))
		record_reject(
		    in, RECORD_ID, "id: expected no control characters");
	else if (need == RECORD_LEASED &&
		 !opt_is_name(record_text(r, RECORD_RUN)))
		record_reject(in, RECORD_RUN,
		    "run: expected 1 to 64 of A-Z a-z 0-9 . _ -");
	else
		return true;
	return false;
}

/* Owns json. */
static struct record *
checked(struct jsonl *in, cJSON *json, enum record_need need)
{
	struct record *r = record_wrap(json);
	enum field missing = lacking(r, need);

	if (missing != RECORD_FIELDS)
		jsonl_reject(
		    in, "", "expected a field %s", field_name(missing));
	else if (well_typed(in, r) && fit_for_queue(in, r, need))
		return r;
	record_free(r);
	return NULL;
}

static struct record *
first_good(
    struct jsonl *in, enum record_need need, cJSON *(*get)(struct jsonl *))
{
	struct record *r = NULL;
	cJSON *json;

	while (r == NULL && (json = get(in)) != NULL)
		r = checked(in, json, need);
	return r;
}

struct record *
record_next(struct jsonl *in, enum record_need need)
{
	return first_good(in, need, jsonl_next);
}

struct record *
record_take(struct jsonl *in, enum record_need need)
{
	return first_good(in, need, jsonl_take);
}
