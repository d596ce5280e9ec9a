/* sim_play - list scheduling of tasks whose times are known */
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "sim_play.h"

/* A task or a part of one, which a slot takes as a whole. */
struct piece {
	const struct sim_task *task;
	int64_t ms;
	size_t ended; /* of the task's earlier attempts */
};

/* A binary heap, the least first. */
struct heap {
	struct cell {
		int64_t key;
		size_t piece;
	} * cells;
	size_t count;
};

static const char *const names[SIM_ORDERS] = {
    "longest", "pushed", "map", "random", "shards"};

const char *
sim_order_name(enum sim_order o)
{
	return names[o];
}

enum sim_order
sim_order_of(const char *name)
{
	enum sim_order o;

	for (o = 0; o < SIM_ORDERS && strcmp(names[o], name) != 0; o++)
		;
	return o;
}

static void
heap_put(struct heap *h, int64_t key, size_t piece)
{
	size_t at = h->count++;

	for (; at > 0 && h->cells[(at - 1) / 2].key > key; at = (at - 1) / 2)
		h->cells[at] = h->cells[(at - 1) / 2];
	h->cells[at] = (struct cell){key, piece};
}

static struct cell
heap_take(struct heap *h)
{
	struct cell least = h->cells[0], last = h->cells[--h->count];
	size_t at = 0, child;

	while ((child = 2 * at + 1) < h->count) {
		if (child + 1 < h->count &&
		    h->cells[child + 1].key < h->cells[child].key)
			child++;
		if (h->cells[child].key >= last.key)
			break;
		h->cells[at] = h->cells[child];
		at = child;
	}
	h->cells[at] = last;
	return least;
}

static int
compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int
by_length(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;
	int order = compare(y->task->priority, x->task->priority);

	if (order == 0)
		order = compare(y->ms, x->ms);
	return order
	           ? order
	           : compare((int64_t)x->task->place, (int64_t)y->task->place);
}

/* Unknown ones first, then the heavy, then those expected to be long. */
static int64_t
band(const struct sim_task *t)
{
	return t->expected_ms >= 0 ? 2 : t->weight >= 0;
}

static int
by_push(const void *a, const void *b)
{
	const struct sim_task *x = ((const struct piece *)a)->task;
	const struct sim_task *y = ((const struct piece *)b)->task;
	int order = compare(y->priority, x->priority);

	if (order == 0)
		order = compare(band(x), band(y));
	if (order == 0)
		order = compare(y->expected_ms, x->expected_ms);
	if (order == 0 && band(x) == 1)
		order = compare(y->weight, x->weight);
	return order ? order : compare((int64_t)x->place, (int64_t)y->place);
}

/* A fixed sequence: the same shuffles in each call. */
static uint64_t
random_next(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return *state = x;
}

static void
shuffle(struct piece *pieces, size_t count, uint64_t *state)
{
	struct piece other;
	size_t i, j;

	for (i = count; i > 1; i--) {
		j = random_next(state) % i;
		other = pieces[i - 1];
		pieces[i - 1] = pieces[j];
		pieces[j] = other;
	}
}

static int64_t
next_ms(const struct piece *p)
{
	return p->ended < p->task->earlier ? p->task->earlier_ms[p->ended]
	                                   : p->ms;
}

/* Play them in their order; the time when the last slot is free. */
static int64_t
play(struct piece *pieces, size_t count, int64_t slots, int64_t gap_ms)
{
	struct heap busy = {NULL, 0}, again = {NULL, 0};
	size_t next = 0, at, room = count + (size_t)slots;
	int64_t end = 0;
	struct cell slot;

	busy.cells = mem_alloc(room * sizeof(*busy.cells));
	again.cells = mem_alloc(room * sizeof(*again.cells));
	for (at = 0; at < (size_t)slots && at < count; at++)
		heap_put(&busy, -gap_ms, SIZE_MAX);
	while (busy.count > 0) {
		slot = heap_take(&busy);
		at = slot.piece;
		if (at != SIZE_MAX &&
		    pieces[at].ended < pieces[at].task->earlier) {
			pieces[at].ended++;
			heap_put(&again, (int64_t)at, at);
		}
		if (slot.key > end)
			end = slot.key;
		if (again.count > 0 &&
		    (next == count || again.cells[0].piece < next))
			at = heap_take(&again).piece;
		else if (next < count)
			at = next++;
		else
			continue;
		heap_put(&busy, slot.key + gap_ms + next_ms(&pieces[at]), at);
	}
	free(busy.cells);
	free(again.cells);
	return end;
}

