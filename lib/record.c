/* record - a task record as an object: make it, read it, set its fields */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "record.h"

struct record *
record_wrap(cJSON *json)
{
	struct record *r = mem_alloc(sizeof(*r));

	r->json = json;
	return r;
}

struct record *
record_new(void)
{
	return record_wrap(cJSON_CreateObject());
}

struct record *
record_parse(const char *text)
{
	cJSON *json = cJSON_Parse(text);

	if (cJSON_IsObject(json))
		return record_wrap(json);
	cJSON_Delete(json);
	return NULL;
}

struct record *
record_copy(const struct record *r)
{
	return record_wrap(cJSON_Duplicate(r->json, 1));
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

bool
record_put(FILE *out, const struct record *r)
{
	return jsonl_put(out, r->json);
}

char *
record_print(const struct record *r)
{
	return jsonl_print(r->json);
}

static cJSON *
get(const struct record *r, enum field f)
{
	const char *name = field_name(f);
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
	const cJSON *value = get(r, f);

	if (!cJSON_IsNumber(value))
		return otherwise;
	return llround(fmax(
	    -RECORD_NUMBER_MAX, fmin(RECORD_NUMBER_MAX, value->valuedouble)));
}

const cJSON *
record_json(const struct record *r, enum field f)
{
	return get(r, f);
}

void
record_set_json(struct record *r, enum field f, cJSON *owned)
{
	const char *name = field_name(f);

	if (get(r, f) != NULL)
		cJSON_ReplaceItemInObjectCaseSensitive(r->json, name, owned);
	else
		cJSON_AddItemToObjectCS(r->json, name, owned);
}

void
record_set_text(struct record *r, enum field f, const char *value)
{
	cJSON *old = get(r, f);

	if (!cJSON_IsString(old) || cJSON_SetValuestring(old, value) == NULL)
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
	cJSON_DeleteItemFromObjectCaseSensitive(r->json, field_name(f));
}

void
record_drop_state(struct record *r)
{
	enum field f;

	for (f = RECORD_RUN; f < RECORD_FIELDS; f++)
		if (record_has(r, f))
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
			cJSON_AddItemToObject(attempt, field_name(kept[i]),
			    cJSON_Duplicate(value, 1));
	}
	return attempt;
}
