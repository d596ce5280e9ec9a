/* prefetch - tasks of a queue that have come before a slot is free */
#include <stdlib.h>

#include "clock.h"
#include "mem.h"
#include "prefetch.h"

struct waiting {
	struct waiting *next;
	struct record *task;
	int64_t due_ms;
};

static struct waiting *first, **last = &first;
static int count;

bool
prefetch_may(const struct record *task)
{
	return record_has(task, RECORD_WAIT_MS) &&
	       record_has(task, RECORD_LEASE) && count < PREFETCH_MAX;
}

void
prefetch_add(struct record *owned)
{
	struct waiting *w = mem_zalloc(1, sizeof(*w));

	w->task = owned;
	w->due_ms = clock_mono_ms() + record_int(owned, RECORD_WAIT_MS, 0);
	*last = w;
	last = &w->next;
	count++;
}

bool
prefetch_empty(void)
{
	return first == NULL;
}

struct record *
prefetch_take(void)
{
	struct waiting *w = first;
	struct record *task = w->task;

	first = w->next;
	if (first == NULL)
		last = &first;
	free(w);
	count--;
	return task;
}

int64_t
prefetch_due_ms(void)
{
	return first == NULL ? INT64_MAX : first->due_ms;
}
