/* queue_push - tasks into a run, a batch a script */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "mem.h"
#include "opt.h"
#include "queue_impl.h"

#define DIVIDE 500 /* specs of one script */

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

/* Settle the run by the first of its tasks. */
static void
settle(struct queue *q, const struct record *first)
{
	if (q->run == NULL &&
	    !queue_join_current(q, record_text(first, RECORD_ID)))
		name_by_time(q);
}

void
queue_push(struct queue *q, struct record *owned)
{
	settle(q, owned);
	batch_add(q, owned);
}

/* Ask for as many as one script takes, of those that may be divided. */
static size_t
divide(struct queue *q, struct record *const *tasks, size_t count,
    int64_t *parts, size_t first)
{
	struct request *r = queue_request(&script_divide, q->run);
	redisReply *reply;
	size_t i, end, asked = 0;

	for (end = first; end < count && asked < DIVIDE; end++) {
		if (!record_has(tasks[end], RECORD_SPLIT))
			continue;
		request_text(r, record_text(tasks[end], RECORD_ID));
		request_int(r, parts[end]);
		asked++;
	}
	reply = queue_ask(q, r);
	for (i = first, asked = 0; reply != NULL && i < end; i++)
		if (record_has(tasks[i], RECORD_SPLIT))
			parts[i] = reply_int(reply, asked++);
	freeReplyObject(reply);
	return end;
}

void
queue_divide(
    struct queue *q, struct record *const *tasks, size_t count, int64_t *parts)
{
	size_t i = 0;

	if (count > 0)
		settle(q, tasks[0]);
	while (i < count)
		i = divide(q, tasks, count, parts, i);
}

void
queue_push_end(struct queue *q)
{
	batch_end(q);
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
	if (reply->type == REDIS_REPLY_ARRAY && reply_int(reply, 2) == 0 &&
	    strcmp(reply_text(reply, 0), "cancelled") != 0)
		queue_announce(q);
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
