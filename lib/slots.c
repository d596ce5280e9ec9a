/* slots - the places of a worker in which attempts run */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cache.h"
#include "child.h"
#include "clock.h"
#include "crew.h"
#include "display.h"
#include "folder.h"
#include "mem.h"
#include "opt.h"
#include "slots.h"

#define BEAT_MS 20000 /* of a task without a lease */

struct slot {
	struct child *child;
	struct record *task; /* NULL: free, or a crew's */
	struct attempt *attempt;
	struct crew *crew; /* NULL: no batch is here */
	int64_t beat_ms, next_beat_ms, next_look_ms;
	bool unwanted; /* somebody else has the task: do not hand it back */
};

static const struct attempt_rules *rules;
static char *scratch;
static struct slot *slots, *slots_end;
static int64_t beat_ms;
static pid_t self;

static void
say(const struct record *r)
{
	record_write(stdout, r);
	opt_flush_stdout();
	display_note(r);
}

static bool
occupied(const struct slot *s)
{
	return s->task != NULL || s->crew != NULL;
}

static struct slot *
vacant(void)
{
	struct slot *s;

	for (s = slots; s < slots_end; s++)
		if (!occupied(s))
			return s;
	return NULL;
}

bool
slots_vacant(void)
{
	return vacant() != NULL;
}

/* The slot that has others of a task's batch. */
static struct slot *
home(const struct record *task)
{
	const char *batch = record_text(task, RECORD_BATCH);
	struct slot *s;

	for (s = slots; batch != NULL && s < slots_end; s++)
		if (s->crew != NULL && crew_is(s->crew, batch))
			return s;
	return NULL;
}

bool
slots_free(const struct record *task)
{
	return home(task) != NULL || vacant() != NULL;
}

bool
slots_busy(void)
{
	struct slot *s;

	for (s = slots; s < slots_end; s++)
		if (occupied(s))
			return true;
	return false;
}

static int
number(const struct slot *s)
{
	return (int)(s - slots) + 1;
}

static void
pace(struct slot *s, const struct record *task)
{
	int64_t lease_ms = record_int(task, RECORD_LEASE_MS, 0);

	s->beat_ms = beat_ms ? beat_ms : lease_ms ? lease_ms / 3 : BEAT_MS;
	if (s->beat_ms < SLOTS_BEAT_MIN_MS)
		s->beat_ms = SLOTS_BEAT_MIN_MS;
	s->next_beat_ms = clock_mono_ms() + s->beat_ms;
	s->next_look_ms = clock_mono_ms() + ATTEMPT_LOOK_MS;
}

static void
enrol(struct record *task)
{
	struct slot *s = home(task);

	if (s == NULL) {
		s = vacant();
		s->crew = crew_new(rules, number(s), s->child, say);
		pace(s, task);
	}
	crew_add(s->crew, task);
}

bool
slots_go(void)
{
	struct slot *s;
	bool freed = false;

	for (s = slots; s < slots_end; s++)
		if (s->crew != NULL && !crew_go(s->crew)) {
			crew_free(s->crew);
			s->crew = NULL;
			freed = true;
		}
	return freed;
}

void
slots_start(struct record *task)
{
	struct slot *s;
	struct attempt *a;

	if (record_has(task, RECORD_BATCH)) {
		enrol(task);
		return;
	}
	s = vacant();
	a = attempt_new(rules, task, number(s));
	if (a == NULL) {
		say(task);
		record_free(task);
		return;
	}
	s->task = task;
	s->attempt = a;
	s->unwanted = false;
	pace(s, task);
	child_start(s->child, attempt_job(a));
	say(task); /* while it starts */
}

void
slots_hand_back(struct record *task)
{
	attempt_hand_back(task);
	say(task);
	record_free(task);
}

void
slots_obey(const struct record *order)
{
	const char *lease = record_text(order, RECORD_LEASE), *own;
	struct slot *s;

	for (s = slots; s < slots_end; s++) {
		if (s->crew != NULL)
			crew_obey(s->crew, lease);
		own = s->task ? record_text(s->task, RECORD_LEASE) : NULL;
		if (own == NULL || strcmp(own, lease) != 0)
			continue;
		s->unwanted = true;
		child_stop(s->child, rules->grace_ms);
	}
}

void
slots_drain(void)
{
	struct slot *s;

	for (s = slots; s < slots_end; s++)
		if (s->crew != NULL)
			crew_drain(s->crew);
}

