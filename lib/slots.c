/* slots - the places of a worker in which attempts run */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "clock.h"
#include "display.h"
#include "folder.h"
#include "mem.h"
#include "opt.h"
#include "slots.h"

#define BEAT_MS 20000 /* of a task without a lease */

struct slot {
	struct child *child;
	struct record *task; /* NULL: free */
	struct attempt *attempt;
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
	opt_close_stdout();
	display_note(r);
}

static struct slot *
vacant(void)
{
	struct slot *s;

	for (s = slots; s < slots_end; s++)
		if (s->task == NULL)
			return s;
	return NULL;
}

bool
slots_full(void)
{
	return vacant() == NULL;
}

bool
slots_busy(void)
{
	struct slot *s;

	for (s = slots; s < slots_end; s++)
		if (s->task != NULL)
			return true;
	return false;
}

static void
pace(struct slot *s)
{
	int64_t lease_ms = record_int(s->task, RECORD_LEASE_MS, 0);

	s->beat_ms = beat_ms ? beat_ms : lease_ms ? lease_ms / 3 : BEAT_MS;
	if (s->beat_ms < SLOTS_BEAT_MIN_MS)
		s->beat_ms = SLOTS_BEAT_MIN_MS;
	s->next_beat_ms = clock_mono_ms() + s->beat_ms;
	s->next_look_ms = clock_mono_ms() + ATTEMPT_LOOK_MS;
}

void
slots_start(struct record *task)
{
	struct slot *s = vacant();
	struct attempt *a = attempt_new(rules, task, (int)(s - slots) + 1);

	say(task);
	if (a == NULL) {
		record_free(task);
		return;
	}
	s->task = task;
	s->attempt = a;
	s->unwanted = false;
	pace(s);
	child_start(s->child, attempt_job(a));
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
		own = s->task ? record_text(s->task, RECORD_LEASE) : NULL;
		if (own == NULL || strcmp(own, lease) != 0)
			continue;
		s->unwanted = true;
		child_stop(s->child, rules->grace_ms);
	}
}

void
slots_stop(int64_t grace_ms)
{
	struct slot *s;

	for (s = slots; s < slots_end; s++)
		if (s->task != NULL)
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
		if (s->task == NULL)
			continue;
		next = earliest(next, s->next_beat_ms);
		next = earliest(next, s->next_look_ms);
		next = earliest(next, child_due_ms(s->child));
	}
	return next;
}

static void
tend(struct slot *s, int64_t now)
{
	if (s->next_beat_ms <= now) {
		say(s->task);
		s->next_beat_ms = now + s->beat_ms;
	}
	if (s->next_look_ms <= now) {
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
		if (s->task != NULL)
			tend(s, now);
}

static void
finish(struct slot *s)
{
	struct record *task = s->task;
	struct child_end end;

	if (!child_ended(s->child, &end))
		return;
	s->task = NULL;
	if (end.how == CHILD_STOPPED && !s->unwanted) {
		attempt_free(s->attempt);
		slots_hand_back(task);
		return;
	}
	attempt_end(s->attempt, &end);
	say(task);
	record_free(task);
}

void
slots_watch(struct pollfd *watched)
{
	struct slot *s;

	for (s = slots; s < slots_end; s++, watched++) {
		watched->fd = s->task ? child_fd(s->child) : -1;
		watched->events = POLLIN;
	}
}

void
slots_collect(const struct pollfd *watched)
{
	struct slot *s;

	for (s = slots; s < slots_end; s++, watched++)
		if (watched->revents)
			finish(s);
}

static void
leave(void)
{
	struct slot *s;

	if (getpid() != self) /* a supervisor has no business here */
		return;
	slots_stop(0);
	for (s = slots; s < slots_end; s++) {
		if (s->child != NULL)
			child_free(s->child);
		if (s->task != NULL)
			attempt_free(s->attempt);
	}
	if (!folder_remove(scratch))
		warn("%s", scratch);
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
