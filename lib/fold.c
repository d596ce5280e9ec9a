/* fold - the parts of a divided spec as one record again */
#include <stdlib.h>
#include <string.h>

#include "fold.h"
#include "json.h"
#include "mem.h"
#include "names.h"

struct whole {
	struct record **part; /* by number, from 0; NULL: not seen */
	int64_t parts, seen;
};

struct fold {
	struct names ids; /* of the wholes */
	struct whole *wholes;
	size_t room;
	struct record *last; /* what was returned */
};

struct fold *
fold_new(void)
{
	return mem_zalloc(1, sizeof(struct fold));
}

void
fold_free(struct fold *f)
{
	size_t i;
	int64_t k;

	if (f == NULL)
		return;
	for (i = 0; i < f->ids.count; i++) {
		for (k = 0; k < f->wholes[i].parts; k++)
			if (f->wholes[i].part[k] != NULL)
				record_free(f->wholes[i].part[k]);
		free(f->wholes[i].part);
	}
	if (f->last != NULL)
		record_free(f->last);
	names_free(&f->ids);
	free(f->wholes);
	free(f);
}

static struct whole *
whole_of(struct fold *f, const char *id, int64_t parts)
{
	size_t known = f->ids.count, i = names_add(&f->ids, id);

	if (i >= f->room) {
		f->room = f->room ? 2 * f->room : 16;
		f->wholes =
		    mem_realloc(f->wholes, f->room * sizeof(*f->wholes));
	}
	if (i == known)
		f->wholes[i] = (struct whole){.parts = parts,
		    .part = mem_zalloc((size_t)parts, sizeof(struct record *))};
	return &f->wholes[i];
}

/* The lower, the more it decides. */
static int
rank(const struct record *part)
{
	static const enum result order[] = {RESULT_FAILED, RESULT_ERROR,
	    RESULT_CANCELLED, RESULT_FLAKY, RESULT_PASSED};
	int i;

	for (i = 0; i < 5; i++)
		if (record_result(part) == order[i])
			break;
	return i;
}

static enum status
status_of_whole(const struct whole *w)
{
	int64_t k, complete = 0, begun = 0;
	enum status s;

	for (k = 0; k < w->parts; k++) {
		s = w->part[k] ? record_status(w->part[k]) : STATUS_WAITING;
		complete += s == STATUS_COMPLETE;
		begun += s == STATUS_COMPLETE || s == STATUS_PROCESSING;
	}
	if (complete == w->parts)
		return STATUS_COMPLETE;
	return begun > 0 ? STATUS_PROCESSING : STATUS_WAITING;
}

/* The part whose verdict, message and output are the whole's. */
static const struct record *
deciding(const struct whole *w, enum status status)
{
	const struct record *best = NULL;
	int64_t k;

	for (k = 0; k < w->parts; k++) {
		if (w->part[k] == NULL)
			continue;
		if (best == NULL || (status == STATUS_COMPLETE &&
					rank(w->part[k]) < rank(best)))
			best = w->part[k];
	}
	return best;
}

enum how { ADD, LEAST, MOST };

static void
number(struct record *r, const struct whole *w, enum field f, enum how how)
{
	int64_t k, all = -1, one;

	for (k = 0; k < w->parts; k++) {
		one = w->part[k] ? record_int(w->part[k], f, -1) : -1;
		if (one < 0)
			continue;
		if (all < 0)
			all = one;
		else if (how == ADD)
			all += one;
		else if ((how == LEAST) == (one < all))
			all = one;
	}
	if (all >= 0)
		record_set_int(r, f, all);
}

static void
add_tests(struct record *r, const struct whole *w)
{
	cJSON *all = cJSON_CreateObject(), *sum;
	const cJSON *one;
	int64_t k;

	for (k = 0; k < w->parts; k++)
		for (one = w->part[k] ? json_first(record_json(
					    w->part[k], RECORD_TESTS))
		                      : NULL;
		     one != NULL; one = one->next) {
			sum =
			    cJSON_GetObjectItemCaseSensitive(all, one->string);
			if (sum != NULL)
				cJSON_SetNumberValue(
				    sum, sum->valuedouble + one->valuedouble);
			else
				cJSON_AddNumberToObject(
				    all, one->string, one->valuedouble);
		}
	if (all->child != NULL)
		record_set_json(r, RECORD_TESTS, all);
	else
		cJSON_Delete(all);
}

