/* queue_push - tasks into a run, a batch a script */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sysexits.h>
#include <err.h>

#include "clock.h"
#include "estimate.h"
#include "mem.h"
#include "opt.h"
#include "queue_impl.h"

#define BATCH 200 /* tasks of one script */

struct push {
	char pusher[32]; /* a name that no other process has */
	int64_t number;  /* of the batch */
	long budget;
	struct record *batch[BATCH];
	size_t count;
	void (*done)(struct record *, enum pushed);
};

static struct push *
push_of(struct queue *q)
{
	uint64_t dice = 0;

	if (q->push != NULL)
		return q->push;
	if (getrandom(&dice, sizeof(dice), 0) != sizeof(dice))
		err(EX_OSERR, "getrandom");
	q->push = mem_zalloc(1, sizeof(*q->push));
	q->push->budget = -1;
	snprintf(q->push->pusher, sizeof(q->push->pusher), "%016llx",
	    (unsigned long long)dice);
	return q->push;
}

void
push_free(struct push *p)
{
	size_t i;

	for (i = 0; p != NULL && i < p->count; i++)
		record_free(p->batch[i]);
	free(p);
}

void
queue_on_pushed(struct queue *q, void (*done)(struct record *, enum pushed))
{
	push_of(q)->done = done;
}

void
queue_set_budget(struct queue *q, long failures)
{
	push_of(q)->budget = failures;
}

/* The state of a run that has the task; "" when it has not. */
static void
state_having(
    struct queue *q, const char *run, const char *id, char *state, size_t size)
{
	char *task = mem_printf("ft:{%s}:task:%s", run, id);
	struct request *r = request_command("EXISTS");
	redisReply *reply;
	const char *now = NULL;
	int64_t known;

	request_text(r, task);
	free(task);
	reply = queue_ask(q, r);
	known = reply ? reply->integer : 0;
	freeReplyObject(reply);
	reply = queue_ask(q, queue_request(&script_look, run));
	if (reply != NULL && reply->type == REDIS_REPLY_ARRAY)
		now = reply_field(reply_list(reply, 5), "state");
	snprintf(state, size, "%s", now != NULL ? now : "");
	freeReplyObject(reply);
	if (!known && strcmp(state, "open") != 0)
		*state = '\0';
}

/*
 * The current run, while it is open, or sealed but not finished and the same
 * map is pushed again: a controller that starts anew goes on with its run.
 */
static bool
join_current(struct queue *q, const char *id)
{
	struct request *r = request_command("HGET");
	char state[16] = "";
	redisReply *reply;

	request_text(r, KEY_CURRENT);
	request_text(r, "runid");
	reply = queue_ask(q, r);
	if (reply != NULL && reply->type == REDIS_REPLY_STRING) {
		state_having(q, reply->str, id, state, sizeof(state));
		if (strcmp(state, "open") == 0 || strcmp(state, "sealed") == 0)
			queue_name(q, opt_name("runmeta", reply->str));
	}
	freeReplyObject(reply);
	return q->run != NULL;
}

/* A name out of Redis' time: seconds and microseconds. */
static void
name_by_time(struct queue *q)
{
	redisReply *reply = queue_ask(q, request_command("TIME"));
	char *name;

	if (reply == NULL)
		return;
	name = mem_printf(
	    "%s.%06lld", reply_text(reply, 0), (long long)reply_int(reply, 1));
	queue_name(q, name);
	free(name);
	freeReplyObject(reply);
}

static void
enlist(struct queue *q)
{
	struct request *add = request_command("ZADD"), *keep;

	request_text(add, KEY_RUNS);
	request_text(add, "NX");
	request_int(add, clock_utc_ms());
	request_text(add, q->run);
	queue_command(q, add);
	keep = request_command("EXPIRE");
	request_text(keep, KEY_RUNS);
	request_int(keep, QUEUE_TTL_S);
	queue_command(q, keep);
}

static void
ask_names(struct request *r, const struct record *task)
{
	char *names[ESTIMATE_NAMES];
	int i;

	estimate_names(task, names);
	for (i = 0; i < ESTIMATE_NAMES; i++) {
		request_text(r, names[i] != NULL ? names[i] : "");
		free(names[i]);
	}
}

static void
expect_one(struct record *task, const redisReply *reply, size_t first)
{
	int64_t known[ESTIMATE_NAMES], ms;
	size_t i;

	for (i = 0; i < ESTIMATE_NAMES; i++)
		known[i] = *reply_text(reply, first + i) != '\0'
		               ? reply_int(reply, first + i)
		               : -1;
	ms = estimate_ms(task, known);
	if (ms >= 0)
		record_set_int(task, RECORD_EXPECTED_MS, ms);
}

