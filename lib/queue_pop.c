/* queue_pop - leased tasks out of a run */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sysexits.h>
#include <unistd.h>

#include "clock.h"
#include "mem.h"
#include "queue_popper.h"

#define NOTES_MAX 64 /* read at once */

struct popper *
popper_open(struct queue *q, const char *worker, long slots, int64_t lease_ms,
    bool follow, long share)
{
	struct popper *p = mem_zalloc(1, sizeof(*p));
	uint32_t dice = 0;
	char *name;

	if (getrandom(&dice, sizeof(dice), 0) != sizeof(dice))
		err(EX_OSERR, "getrandom");
	p->queue = q;
	p->worker = worker;
	p->instance = mem_printf("%s.%ld.%08x", worker, (long)getpid(), dice);
	name = mem_printf("bell:%s", p->instance);
	p->own_bell = queue_key(q->run, name);
	free(name);
	p->bell = queue_key(q->run, "bell");
	p->lease_ms = lease_ms;
	p->follow = follow;
	p->connections = redis_connections(q->redis);
	p->slots = slots;
	p->share = share;
	p->places = share > 1 ? slots : slots + PREFETCH;
	p->place = mem_zalloc((size_t)p->places, sizeof(*p->place));
	p->last = &p->first;
	return p;
}

void
popper_close(struct popper *p)
{
	if (p == NULL)
		return;
	note_forget(p);
	hold_only(p, NULL);
	free(p->place);
	free(p->instance);
	free(p->own_bell);
	free(p->bell);
	free(p);
}

static void
keep_all(struct popper *p, const redisReply *notes)
{
	size_t i;

	for (i = 0; i < notes->elements; i++)
		note_keep(p, reply_text(notes, i));
}

/*
 * Replies and notes may have been lost: what is held, and so in which slots,
 * before another note is taken. False when waiting was given up.
 */
static bool
resync(struct popper *p)
{
	struct request *q = queue_request(&script_held, p->queue->run);
	redisReply *reply;

	request_text(q, p->instance);
	request_int(q, p->seen);
	reply = queue_ask(p->queue, q);
	if (reply == NULL)
		return false;
	p->connections = redis_connections(p->queue->redis);
	p->missed = false;
	hold_only(p, reply_list(reply, 0));
	keep_all(p, reply_list(reply, 1));
	freeReplyObject(reply);
	return true;
}

static redisReply *
ask(struct popper *p)
{
	struct request *q = queue_request(&script_pop, p->queue->run);
	char *nonce = mem_printf(
	    "%s.%llu", p->instance, (unsigned long long)++p->requests);

	request_text(q, p->instance);
	request_text(q, p->worker);
	request_int(q, p->slots);
	request_int(q, p->lease_ms);
	request_text(q, nonce);
	request_text(q, p->follow ? "f" : "-");
	request_int(q, p->seen);
	request_int(q, p->share);
	free(nonce);
	return queue_ask(p->queue, q);
}

/*
 * A hand-over fills the slot that its end has freed, so that the next thing to
 * hear of is the next end. Pop need not say so again until its time is up.
 */
static bool
still_full(const struct popper *p)
{
	return p->follow && hold_full(p) && clock_mono_ms() < p->ask_ms;
}

/* A full instance waits for its own bell, an idle one for the run's. */
static redisReply *
block(struct popper *p, bool full, struct pollfd *others, nfds_t count)
{
	int64_t wait_ms = p->ask_ms - clock_mono_ms();
	struct request *q;
	char seconds[32];

	if (wait_ms < 1)
		wait_ms = 1;

	if (full) {
		snprintf(
		    seconds, sizeof(seconds), "%.3f", (double)wait_ms / 1000);
		q = request_command("BLMPOP");
		request_text(q, seconds);
		request_text(q, "1");
		request_text(q, p->own_bell);
		request_text(q, "LEFT");
		request_text(q, "COUNT");
		request_int(q, NOTES_MAX);
	} else {
		q = request_command("XREAD");
		request_text(q, "BLOCK");
		request_int(q, wait_ms);
		request_text(q, "STREAMS");
		request_text(q, p->bell);
		request_text(q, p->generation);
	}
	return redis_block(p->queue->redis, q, wait_ms, others, count);
}

/* Take in a pop's answer: its notes, and how long to wait. */
static void
take_in(struct popper *p, const redisReply *reply)
{
	size_t i;

	if (strcmp(reply_text(reply, 0), "norun") == 0)
		errx(EX_NOINPUT, "%s: no such run", p->queue->run);
	snprintf(
	    p->generation, sizeof(p->generation), "%s", reply_text(reply, 2));
	for (i = 4; i < reply->elements; i++)
		note_keep(p, reply_text(reply, i));
	note_keep(p, reply_text(reply, 3));
	p->ask_ms = clock_mono_ms() + reply_int(reply, 1);
}

/* What pop finds: POP_TASK when it has notes to act on. */
static enum popped
look(struct popper *p, bool *full)
{
	redisReply *reply = ask(p);
	enum popped found = POP_NOTHING;

	if (reply == NULL)
		return POP_EVENT;
	take_in(p, reply);
	*full = strcmp(reply_text(reply, 0), "full") == 0;
	if (p->first != NULL)
		found = POP_TASK;
	else if (strcmp(reply_text(reply, 0), "finished") == 0)
		found = POP_FINISHED;
	freeReplyObject(reply);
	return found;
}

/* False when waiting for the server was given up. */
static bool
catch_up(struct popper *p)
{
	if (p->connections != redis_connections(p->queue->redis))
		p->missed = true;
	return !p->missed || resync(p);
}

enum popped
popper_next(struct popper *p, bool wait, struct pollfd *others, nfds_t count,
    struct record **r)
{
	enum popped got = POP_TASK;
	redisReply *reply;
	bool full;

	for (;;) {
		if (!catch_up(p))
			return POP_EVENT;
		if (note_take(p, r, &got))
			return got;
		full = still_full(p);
		got = full ? POP_NOTHING : look(p, &full);
		if (got == POP_TASK)
			continue;
		if (got != POP_NOTHING || !wait)
			return got;
		reply = block(p, full, others, count);
		if (reply == NULL && redis_event(others, count))
			return POP_EVENT;
		p->missed = reply == NULL;
		if (full && reply != NULL && reply->type == REDIS_REPLY_ARRAY)
			keep_all(p, reply_list(reply, 1));
		freeReplyObject(reply);
	}
}

bool
popper_more(struct popper *p, struct record **r)
{
	enum popped what;

	return note_take(p, r, &what);
}

static void
hand_back_member(struct popper *p, const char *member)
{
	const char *hash = strrchr(member, '#');
	char *id;

	if (hash == NULL)
		return;
	id = mem_strndup(member, (size_t)(hash - member));
	queue_command(p->queue, queue_hand_back(p->queue->run, id, hash + 1));
	free(id);
}

void
popper_hand_back(struct popper *p, const struct record *r)
{
	char *member = mem_printf(
	    "%s#%s", record_text(r, RECORD_ID), record_text(r, RECORD_LEASE));

	hand_back_member(p, member);
	hold_end(p, member);
	free(member);
}

void
popper_leave(struct popper *p)
{
	struct request *q = queue_request(&script_leave, p->queue->run);
	redisReply *reply;
	size_t i;

	request_text(q, p->instance);
	reply = queue_ask(p->queue, q);
	if (reply == NULL)
		return;
	for (i = 0; i < reply->elements; i++)
		if (!hold_has(p, reply_text(reply, i)))
			hand_back_member(p, reply_text(reply, i));
	freeReplyObject(reply);
}
