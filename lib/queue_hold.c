/* queue_hold - what fills the slots of an instance, or waits for one */
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "queue_popper.h"

static void
drop(struct hold **link)
{
	struct hold *h = *link;

	*link = h->next;
	free(h->batch);
	free(h);
}

/* Where a member of held is kept; NULL: it is not. */
static struct hold **
find(const struct popper *p, const char *member)
{
	struct hold **link;
	long i;

	for (i = 0; i < p->places; i++)
		for (link = &p->place[i]; *link != NULL; link = &(*link)->next)
			if (strcmp((*link)->member, member) == 0)
				return link;
	return NULL;
}

bool
hold_has(const struct popper *p, const char *member)
{
	return find(p, member) != NULL;
}

void
hold_end(struct popper *p, const char *member)
{
	struct hold **link = find(p, member);

	if (link != NULL)
		drop(link);
}

bool
hold_full(const struct popper *p)
{
	long i, held = 0;

	for (i = 0; i < p->places; i++)
		held += p->place[i] != NULL;
	return held >= p->slots;
}

/*
 * The place of its batch, else the lowest free one; the last one when the queue
 * knows better than we.
 */
static long
choose_place(const struct popper *p, const char *batch)
{
	long i;

	for (i = 0; *batch != '\0' && i < p->places; i++)
		if (p->place[i] != NULL &&
		    strcmp(p->place[i]->batch, batch) == 0)
			return i;
	for (i = 0; i < p->places - 1 && p->place[i] != NULL;)
		i++;
	while (p->place[i] != NULL)
		drop(&p->place[i]);
	return i;
}

long
hold_take(struct popper *p, const char *member, const char *batch)
{
	size_t size = strlen(member) + 1;
	struct hold *h = mem_alloc(sizeof(*h) + size);
	long i = choose_place(p, batch);

	memcpy(h->member, member, size);
	h->batch = mem_strdup(batch);
	h->next = p->place[i];
	p->place[i] = h;
	return i % p->slots;
}

static bool
is_among(const redisReply *members, const char *member)
{
	size_t i;

	for (i = 0; members != NULL && i < members->elements; i++)
		if (strcmp(member, reply_text(members, i)) == 0)
			return true;
	return false;
}

void
hold_only(struct popper *p, const redisReply *members)
{
	struct hold **link;
	long i;

	for (i = 0; i < p->places; i++)
		for (link = &p->place[i]; *link != NULL;)
			if (is_among(members, (*link)->member))
				link = &(*link)->next;
			else
				drop(link);
}
