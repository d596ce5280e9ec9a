/* crew - tasks of one slot that share starts of their runner */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "crew.h"
#include "mem.h"
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

struct crew *
crew_new(const struct attempt_rules *rules, int slot, struct child *child,
    void (*say)(const struct record *))
{
	struct crew *c = mem_zalloc(1, sizeof(*c));

	c->rules = rules;
	c->slot = slot;
	c->child = child;
	c->say = say;
	c->deadline_ms = NEVER;
	return c;
}

static void
forget(struct member *m)
{
	if (m->attempt != NULL)
		attempt_free(m->attempt);
	record_free(m->task);
	m->task = NULL;
	m->attempt = NULL;
}

static void
tell(struct crew *c, struct member *m)
{
	c->say(m->task);
	forget(m);
}

void
crew_free(struct crew *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < c->count; i++)
		if (c->members[i].task != NULL)
			forget(&c->members[i]);
	share_free(c->share);
	free(c->members);
	free(c->batch);
	free(c);
}

static void
hand_back(struct crew *c, struct member *m)
{
	attempt_hand_back(m->task);
	tell(c, m);
}

void
crew_add(struct crew *c, struct record *task)
{
	struct member *m;

	c->members =
	    mem_realloc(c->members, (c->count + 1) * sizeof(*c->members));
	m = &c->members[c->count++];
	*m = (struct member){.task = task};
	if (c->batch == NULL)
		c->batch = mem_strdup(record_text(task, RECORD_BATCH));
	if (c->draining) {
		hand_back(c, m);
		return;
	}
	attempt_await(c->rules, task, c->slot);
	c->say(task);
}

bool
crew_is(const struct crew *c, const char *batch)
{
	return strcmp(c->batch, batch) == 0;
}

static struct member *
joined(struct crew *c, size_t place)
{
	size_t i;

	for (i = 0; i < c->count; i++)
		if (c->members[i].attempt != NULL &&
		    c->members[i].joined == place)
			return &c->members[i];
	return NULL;
}

static size_t
left(const struct crew *c)
{
	size_t i, n = 0;

	for (i = 0; i < c->count; i++)
		n += c->members[i].task != NULL;
	return n;
}

static void
launch(struct crew *c, const struct child_job *job, bool shared)
{
	c->running = true;
	c->shared = shared;
	c->progress = c->overdue = false;
	c->started_ms = clock_mono_ms();
	c->look_ms = c->started_ms + ATTEMPT_LOOK_MS;
	c->deadline_ms = NEVER;
	child_start(c->child, job);
}

/* The time of the one that runs; else the longest of those to come. */
static int64_t
allowance(const struct crew *c)
{
	int64_t longest = -1, ms;
	const struct member *m;

	for (m = c->members; m < c->members + c->count; m++) {
		if (m->attempt == NULL)
			continue;
		ms = attempt_job(m->attempt)->timeout_ms;
		if (ms == 0)
			ms = NEVER;
		if (m->began_ms != 0)
			return ms;
		if (longest < ms)
			longest = ms;
	}
	if (longest >= 0)
		return longest;
	/* All have a verdict: it only has to end. */
	return c->rules->timeout_ms ? c->rules->timeout_ms : NEVER;
}

static void
set_deadline(struct crew *c)
{
	int64_t ms = allowance(c);

	c->deadline_ms = ms == NEVER ? NEVER : clock_mono_ms() + ms;
}

/* The ones that fit together with the first. */
static size_t
gather(struct crew *c, struct member **chosen)
{
	size_t i, n = 0;

	share_reset(c->share);
	for (i = 0; i < c->count; i++) {
		if (c->members[i].task == NULL)
			continue;
		if (share_join(c->share, c->members[i].task))
			chosen[n++] = &c->members[i];
		else /* nothing of why not is its state */
			attempt_await(c->rules, c->members[i].task, c->slot);
	}
	return n;
}

static bool
start_shared(struct crew *c)
{
	struct member **chosen = mem_alloc(c->count * sizeof(struct member *));
	struct attempt **attempts =
	    mem_zalloc(c->count, sizeof(struct attempt *));
	const struct child_job *job = NULL;
	size_t n = gather(c, chosen), made = 0, i;

	for (i = 0; n > 1 && i < n; i++) {
		attempts[i] = attempt_new_of(
		    c->rules, chosen[i]->task, c->slot, (int)i + 1);
		chosen[i]->attempt = attempts[i];
		chosen[i]->joined = i;
		chosen[i]->began_ms = 0;
		made += attempts[i] != NULL;
		if (attempts[i] == NULL)
			tell(c, chosen[i]);
	}
	if (made > 0) {
		job = share_job(c->share, attempts, n);
		if (job == NULL)
			warn("no shared start");
	}
	for (i = 0; n > 1 && job == NULL && i < n; i++)
		if (attempts[i] != NULL) {
			attempt_free(attempts[i]);
			chosen[i]->attempt = NULL;
		}
	if (job != NULL) {
		launch(c, job, true);
		set_deadline(c);
	}
	free(attempts);
	free(chosen);
	return job != NULL;
}

static bool
start_alone(struct crew *c)
{
	struct member *m;

	for (m = c->members; m < c->members + c->count; m++) {
		if (m->task == NULL)
			continue;
		m->attempt = attempt_new(c->rules, m->task, c->slot);
		c->say(m->task);
		if (m->attempt == NULL) {
			forget(m);
			continue;
		}
		m->joined = 0;
		m->began_ms = clock_mono_ms();
		launch(c, attempt_job(m->attempt), false);
		return true;
	}
	return false;
}

