/* queue_look - what the queue counts of a run by itself */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "mem.h"
#include "queue_impl.h"

static int64_t
counter(const redisReply *meta, const char *name)
{
	const char *value = reply_field(meta, name);

	return value ? atoll(value) : 0;
}

/* Workers by name: one that was started anew counts once. */
static void
count_workers(const redisReply *workers, struct queue_look *look)
{
	char name[80], mode;
	const char **seen = mem_zalloc(workers->elements / 2, sizeof(*seen));
	long long heard, slots;
	size_t i, j, n = 0;

	for (i = 0; i + 1 < workers->elements; i += 2) {
		if (sscanf(reply_text(workers, i + 1), "%79s %lld %c %lld",
			name, &slots, &mode, &heard) != 4)
			continue;
		if (look->now_ms - heard > QUEUE_LIVE_MS || mode == 'd')
			continue;
		look->slots += slots;
		for (j = 0; j < n; j++)
			if (strncmp(seen[j], name, strlen(name)) == 0 &&
			    seen[j][strlen(name)] == ' ')
				break;
		if (j == n)
			seen[n++] = reply_text(workers, i + 1);
	}
	look->workers = (int64_t)n;
	free(seen);
}

static void
read_meta(const redisReply *meta, struct queue_look *l)
{
	snprintf(l->state, sizeof(l->state), "%s", reply_field(meta, "state"));
	l->created_ms = counter(meta, "created_ms");
	l->started_ms = counter(meta, "started_ms");
	l->finished_ms = counter(meta, "finished_ms");
	l->passed = counter(meta, result_name(RESULT_PASSED));
	l->failed = counter(meta, result_name(RESULT_FAILED));
	l->error = counter(meta, result_name(RESULT_ERROR));
	l->flaky = counter(meta, result_name(RESULT_FLAKY));
	l->retried = counter(meta, "retried");
	l->lost = counter(meta, "lost");
	l->late = counter(meta, "late");
	l->busy_ms = counter(meta, "busy_ms");
	l->leased_ms = counter(meta, "fence");
}

static void
read_look(const redisReply *reply, struct queue_look *l)
{
	memset(l, 0, sizeof(*l));
	l->now_ms = reply_int(reply, 0);
	l->total = reply_int(reply, 1);
	l->waiting = reply_int(reply, 2);
	l->processing = reply_int(reply, 3);
	l->done = reply_int(reply, 4);
	read_meta(reply_list(reply, 5), l);
	if (strcmp(l->state, "cancelled") == 0) {
		l->cancelled = l->waiting;
		l->waiting = 0;
		l->over = l->processing == 0;
	} else {
		l->over = strcmp(l->state, "finished") == 0;
	}
	count_workers(reply_list(reply, 6), l);
}

/* Look at a run; false when there is none. */
static bool
look(struct queue *q, const char *run, struct queue_look *l)
{
	redisReply *reply = queue_ask(q, queue_request(&script_look, run));
	bool there;

	if (reply == NULL)
		errx(EX_UNAVAILABLE, "redis is out of reach");
	there = reply->type != REDIS_REPLY_NIL;
	if (there && (reply->type != REDIS_REPLY_ARRAY || reply->elements != 7))
		errx(EX_SOFTWARE, "look: an answer that makes no sense");
	if (there)
		read_look(reply, l);
	freeReplyObject(reply);
	return there;
}

void
queue_look(struct queue *q, struct queue_look *l)
{
	if (!look(q, q->run, l))
		errx(EX_NOINPUT, "%s: no such run", q->run);
}

void
queue_each_run(struct queue *q,
    void (*each)(const char *run, const struct queue_look *look))
{
	struct request *r = queue_shared("ZREVRANGE", KEY_RUNS);
	struct queue_look l;
	redisReply *runs;
	size_t i;

	request_int(r, 0);
	request_int(r, -1);
	runs = queue_ask(q, r);
	for (i = 0; runs != NULL && i < runs->elements; i++)
		if (look(q, reply_text(runs, i), &l))
			each(reply_text(runs, i), &l);
	freeReplyObject(runs);
}
