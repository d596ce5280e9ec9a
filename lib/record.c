/* record - the task record, the one kind of line that flows */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "opt.h"
#include "record.h"

enum type {
	TEXT,    /* a string */
	WORD,    /* a string that is not empty */
	NUMBER,  /* a number of at least 0 */
	INTEGER, /* a whole number */
	TEXTS,   /* an array of strings */
	PAIRS,   /* an object of strings */
	COUNTS,  /* an object of numbers */
	OBJECT,  /* an object */
	OBJECTS  /* an array of objects */
};

static const struct {
	const char *name;
	enum type type;
} fields[RECORD_FIELDS] = {
    [RECORD_ID] = {"id", WORD},
    [RECORD_GROUP] = {"group", TEXT},
    [RECORD_SPEC] = {"spec", WORD},
    [RECORD_VIEWPORT] = {"viewport", TEXT},
    [RECORD_BROWSER] = {"browser", TEXT},
    [RECORD_RUNNER] = {"runner", WORD},
    [RECORD_COMMAND] = {"command", TEXTS},
    [RECORD_ENV] = {"env", PAIRS},
    [RECORD_TAGS] = {"tags", TEXTS},
    [RECORD_RETRIES] = {"retries", INTEGER},
    [RECORD_TIMEOUT] = {"timeout", NUMBER},
    [RECORD_PRIORITY] = {"priority", INTEGER},
    [RECORD_SPLIT] = {"split", INTEGER},
    [RECORD_WHOLE] = {"whole", WORD},
    [RECORD_PART] = {"part", INTEGER},
    [RECORD_PARTS] = {"parts", INTEGER},
    [RECORD_SHARE] = {"share", WORD},
    [RECORD_EXPECTED_MS] = {"expected_ms", NUMBER},
    [RECORD_WEIGHT] = {"weight", NUMBER},
    [RECORD_DROPPED_BY] = {"dropped_by", OBJECT},
    [RECORD_RUN] = {"run", WORD},
    [RECORD_WORKER] = {"worker", TEXT},
    [RECORD_SLOT] = {"slot", NUMBER},
    [RECORD_ATTEMPT] = {"attempt", NUMBER},
    [RECORD_LEASE] = {"lease", WORD},
    [RECORD_LEASE_MS] = {"lease_ms", NUMBER},
    [RECORD_BATCH] = {"batch", WORD},
    [RECORD_STATUS] = {"status", WORD},
    [RECORD_RESULT] = {"result", WORD},
    [RECORD_REASON] = {"reason", WORD},
    [RECORD_STARTED_MS] = {"started_ms", NUMBER},
    [RECORD_FINISHED_MS] = {"finished_ms", NUMBER},
    [RECORD_DURATION_MS] = {"duration_ms", NUMBER},
    [RECORD_EXIT_CODE] = {"exit_code", INTEGER},
    [RECORD_SIGNAL] = {"signal", INTEGER},
    [RECORD_CPU_MS] = {"cpu_ms", NUMBER},
    [RECORD_MAX_RSS_KB] = {"max_rss_kb", NUMBER},
    [RECORD_TESTS] = {"tests", COUNTS},
    [RECORD_MESSAGE] = {"message", TEXT},
    [RECORD_OUTPUT] = {"output", TEXT},
    [RECORD_ARTIFACTS] = {"artifacts", TEXT},
    [RECORD_LEFT_OUT] = {"left_out", NUMBER},
    [RECORD_RERUN] = {"rerun", TEXT},
    [RECORD_ATTEMPTS] = {"attempts", OBJECTS},
    [RECORD_PIECES] = {"pieces", OBJECTS},
    [RECORD_LATE] = {"late", OBJECTS},
};

static const char *const statuses[STATUS_COUNT] = {
    "", "waiting", "processing", "complete"};
static const char *const results[RESULT_COUNT] = {
    "", "unknown", "passed", "failed", "error", "flaky", "cancelled"};
static const char *const reasons[REASON_COUNT] = {"", "timeout", "signal",
    "spawn", "exit", "no-tests", "no-result", "browser", "config",
    "interrupted", "refused", "lost", "drain"};

static int
word(const char *const *words, int count, const char *name)
{
	int i;

	for (i = 1; i < count; i++)
		if (strcmp(words[i], name) == 0)
			return i;
	return 0;
}

const char *
field_name(enum field f)
{
	return fields[f].name;
}

const char *
status_name(enum status s)
{
	return statuses[s];
}

const char *
result_name(enum result s)
{
	return results[s];
}

const char *
reason_name(enum reason s)
{
	return reasons[s];
}

enum status
status_of(const char *name)
{
	return (enum status)word(statuses, STATUS_COUNT, name);
}

enum result
result_of(const char *name)
{
	return (enum result)word(results, RESULT_COUNT, name);
}