bool
crew_go(struct crew *c)
{
	if (c->running)
		return true;
	if (!c->alone && left(c) > 1) {
		if (c->share == NULL)
			c->share = share_new(c->rules, c->slot);
		if (c->share == NULL)
			warn("no shared start");
		if (c->share != NULL && start_shared(c))
			return true;
	}
	return start_alone(c);
}

int
crew_fd(const struct crew *c)
{
	return c->running && c->shared ? share_fd(c->share) : -1;
}

static void
judge(struct crew *c, struct member *m, const struct child_end *end)
{
	attempt_end(m->attempt, end);
	m->attempt = NULL;
	tell(c, m);
	c->progress = true;
}

static void
begin(struct crew *c, struct member *m)
{
	m->began_ms = clock_mono_ms();
	attempt_begun(m->attempt);
	c->say(m->task);
	set_deadline(c);
}

static void
end_of(struct crew *c, struct member *m, int code)
{
	struct child_end end = {.how = CHILD_EXITED,
	    .code = code,
	    .cpu_ms = -1,
	    .duration_ms = clock_mono_ms() - m->began_ms};

	judge(c, m, &end);
	set_deadline(c);
}

void
crew_listen(struct crew *c)
{
	struct share_event e;
	struct member *m;

	while (share_event(c->share, &e)) {
		m = joined(c, e.member);
		if (m == NULL)
			continue;
		if (m->began_ms == 0)
			begin(c, m);
		if (e.what == SHARE_END)
			end_of(c, m, e.code);
	}
}

/* One that has no verdict although the shared start has ended. */
static void
settle(struct crew *c, struct member *m, const struct child_end *end)
{
	bool ran = m->began_ms != 0;
	bool killed = end->how == CHILD_SIGNALLED || end->how == CHILD_LOST ||
	              (end->how == CHILD_EXITED && end->code > 128);
	struct child_end own = *end;

	own.cpu_ms = -1;
	own.duration_ms = clock_mono_ms() - (ran ? m->began_ms : c->started_ms);
	if (c->overdue)
		own.how = CHILD_TIMED_OUT;
	if (ran && (c->overdue || killed || m->unwanted)) {
		judge(c, m, &own);
	} else if (m->unwanted || (end->how == CHILD_STOPPED && !c->overdue)) {
		hand_back(c, m);
	} else {
		attempt_free(m->attempt);
		m->attempt = NULL;
	}
}

static void
ended_shared(struct crew *c, const struct child_end *end)
{
	size_t i;

	crew_listen(c);
	for (i = 0; i < c->count; i++)
		if (c->members[i].attempt != NULL)
			settle(c, &c->members[i], end);
	if (!c->progress)
		c->alone = true;
}

static void
ended_alone(struct crew *c, const struct child_end *end)
{
	struct member *m = joined(c, 0);

	if (end->how == CHILD_STOPPED && !m->unwanted)
		hand_back(c, m);
	else
		judge(c, m, end);
}

void
crew_ended(struct crew *c, const struct child_end *end)
{
	if (c->shared)
		ended_shared(c, end);
	else
		ended_alone(c, end);
	c->running = false;
	c->deadline_ms = NEVER;
	if (c->draining)
		crew_drain(c);
}

/* What is not wanted is not worth the others' stop. */
static bool
any_wanted(const struct crew *c)
{
	size_t i;

	for (i = 0; i < c->count; i++)
		if (c->members[i].attempt != NULL && !c->members[i].unwanted)
			return true;
	return false;
}

void
crew_obey(struct crew *c, const char *lease)
{
	const char *own;
	struct member *m;

	for (m = c->members; m < c->members + c->count; m++) {
		own = m->task ? record_text(m->task, RECORD_LEASE) : NULL;
		if (own == NULL || strcmp(own, lease) != 0)
			continue;
		m->unwanted = true;
		if (m->attempt == NULL)
			hand_back(c, m);
		else if (!any_wanted(c))
			child_stop(c->child, c->rules->grace_ms);
	}
}

void
crew_drain(struct crew *c)
{
	size_t i;

	c->draining = true;
	for (i = 0; i < c->count; i++)
		if (c->members[i].task != NULL && c->members[i].attempt == NULL)
			hand_back(c, &c->members[i]);
}

void
crew_stop(struct crew *c, int64_t grace_ms)
{
	crew_drain(c);
	if (c->running)
		child_stop(c->child, grace_ms);
}

void
crew_beat(struct crew *c)
{
	size_t i;

	for (i = 0; i < c->count; i++)
		if (c->members[i].task != NULL)
			c->say(c->members[i].task);
}

int64_t
crew_next_ms(const struct crew *c)
{
	if (!c->running)
		return NEVER;
	return c->look_ms < c->deadline_ms ? c->look_ms : c->deadline_ms;
}

static void
look(struct crew *c)
{
	size_t i;

	if (c->shared)
		share_look(c->share);
	for (i = 0; i < c->count; i++)
		if (c->members[i].attempt != NULL)
			attempt_look(c->members[i].attempt);
}

void
crew_tend(struct crew *c, int64_t now)
{
	if (!c->running)
		return;
	if (c->look_ms <= now) {
		look(c);
		c->look_ms = now + ATTEMPT_LOOK_MS;
	}
	if (c->deadline_ms > now)
		return;
	c->overdue = true;
	c->deadline_ms = NEVER;
	child_stop(c->child, c->rules->grace_ms);
}