/* One list of all the parts' lists of attempts. */
static void
join(struct record *r, const struct whole *w, enum field f)
{
	cJSON *all = cJSON_CreateArray();
	const cJSON *one;
	int64_t k;

	for (k = 0; k < w->parts; k++)
		for (one = w->part[k] ? json_first(record_json(w->part[k], f))
		                      : NULL;
		     one != NULL; one = one->next)
			cJSON_AddItemToArray(all, cJSON_Duplicate(one, 1));
	if (all->child != NULL)
		record_set_json(r, f, all);
	else
		cJSON_Delete(all);
}

/* How far a part is; NULL: it was not seen. */
static cJSON *
piece(const struct record *part, int64_t number)
{
	enum status status = part ? record_status(part) : STATUS_NONE;
	bool began = status == STATUS_PROCESSING || status == STATUS_COMPLETE;
	struct record p = {began ? record_attempt(part) : cJSON_CreateObject()};
	int64_t expected_ms;

	record_set_int(&p, RECORD_PART, number);
	record_set_status(&p, began ? status : STATUS_WAITING);
	expected_ms = part ? record_int(part, RECORD_EXPECTED_MS, -1) : -1;
	if (expected_ms >= 0)
		record_set_int(&p, RECORD_EXPECTED_MS, expected_ms);
	return p.json;
}

static void
set_pieces(struct record *r, const struct whole *w)
{
	cJSON *all = cJSON_CreateArray();
	int64_t k;

	for (k = 0; k < w->parts; k++)
		cJSON_AddItemToArray(all, piece(w->part[k], k + 1));
	record_set_json(r, RECORD_PIECES, all);
}

static struct record *
folded(const struct whole *w)
{
	static const enum field own[] = {RECORD_WHOLE, RECORD_PART,
	    RECORD_PARTS, RECORD_LEASE, RECORD_LEASE_MS};
	enum status status = status_of_whole(w);
	const struct record *part = deciding(w, status);
	struct record *r = record_copy(part);
	size_t i;

	record_set_text(r, RECORD_ID, record_text(part, RECORD_WHOLE));
	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		record_drop(r, own[i]);
	record_set_status(r, status);
	if (status != STATUS_COMPLETE) {
		record_set_result(r, RESULT_UNKNOWN);
		record_set_reason(r, REASON_NONE);
		record_drop(r, RECORD_FINISHED_MS);
	} else
		number(r, w, RECORD_FINISHED_MS, MOST);
	number(r, w, RECORD_STARTED_MS, LEAST);
	number(r, w, RECORD_DURATION_MS, ADD);
	number(r, w, RECORD_EXPECTED_MS, ADD);
	number(r, w, RECORD_CPU_MS, ADD);
	number(r, w, RECORD_MAX_RSS_KB, MOST);
	number(r, w, RECORD_ATTEMPT, MOST);
	add_tests(r, w);
	join(r, w, RECORD_ATTEMPTS);
	join(r, w, RECORD_LATE);
	set_pieces(r, w);
	return r;
}

const struct record *
fold_add(struct fold *f, const struct record *r)
{
	const char *id = record_text(r, RECORD_WHOLE);
	int64_t part = record_int(r, RECORD_PART, 0);
	int64_t parts = record_int(r, RECORD_PARTS, 0);
	struct whole *w;

	if (id == NULL || part < 1 || part > parts || parts > RECORD_PARTS_MAX)
		return r;
	w = whole_of(f, id, parts);
	if (w->parts != parts)
		return r;
	if (w->part[part - 1] != NULL)
		record_free(w->part[part - 1]);
	else
		w->seen++;
	w->part[part - 1] = record_copy(r);
	if (w->seen < parts)
		return NULL;
	if (f->last != NULL)
		record_free(f->last);
	f->last = folded(w);
	return f->last;
}

void
fold_rest(struct fold *f, void (*each)(const struct record *whole))
{
	struct record *r;
	size_t i;

	for (i = 0; i < f->ids.count; i++) {
		if (f->wholes[i].seen == f->wholes[i].parts)
			continue;
		r = folded(&f->wholes[i]);
		each(r);
		record_free(r);
	}
}
