/* crew_impl - what the parts of crew share; nobody else includes it */
#ifndef CREW_IMPL_H
#define CREW_IMPL_H

#include "crew.h"
#include "share.h"

#define NEVER INT64_MAX

struct member {
	struct record *task;     /* NULL: it has its verdict */
	struct attempt *attempt; /* NULL: it waits for a start */
	size_t joined;           /* its place in the start */
	int64_t began_ms;        /* 0: not yet */
	bool unwanted;           /* somebody else has it */
};

struct crew {
	const struct attempt_rules *rules;
	int slot;
	struct child *child;
	void (*say)(const struct record *);
	char *batch;
	struct member *members;
	size_t count;
	struct share *share;
	bool running, shared; /* what runs is a shared start */
	bool alone;           /* from now on each has its own */
	bool draining;
	bool progress; /* somebody got a verdict in this start */
	bool overdue;  /* and it is being stopped at a deadline */
	int64_t started_ms, deadline_ms, look_ms;
};

void crew_forget(struct member *m);
/* Say what has become of a task, and forget it. */
void crew_tell(struct crew *c, struct member *m);
/* How many have no verdict yet. */
size_t crew_left(const struct crew *c);
/* Count anew the time that those of the start have. */
void crew_set_deadline(struct crew *c);

#endif
