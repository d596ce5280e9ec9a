/* sim - a run's tasks played again on other slots, in another order */
#include <stdlib.h>

#include "mem.h"
#include "names.h"
#include "sim.h"
#include "sim_play.h"
#include "split.h"

/* Where and when the last attempt of a task ran. */
struct stay {
	size_t slot;
	int64_t from_ms, to_ms;
};

struct sim {
	struct names ids, wholes, slots;
	struct sim_task *tasks; /* by the number of their id */
	int64_t *parts;         /* of each whole, in its newest division */
	struct stay *stays;
	size_t stay_count, room, parts_room, stay_room;
};

struct sim *
sim_new(void)
{
	return mem_zalloc(1, sizeof(struct sim));
}

void
sim_free(struct sim *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->ids.count; i++)
		free(s->tasks[i].earlier_ms);
	names_free(&s->ids);
	names_free(&s->wholes);
	names_free(&s->slots);
	free(s->parts);
	free(s->tasks);
	free(s->stays);
	free(s);
}

static struct sim_task *
task_of(struct sim *s, const char *id)
{
	size_t known = s->ids.count, at = names_add(&s->ids, id);
	struct sim_task *t;

	if (at >= s->room) {
		s->room = s->room ? s->room * 2 : 256;
		s->tasks = mem_realloc(s->tasks, s->room * sizeof(*s->tasks));
	}
	t = &s->tasks[at];
	if (at < known)
		free(t->earlier_ms);
	*t = (struct sim_task){
	    .last_ms = -1, .expected_ms = -1, .weight = -1, .place = at};
	return t;
}

/* Of which spec it is, in how many parts; newest: no other division counts. */
static void
divide(struct sim *s, struct sim_task *t, const char *whole, int64_t parts,
    bool newest)
{
	size_t known = s->wholes.count;

	t->whole = names_add(&s->wholes, whole);
	t->parts = parts;
	if (t->whole >= s->parts_room) {
		s->parts_room = s->parts_room ? s->parts_room * 2 : 256;
		s->parts =
		    mem_realloc(s->parts, s->parts_room * sizeof(*s->parts));
	}
	if (newest || t->whole == known)
		s->parts[t->whole] = parts;
}

static int64_t
bounded(int64_t ms)
{
	return ms < SIM_TIME_MAX_MS ? ms : SIM_TIME_MAX_MS;
}

static int64_t
time_of(const struct record *r)
{
	int64_t ms = record_int(r, RECORD_DURATION_MS, -1);

	return bounded(ms >= 0 ? ms : record_int(r, RECORD_EXPECTED_MS, -1));
}

/*
 * The earlier attempts that ended by themselves have taken a slot's time. Of
 * a divided spec they are in one list, and whose each was is not known: the
 * parts take them in turn.
 */
static void
add_earlier(
    struct sim_task *t, const struct record *r, int64_t part, int64_t parts)
{
	const cJSON *list = record_json(r, RECORD_ATTEMPTS);
	int64_t own = record_int(r, RECORD_ATTEMPT, INT64_MAX), ms, turn = 0;
	struct record a;

	for (a.json = list ? list->child : NULL; a.json;
	     a.json = a.json->next) {
		ms = record_int(&a, RECORD_DURATION_MS, -1);
		if (ms < 0 || record_int(&a, RECORD_ATTEMPT, 0) >= own ||
		    turn++ % parts != part)
			continue;
		t->earlier_ms = mem_realloc(
		    t->earlier_ms, (t->earlier + 1) * sizeof(*t->earlier_ms));
		t->earlier_ms[t->earlier++] = bounded(ms);
	}
}

