/* crew_start - which tasks of a crew make a start, and its beginning */
#include <err.h>
#include <stdlib.h>

#include "clock.h"
#include "crew_impl.h"
#include "mem.h"

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

void
crew_set_deadline(struct crew *c)
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
			crew_tell(c, chosen[i]);
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
		crew_set_deadline(c);
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
			crew_forget(m);
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
	if (!c->alone && crew_left(c) > 1) {
		if (c->share == NULL)
			c->share = share_new(c->rules, c->slot);
		if (c->share == NULL)
			warn("no shared start");
		if (c->share != NULL && start_shared(c))
			return true;
	}
	return start_alone(c);
}
