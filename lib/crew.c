/* crew - tasks of one slot that share starts of their runner */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "crew_impl.h"
#include "mem.h"

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

void
crew_forget(struct member *m)
{
	if (m->attempt != NULL)
		attempt_free(m->attempt);
	record_free(m->task);
	m->task = NULL;
	m->attempt = NULL;
}

void
crew_tell(struct crew *c, struct member *m)
{
	c->say(m->task);
	crew_forget(m);
}

void
crew_free(struct crew *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < c->count; i++)
		if (c->members[i].task != NULL)
			crew_forget(&c->members[i]);
	share_free(c->share);
	free(c->members);
	free(c->batch);
	free(c);
}

static void
hand_back(struct crew *c, struct member *m)
{
	attempt_hand_back(m->task);
	crew_tell(c, m);
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

size_t
crew_left(const struct crew *c)
{
	size_t i, n = 0;

	for (i = 0; i < c->count; i++)
		n += c->members[i].task != NULL;
	return n;
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
	crew_tell(c, m);
	c->progress = true;
}

static void
begin(struct crew *c, struct member *m)
{
	m->began_ms = clock_mono_ms();
	attempt_begun(m->attempt);
	c->say(m->task);
	crew_set_deadline(c);
}

static void
end_of(struct crew *c, struct member *m, int code)
{
	struct child_end end = {.how = CHILD_EXITED,
	    .code = code,
	    .cpu_ms = -1,
	    .duration_ms = clock_mono_ms() - m->began_ms};

	judge(c, m, &end);
	crew_set_deadline(c);
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
