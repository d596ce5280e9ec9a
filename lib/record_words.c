/* record_words - the fields of a record, their words, and what each expects */
#include <math.h>
#include <string.h>

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
    [RECORD_WAIT_MS] = {"wait_ms", NUMBER},
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

static bool
all(const cJSON *list, cJSON_bool (*is)(const cJSON *))
{
	const cJSON *item;

	for (item = list->child; item != NULL; item = item->next)
		if (!is(item))
			return false;
	return true;
}

/* What a double holds to the last digit. */
static cJSON_bool
is_count(const cJSON *value)
{
	return cJSON_IsNumber(value) &&
	       fabs(value->valuedouble) <= RECORD_NUMBER_MAX;
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
		return cJSON_IsObject(value) && all(value, is_count)
		           ? NULL
		           : "an object of numbers of at most 2^53";
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

	if (expected == NULL)
		expected = out_of_range(f, value);
	if (expected == NULL && cJSON_IsNumber(value) && !is_count(value))
		expected = "a number of at most 2^53";
	return expected;
}
