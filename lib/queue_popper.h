/* queue_popper - what the parts of a popper share; nobody else includes it */
#ifndef QUEUE_POPPER_H
#define QUEUE_POPPER_H

#include "queue_impl.h"

#define PREFETCH 16 /* at least what finish.lua has */

/* What a slot works on or what waits for one: several when they are a batch. */
struct hold {
	struct hold *next;
	char *batch;   /* "": it is none */
	char member[]; /* id#token, as in held */
};

struct popper {
	struct queue *queue;
	const char *worker;
	char *instance;
	char *own_bell, *bell;
	int64_t lease_ms;
	bool follow;
	uint64_t requests;
	long long seen; /* the last fencing number */
	unsigned connections;
	bool missed; /* a note, perhaps: the connection broke meanwhile */
	char generation[48]; /* of the run's bell */
	int64_t ask_ms;      /* on the monotonic clock: until then, if full, */
			     /* only its own bell can bring news */
	long slots, share;
	long places;         /* slots, and as many as may wait for one */
	struct hold **place; /* what was returned; NULL: free */
	struct note *first, **last;
};

/* Notes from the bells; those of one answer come as one: see NEXT_NOTE in
 * lib/lua. */
void note_keep(struct popper *p, const char *text);
void note_forget(struct popper *p);
/* Act on them; true when one is for the caller. */
bool note_take(struct popper *p, struct record **r, enum popped *what);

/* Places, and the members of held that are there. */
bool hold_full(const struct popper *p); /* as many as slots are filled */
/* The slot, from 0: some slot where none is free, since ft-run will know. */
long hold_take(struct popper *p, const char *member, const char *batch);
void hold_end(struct popper *p, const char *member);
bool hold_has(const struct popper *p, const char *member);
/* End what is not among these; NULL: all. */
void hold_only(struct popper *p, const redisReply *members);

#endif
