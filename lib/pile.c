/* pile - tasks of no queue, for slots that let short ones share a start */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "mem.h"
#include "pile.h"

#define UNTIMED_MS 1000
#define SHORT_MS 5000  /* what lasts longer starts alone */
#define WORTH_MS 20000 /* work that is worth a start of its own */
#define CRUMBS_MS 2000 /* work that is less than what a start costs */
#define AHEAD 200      /* tasks looked at to fill a start */

static struct record **tasks; /* NULL: handed out */
static size_t first, count, room;
static int64_t waiting_ms;
static int64_t *due_ms; /* when the slots should be free, in no order */
static unsigned long batches;

void
pile_add(struct record *owned)
{
	if (count == room) {
		room = room ? 2 * room : 256;
		tasks = mem_realloc(tasks, room * sizeof(*tasks));
	}
	tasks[count++] = owned;
	waiting_ms += record_int(owned, RECORD_EXPECTED_MS, UNTIMED_MS);
}

bool
pile_empty(void)
{
	while (first < count && tasks[first] == NULL)
		first++;
	if (first < count)
		return false;
	free(tasks);
	tasks = NULL;
	first = count = room = 0;
	return true;
}

static struct record *
pick(size_t i, int64_t *ms)
{
	struct record *r = tasks[i];

	tasks[i] = NULL;
	*ms += record_int(r, RECORD_EXPECTED_MS, UNTIMED_MS);
	return r;
}

/* How long a task should take that may share this start; -1: it may not. */
static int64_t
sharing_ms(const struct record *r, const char *share)
{
	int64_t ms;

	if (r == NULL || !record_has(r, RECORD_SHARE) ||
	    strcmp(record_text(r, RECORD_SHARE), share) != 0)
		return -1;
	ms = record_int(r, RECORD_EXPECTED_MS, UNTIMED_MS);
	return ms <= SHORT_MS ? ms : -1;
}

/*
 * How much there is to do for each slot, and whether the others have theirs, as
 * far as due_ms can tell.
 */
static int64_t
each_ms(int slots, int64_t now, bool *others_busy)
{
	int64_t all = waiting_ms;
	int i, busy = 0;

	for (i = 0; i < slots; i++) {
		all += due_ms[i] > now ? due_ms[i] - now : 0;
		busy += due_ms[i] > now;
	}
	*others_busy = busy >= slots - 1;
	return all / slots;
}

static int64_t
budget(int64_t each)
{
	return each / 2 > WORTH_MS ? each / 2
	       : each < WORTH_MS   ? each
	                           : WORTH_MS;
}

static void
note_due(int slots, int64_t due)
{
	int i, earliest = 0;

	for (i = 1; i < slots; i++)
		if (due_ms[i] < due_ms[earliest])
			earliest = i;
	due_ms[earliest] = due;
}

/* Fill a batch of *n with what may share its start and takes no longer. */
static void
fill(struct record **batch, size_t *n, size_t most, const char *share,
    int64_t longest, int64_t *ms)
{
	size_t i;
	int64_t one;

	for (i = first + 1; i < count && i < first + AHEAD && *n < most; i++) {
		one = sharing_ms(tasks[i], share);
		if (one >= 0 && one <= longest - *ms)
			batch[(*n)++] = pick(i, ms);
	}
}

/* What would be left of a kind: none of it, if that is little enough. */
static void
sweep(struct record **batch, size_t *n, size_t most, const char *share,
    int64_t longest, int64_t *ms)
{
	int64_t crumbs = 0, one;
	size_t i, left = 0;

	if (count - first > AHEAD)
		return;
	for (i = first + 1; i < count; i++) {
		one = sharing_ms(tasks[i], share);
		left += one >= 0;
		crumbs += one > 0 ? one : 0;
	}
	if (*n + left <= most && crumbs <= CRUMBS_MS && *ms + crumbs <= longest)
		fill(batch, n, most, share, *ms + crumbs, ms);
}

static void
hand_out(struct record **batch, size_t n, void (*each)(struct record *owned))
{
	char *name = mem_printf("local.%lu", ++batches);
	size_t i;

	for (i = 0; i < n; i++) {
		if (n > 1)
			record_set_text(batch[i], RECORD_BATCH, name);
		each(batch[i]);
	}
	free(name);
}

void
pile_take(int slots, int most, void (*each)(struct record *owned))
{
	struct record **batch = mem_alloc((size_t)most * sizeof(*batch));
	int64_t now = clock_mono_ms(), part, ms = 0;
	const char *share;
	bool others_busy;
	size_t n = 0;

	if (due_ms == NULL)
		due_ms = mem_zalloc((size_t)slots, sizeof(*due_ms));
	part = each_ms(slots, now, &others_busy);
	share = record_text(tasks[first], RECORD_SHARE);
	batch[n++] = pick(first, &ms);
	if (share != NULL && ms <= SHORT_MS) {
		fill(batch, &n, (size_t)most, share, budget(part), &ms);
		if (others_busy)
			sweep(batch, &n, (size_t)most, share, part + CRUMBS_MS,
			    &ms);
	}
	waiting_ms -= ms;
	note_due(slots, now + ms);
	hand_out(batch, n, each);
	free(batch);
}

void
pile_each(void (*each)(struct record *owned))
{
	int64_t ms = 0;

	while (!pile_empty())
		each(pick(first, &ms));
}