void
slots_stop(int64_t grace_ms)
{
	struct slot *s;

	for (s = slots; s < slots_end; s++)
		if (s->crew != NULL)
			crew_stop(s->crew, grace_ms);
		else if (s->task != NULL)
			child_stop(s->child, grace_ms);
}

static int64_t
earliest(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t
slots_next_ms(void)
{
	int64_t next = SLOTS_NEVER;
	struct slot *s;

	for (s = slots; s < slots_end; s++) {
		if (!occupied(s))
			continue;
		next = earliest(next, s->next_beat_ms);
		next = earliest(
		    next, s->crew ? crew_next_ms(s->crew) : s->next_look_ms);
		next = earliest(next, child_due_ms(s->child));
	}
	return next;
}

static void
tend(struct slot *s, int64_t now)
{
	if (s->next_beat_ms <= now) {
		if (s->crew != NULL)
			crew_beat(s->crew);
		else
			say(s->task);
		s->next_beat_ms = now + s->beat_ms;
	}
	if (s->crew != NULL)
		crew_tend(s->crew, now);
	else if (s->next_look_ms <= now) {
		attempt_look(s->attempt);
		s->next_look_ms = now + ATTEMPT_LOOK_MS;
	}
	if (child_due_ms(s->child) <= now)
		child_hurry(s->child);
}

void
slots_tend(void)
{
	int64_t now = clock_mono_ms();
	struct slot *s;

	for (s = slots; s < slots_end; s++)
		if (occupied(s))
			tend(s, now);
}

static void
conclude(struct slot *s, const struct child_end *end)
{
	struct record *task = s->task;

	if (s->crew != NULL) {
		crew_ended(s->crew, end);
		return;
	}
	s->task = NULL;
	if (end->how == CHILD_STOPPED && !s->unwanted) {
		attempt_free(s->attempt);
		slots_hand_back(task);
		return;
	}
	attempt_end(s->attempt, end);
	say(task); /* before the rest: who waits for it has the next task */
	attempt_free(s->attempt);
	record_free(task);
}

static void
finish(struct slot *s)
{
	struct child_end end;

	if (!child_ended(s->child, &end))
		return;
	conclude(s, &end);
	cache_ended(scratch, number(s), &end);
}

static void
watch(struct pollfd *watched, int fd)
{
	*watched = (struct pollfd){.fd = fd, .events = POLLIN};
}

void
slots_watch(struct pollfd *watched)
{
	struct slot *s;

	for (s = slots; s < slots_end; s++, watched += SLOTS_WATCHED) {
		watch(watched, occupied(s) ? child_fd(s->child) : -1);
		watch(watched + 1, s->crew ? crew_fd(s->crew) : -1);
	}
}

void
slots_collect(const struct pollfd *watched)
{
	struct slot *s;

	for (s = slots; s < slots_end; s++, watched += SLOTS_WATCHED) {
		if (watched[1].revents)
			crew_listen(s->crew);
		if (watched[0].revents)
			finish(s);
	}
}

static void
vacate(struct slot *s)
{
	child_free(s->child);
	s->child = NULL;
	if (s->task != NULL)
		attempt_free(s->attempt);
	crew_free(s->crew);
}

/* Supervisors that idle stay until the scratch is gone, should we be killed. */
static void
leave(void)
{
	struct slot *s;

	if (getpid() != self) /* a supervisor has no business here */
		return;
	for (s = slots; s < slots_end; s++)
		if (occupied(s))
			child_stop(s->child, 0);
	for (s = slots; s < slots_end; s++)
		if (occupied(s))
			vacate(s);
	if (!folder_remove(scratch))
		warn("%s", scratch);
	for (s = slots; s < slots_end; s++)
		if (s->child != NULL)
			child_dismiss(s->child);
	for (s = slots; s < slots_end; s++)
		if (s->child != NULL)
			child_free(s->child);
}

void
slots_open(struct attempt_rules *common, int count, int64_t beat)
{
	struct slot *s;

	slots = mem_zalloc((size_t)count, sizeof(*slots));
	slots_end = slots + count;
	common->scratch = scratch = folder_private();
	rules = common;
	beat_ms = beat;
	self = getpid();
	atexit(leave);
	for (s = slots; s < slots_end; s++)
		s->child = child_new(scratch);
}