/* The history's durations become the records' expected_ms. */
static void
expect(struct queue *q, struct push *p)
{
	struct request *r = request_command("HMGET");
	redisReply *reply;
	size_t i, asked = 0;

	request_text(r, KEY_HISTORY);
	request_text(r, "");
	for (i = 0; i < p->count; i++)
		if (!record_has(p->batch[i], RECORD_EXPECTED_MS))
			ask_names(r, p->batch[i]);
	reply = queue_ask(q, r);
	for (i = 0; reply != NULL && i < p->count; i++)
		if (!record_has(p->batch[i], RECORD_EXPECTED_MS))
			expect_one(
			    p->batch[i], reply, 1 + ESTIMATE_NAMES * asked++);
	freeReplyObject(reply);
}

/* What no history knows is at least heavy or light. */
static void
request_weight(struct request *r, int64_t weight)
{
	char text[32];

	snprintf(text, sizeof(text), "~%lld", (long long)weight);
	request_text(r, text);
}

static void
add_task(struct request *r, const struct record *task)
{
	char *text = record_print(task);

	request_text(r, record_text(task, RECORD_ID));
	request_text(r, text);
	request_int(r, record_int(task, RECORD_PRIORITY, 0));
	if (record_has(task, RECORD_EXPECTED_MS))
		request_int(r, record_int(task, RECORD_EXPECTED_MS, 0));
	else if (record_has(task, RECORD_WEIGHT))
		request_weight(r, record_int(task, RECORD_WEIGHT, 0));
	else
		request_text(r, "");
	request_int(r, record_int(task, RECORD_RETRIES, 0));
	free(text);
}

static redisReply *
send_batch(struct queue *q, struct push *p)
{
	struct request *r = queue_request(&script_push, q->run);
	size_t i;

	request_text(r, q->run);
	request_text(r, p->pusher);
	request_int(r, ++p->number);
	if (p->budget >= 0)
		request_int(r, p->budget);
	else
		request_text(r, "");
	for (i = 0; i < p->count; i++)
		add_task(r, p->batch[i]);
	return queue_ask(q, r);
}

static enum pushed
meaning(char letter)
{
	return letter == 'a'   ? QUEUE_ADDED
	       : letter == 'k' ? QUEUE_KNOWN
	                       : QUEUE_REFUSED;
}

static void
flush(struct queue *q)
{
	struct push *p = push_of(q);
	redisReply *reply;
	size_t i;

	if (p->count == 0)
		return;
	expect(q, p);
	reply = send_batch(q, p);
	if (reply == NULL || reply->type != REDIS_REPLY_STRING ||
	    reply->len != p->count)
		errx(EX_SOFTWARE, "push: an answer that makes no sense");
	for (i = 0; i < p->count; i++) {
		p->done(p->batch[i], meaning(reply->str[i]));
		record_free(p->batch[i]);
	}
	p->count = 0;
	freeReplyObject(reply);
}

void
queue_push(struct queue *q, struct record *owned)
{
	struct push *p = push_of(q);

	if (q->run == NULL && !join_current(q, record_text(owned, RECORD_ID)))
		name_by_time(q);
	if (p->number == 0 && p->count == 0)
		enlist(q);
	p->batch[p->count++] = owned;
	if (p->count == BATCH)
		flush(q);
}

/* All batches are answered, so none of them will be sent again. */
static void
forget_answers(struct queue *q)
{
	struct request *r = request_command("HDEL");
	char *meta = queue_key(q->run, "meta");
	char *mark = mem_printf("push:%s", push_of(q)->pusher);

	request_text(r, meta);
	request_text(r, mark);
	queue_command(q, r);
	free(meta);
	free(mark);
}

void
queue_push_end(struct queue *q)
{
	flush(q);
	if (q->run != NULL)
		forget_answers(q);
}

static void
field(struct request *r, const char *name, int64_t value)
{
	request_text(r, name);
	request_int(r, value);
}

/* Make the run the current one, once in its life. */
static void
announce(struct queue *q, int64_t total)
{
	struct request *r = request_command("HSET"), *keep;

	request_text(r, KEY_CURRENT);
	request_text(r, "runid");
	request_text(r, q->run);
	field(r, "cmdcount", total);
	field(r, "cmdfinishedcount", 0);
	field(r, "finished", 0);
	field(r, "tasksremaining", total);
	field(r, "tasksfinished", 0);
	queue_command(q, r);
	keep = request_command("EXPIRE");
	request_text(keep, KEY_CURRENT);
	request_int(keep, QUEUE_TTL_S);
	queue_command(q, keep);
	queue_command(q, queue_request(&script_announced, q->run));
}

void
queue_seal(struct queue *q)
{
	struct request *r;
	redisReply *reply;

	if (q->run == NULL)
		return;
	r = queue_request(&script_seal, q->run);
	reply = queue_ask(q, r);
	if (reply == NULL)
		return;
	if (reply->type == REDIS_REPLY_ARRAY && reply_int(reply, 2) == 0)
		announce(q, reply_int(reply, 1));
	freeReplyObject(reply);
}

void
queue_cancel(struct queue *q)
{
	redisReply *reply = queue_ask(q, queue_request(&script_cancel, q->run));

	if (reply == NULL || reply->type == REDIS_REPLY_NIL)
		errx(EX_NOINPUT, "%s: no such run", q->run);
	freeReplyObject(reply);
}