enum reason
reason_of(const char *name)
{
	return (enum reason)word(reasons, REASON_COUNT, name);
}

static struct record *
wrap(cJSON *json)
{
	struct record *r = mem_alloc(sizeof(*r));

	r->json = json;
	return r;
}

struct record *
record_new(void)
{
	return wrap(cJSON_CreateObject());
}

struct record *
record_parse(const char *text)
{
	cJSON *json = cJSON_Parse(text);

	if (cJSON_IsObject(json))
		return wrap(json);
	cJSON_Delete(json);
	return NULL;
}

struct record *
record_copy(const struct record *r)
{
	return wrap(cJSON_Duplicate(r->json, 1));
}

void
record_free(struct record *r)
{
	if (r == NULL)
		return;
	cJSON_Delete(r->json);
	free(r);
}

void
record_write(FILE *out, const struct record *r)
{
	jsonl_write(out, r->json);
}

char *
record_print(const struct record *r)
{
	return cJSON_PrintBuffered(r->json, 1024, 0);
}

static cJSON *
get(const struct record *r, enum field f)
{
	const char *name = fields[f].name;
	cJSON *c;

	/* an element of attempts may be anything */
	if (!cJSON_IsObject(r->json))
		return NULL;
	for (c = r->json->child; c != NULL; c = c->next)
		if (*c->string == *name && strcmp(c->string, name) == 0)
			return c;
	return NULL;
}

bool
record_has(const struct record *r, enum field f)
{
	return get(r, f) != NULL;
}

const char *
record_text(const struct record *r, enum field f)
{
	return cJSON_GetStringValue(get(r, f));
}

double
record_number(const struct record *r, enum field f, double otherwise)
{
	const cJSON *value = get(r, f);

	return cJSON_IsNumber(value) ? value->valuedouble : otherwise;
}

int64_t
record_int(const struct record *r, enum field f, int64_t otherwise)
{
	return llround(record_number(r, f, (double)otherwise));
}

const cJSON *
record_json(const struct record *r, enum field f)
{
	return get(r, f);
}

void
record_set_json(struct record *r, enum field f, cJSON *owned)
{
	const char *name = fields[f].name;

	if (get(r, f) != NULL)
		cJSON_ReplaceItemInObjectCaseSensitive(r->json, name, owned);
	else
		cJSON_AddItemToObject(r->json, name, owned);
}

void
record_set_text(struct record *r, enum field f, const char *value)
{
	record_set_json(r, f, cJSON_CreateString(value));
}

void
record_set_int(struct record *r, enum field f, int64_t value)
{
	record_set_json(r, f, cJSON_CreateNumber((double)value));
}

void
record_drop(struct record *r, enum field f)
{
	cJSON_DeleteItemFromObjectCaseSensitive(r->json, fields[f].name);
}

void
record_drop_state(struct record *r)
{
	enum field f;

	for (f = RECORD_RUN; f < RECORD_FIELDS; f++)
		record_drop(r, f);
}

enum status
record_status(const struct record *r)
{
	const char *s = record_text(r, RECORD_STATUS);

	return s ? status_of(s) : STATUS_NONE;
}

enum result
record_result(const struct record *r)
{
	const char *s = record_text(r, RECORD_RESULT);

	return s ? result_of(s) : RESULT_NONE;
}

enum reason
record_reason(const struct record *r)
{
	const char *s = record_text(r, RECORD_REASON);

	return s ? reason_of(s) : REASON_NONE;
}

void
record_set_status(struct record *r, enum status s)
{
	record_set_text(r, RECORD_STATUS, status_name(s));
}

void
record_set_result(struct record *r, enum result s)
{
	record_set_text(r, RECORD_RESULT, result_name(s));
}

void
record_set_reason(struct record *r, enum reason s)
{
	if (s == REASON_NONE)
		record_drop(r, RECORD_REASON);
	else
		record_set_text(r, RECORD_REASON, reason_name(s));
}

cJSON *
record_attempt(const struct record *r)
{
	static const enum field kept[] = {RECORD_ATTEMPT, RECORD_WORKER,
	    RECORD_SLOT, RECORD_RESULT, RECORD_REASON, RECORD_STARTED_MS,
	    RECORD_FINISHED_MS, RECORD_DURATION_MS, RECORD_EXIT_CODE,
	    RECORD_SIGNAL, RECORD_MESSAGE, RECORD_ARTIFACTS};
	cJSON *attempt = cJSON_CreateObject(), *value;
	size_t i;

	for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		value = get(r, kept[i]);
		if (value != NULL)
			cJSON_AddItemToObject(attempt, fields[kept[i]].name,
			    cJSON_Duplicate(value, 1));
	}
	return attempt;
}