/* A slot gets its share beforehand, whatever the others do. */
static int64_t
play_shards(struct piece *pieces, size_t count, int64_t slots, int64_t gap_ms)
{
	size_t n = (size_t)slots, i, from, to;
	int64_t end = 0, one;

	for (i = 0; i < n; i++) {
		from = i * count / n;
		to = (i + 1) * count / n;
		one = play(pieces + from, to - from, 1, gap_ms);
		if (one > end)
			end = one;
	}
	return end;
}

static int64_t
play_shuffled(struct piece *pieces, size_t count, const struct sim_plan *plan)
{
	uint64_t state = 88172645463325252U;
	int64_t sum = 0;
	size_t i;
	int round;

	for (round = 0; round < SIM_SHUFFLES; round++) {
		shuffle(pieces, count, &state);
		for (i = 0; i < count; i++)
			pieces[i].ended = 0;
		sum += play(pieces, count, plan->slots, plan->gap_ms);
	}
	return sum / SIM_SHUFFLES;
}

static int64_t
parts_of(const struct sim_task *t, int64_t split_ms)
{
	if (split_ms <= 0 || t->last_ms <= split_ms || t->earlier > 0)
		return 1;
	return (t->last_ms + split_ms - 1) / split_ms;
}

static struct piece *
cut(const struct sim_task *tasks, size_t count, const struct sim_plan *plan,
    struct sim_outcome *o, size_t *pieces)
{
	struct piece *list = NULL;
	size_t n = 0, room = 0, i, a;
	int64_t parts, p, ms;

	for (i = 0; i < count; i++) {
		if (tasks[i].replaced)
			continue;
		if (tasks[i].last_ms < 0) {
			o->unknown++;
			continue;
		}
		o->tasks++;
		parts = parts_of(&tasks[i], plan->split_ms);
		ms = (tasks[i].last_ms + parts - 1) / parts;
		for (p = 0; p < parts; p++) {
			if (n == room) {
				room = room ? room * 2 : 256;
				list = mem_realloc(list, room * sizeof(*list));
			}
			list[n++] = (struct piece){&tasks[i], ms, 0};
		}
		for (a = 0; a < tasks[i].earlier; a++)
			ms += tasks[i].earlier_ms[a];
		o->total_ms += ms * parts;
		if (ms > o->longest_ms)
			o->longest_ms = ms;
	}
	*pieces = n;
	return list;
}

void
sim_play_tasks(const struct sim_task *tasks, size_t count,
    const struct sim_plan *plan, struct sim_outcome *o)
{
	struct piece *list;
	size_t n;

	*o = (struct sim_outcome){0};
	list = cut(tasks, count, plan, o, &n);
	o->bound_ms = (o->total_ms + plan->slots - 1) / plan->slots;
	if (o->longest_ms > o->bound_ms)
		o->bound_ms = o->longest_ms;
	if (n > 0 && plan->order <= SIM_PUSHED)
		qsort(list, n, sizeof(*list),
		    plan->order == SIM_PUSHED ? by_push : by_length);
	if (n == 0)
		o->makespan_ms = 0;
	else if (plan->order == SIM_RANDOM)
		o->makespan_ms = play_shuffled(list, n, plan);
	else if (plan->order == SIM_SHARDS)
		o->makespan_ms =
		    play_shards(list, n, plan->slots, plan->gap_ms);
	else
		o->makespan_ms = play(list, n, plan->slots, plan->gap_ms);
	free(list);
}