static void
add_stay(struct sim *s, const struct record *r)
{
	const char *worker = record_text(r, RECORD_WORKER);
	int64_t from = record_int(r, RECORD_STARTED_MS, -1);
	int64_t ms = record_int(r, RECORD_DURATION_MS, -1);
	char *slot;

	if (worker == NULL || from < 0 || ms < 0)
		return;
	if (s->stay_count == s->stay_room) {
		s->stay_room = s->stay_room ? s->stay_room * 2 : 256;
		s->stays =
		    mem_realloc(s->stays, s->stay_room * sizeof(*s->stays));
	}
	slot = mem_printf(
	    "%lld %s", (long long)record_int(r, RECORD_SLOT, 0), worker);
	s->stays[s->stay_count++] =
	    (struct stay){names_add(&s->slots, slot), from, from + ms};
	free(slot);
}

static struct sim_task *
add_one(struct sim *s, const char *id, const struct record *r)
{
	struct sim_task *t = task_of(s, id);

	t->last_ms = time_of(r);
	t->expected_ms = bounded(record_int(r, RECORD_EXPECTED_MS, -1));
	t->weight = record_int(r, RECORD_WEIGHT, -1);
	t->priority = record_int(r, RECORD_PRIORITY, 0);
	if (record_status(r) == STATUS_COMPLETE)
		add_stay(s, r);
	return t;
}

static void
add_parts(struct sim *s, const struct record *r, const cJSON *list)
{
	int64_t parts = cJSON_GetArraySize(list), k = 0;
	const char *whole = record_text(r, RECORD_ID);
	struct sim_task *t;
	struct record part;
	char *id;

	for (part.json = list->child; part.json; part.json = part.json->next) {
		id = split_id(whole, k + 1, parts);
		t = add_one(s, id, &part);
		t->priority = record_int(r, RECORD_PRIORITY, 0);
		add_earlier(t, r, k++, parts);
		divide(s, t, whole, parts, true);
		free(id);
	}
}

void
sim_add(struct sim *s, const struct record *r)
{
	const char *id = record_text(r, RECORD_ID);
	const char *whole = record_text(r, RECORD_WHOLE);
	const cJSON *parts = record_json(r, RECORD_PIECES);
	struct sim_task *t;

	if (parts != NULL && parts->child != NULL) {
		add_parts(s, r, parts);
		return;
	}
	t = add_one(s, id, r);
	add_earlier(t, r, 0, 1);
	divide(s, t, whole ? whole : id, record_int(r, RECORD_PARTS, 1), true);
}

void
sim_add_time(struct sim *s, const char *id, int64_t ms)
{
	struct sim_task *t = task_of(s, id);
	int64_t parts;
	char *whole = mem_strndup(id, split_whole(id, &parts));

	t->last_ms = t->expected_ms = bounded(ms);
	divide(s, t, whole, parts, parts == 1);
	free(whole);
}

void
sim_play(struct sim *s, const struct sim_plan *plan, struct sim_outcome *o)
{
	size_t i;

	for (i = 0; i < s->ids.count; i++)
		s->tasks[i].replaced =
		    s->parts[s->tasks[i].whole] != s->tasks[i].parts;
	sim_play_tasks(s->tasks, s->ids.count, plan, o);
}

static int
by_slot(const void *a, const void *b)
{
	const struct stay *x = a, *y = b;

	if (x->slot != y->slot)
		return x->slot < y->slot ? -1 : 1;
	return (x->from_ms > y->from_ms) - (x->from_ms < y->from_ms);
}

static int
by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

int64_t
sim_gap_ms(const struct sim *s)
{
	size_t i, count = 0;
	int64_t *gaps, median;

	if (s->stay_count < 2)
		return 0;
	qsort(s->stays, s->stay_count, sizeof(*s->stays), by_slot);
	gaps = mem_alloc(s->stay_count * sizeof(*gaps));
	for (i = 1; i < s->stay_count; i++)
		if (s->stays[i].slot == s->stays[i - 1].slot &&
		    s->stays[i].from_ms >= s->stays[i - 1].to_ms)
			gaps[count++] =
			    s->stays[i].from_ms - s->stays[i - 1].to_ms;
	qsort(gaps, count, sizeof(*gaps), by_size);
	median = count > 0 ? gaps[count / 2] : 0;
	free(gaps);
	return median;
}