static bool
all(const cJSON *list, cJSON_bool (*is)(const cJSON *))
{
	const cJSON *item;

	for (item = list->child; item != NULL; item = item->next)
		if (!is(item))
			return false;
	return true;
}

static bool
whole(const cJSON *value)
{
	return cJSON_IsNumber(value) &&
	       value->valuedouble == trunc(value->valuedouble);
}

/* NULL when the value is of the type; else what was expected. */
static const char *
mistyped(enum type type, const cJSON *value)
{
	switch (type) {
	case TEXT:
		return cJSON_IsString(value) ? NULL : "a string";
	case WORD:
		return cJSON_IsString(value) && *value->valuestring != '\0'
		           ? NULL
		           : "a string that is not empty";
	case NUMBER:
		return cJSON_IsNumber(value) && value->valuedouble >= 0
		           ? NULL
		           : "a number of at least 0";
	case INTEGER:
		return whole(value) ? NULL : "a whole number";
	case TEXTS:
		return cJSON_IsArray(value) && all(value, cJSON_IsString)
		           ? NULL
		           : "an array of strings";
	case PAIRS:
		return cJSON_IsObject(value) && all(value, cJSON_IsString)
		           ? NULL
		           : "an object of strings";
	case COUNTS:
		return cJSON_IsObject(value) && all(value, cJSON_IsNumber)
		           ? NULL
		           : "an object of numbers";
	case OBJECT:
		return cJSON_IsObject(value) ? NULL : "an object";
	case OBJECTS:
		return cJSON_IsArray(value) && all(value, cJSON_IsObject)
		           ? NULL
		           : "an array of objects";
	}
	return NULL;
}

/* The rules that a type alone does not tell. */
static const char *
out_of_range(enum field f, const cJSON *value)
{
	const char *s = value->valuestring;
	double n = value->valuedouble;

	switch (f) {
	case RECORD_ID:
		return strlen(s) <= RECORD_ID_MAX ? NULL : "at most 1024 bytes";
	case RECORD_STATUS:
		return status_of(s) ? NULL : "waiting, processing or complete";
	case RECORD_RESULT:
		return result_of(s) ? NULL
		                    : "unknown, passed, failed, error, flaky "
		                      "or cancelled";
	case RECORD_REASON:
		return reason_of(s)
		           ? NULL
		           : "one of the reasons that funkytown(7) lists";
	case RECORD_RETRIES:
		return n >= 0 && n <= RECORD_RETRIES_MAX
		           ? NULL
		           : "a number from 0 to 100";
	case RECORD_PRIORITY:
		return fabs(n) <= RECORD_PRIORITY_MAX
		           ? NULL
		           : "a number from -1000 to 1000";
	case RECORD_COMMAND:
		return value->child && *value->child->valuestring
		           ? NULL
		           : "an array that begins with a program";
	default:
		return NULL;
	}
}

const char *
record_expects(enum field f, const cJSON *value)
{
	const char *expected = mistyped(fields[f].type, value);

	return expected ? expected : out_of_range(f, value);
}

static bool
well_typed(struct jsonl *in, const struct record *r)
{
	const cJSON *value;
	const char *expected;
	char *pointer;
	enum field f;

	for (f = 0; f < RECORD_FIELDS; f++) {
		value = get(r, f);
		if (value == NULL)
			continue;
		expected = record_expects(f, value);
		if (expected == NULL)
			continue;
		pointer = mem_printf("/%s", fields[f].name);
		jsonl_reject(
		    in, pointer, "%s: expected %s", fields[f].name, expected);
		free(pointer);
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
		jsonl_reject(in, "/id", "id: expected no control characters");
	else if (need == RECORD_LEASED &&
		 !opt_is_name(record_text(r, RECORD_RUN)))
		jsonl_reject(
		    in, "/run", "run: expected 1 to 64 of A-Z a-z 0-9 . _ -");
	else
		return true;
	return false;
}

/* Owns json. */
static struct record *
checked(struct jsonl *in, cJSON *json, enum record_need need)
{
	struct record *r = wrap(json);
	enum field missing = lacking(r, need);

	if (missing != RECORD_FIELDS)
		jsonl_reject(
		    in, "", "expected a field %s", fields[missing].name);
	else if (well_typed(in, r) && fit_for_queue(in, r, need))
		return r;
	record_free(r);
	return NULL;
}

struct record *
record_next(struct jsonl *in, enum record_need need)
{
	struct record *r = NULL;
	cJSON *json;

	while (r == NULL && (json = jsonl_next(in)) != NULL)
		r = checked(in, json, need);
	return r;
}

struct record *
record_take(struct jsonl *in, enum record_need need)
{
	struct record *r = NULL;
	cJSON *json;

	while (r == NULL && (json = jsonl_take(in)) != NULL)
		r = checked(in, json, need);
	return r;
}
