/* queue_batch - batches of tasks on their way to a run */
#include <err.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sysexits.h>

#include "clock.h"
#include "estimate.h"
#include "mem.h"
#include "queue_impl.h"

#define RUNS_MAX 1000 /* of ft:runs: the newest */
#define BATCH 200     /* tasks of one script */
#define AHEAD 8       /* batches under way at once: push.lua knows it, too */

/* of a score: */
#define BAND 0x1p41
#define KNOWN 0x1p40
#define LONGEST_MS 0x1p39

/*
 * A batch makes two trips: for what the history knows of its tasks, if it
 * knows anything, and to the run. Others make theirs meanwhile.
 */
struct batch {
	struct record *task[BATCH];
	size_t count;
	bool expected; /* the first trip is done */
};

struct push {
	char pusher[32]; /* a name that no other process has */
	int64_t number;  /* of the batch sent last */
	long budget;
	enum { UNASKED, EMPTY, KNOWING } history;
	struct batch *open; /* not full yet, or NULL */
	int under_way;
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
	if (p == NULL)
		return;
	free(p->open);
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

/* An empty history, as before a first run, is not asked for every task. */
static bool
history_is_empty(struct queue *q)
{
	struct push *p = push_of(q);
	redisReply *reply;

	if (p->history == UNASKED) {
		reply = queue_ask(q, queue_shared("HLEN", KEY_HISTORY));
		p->history =
		    reply != NULL && reply->integer > 0 ? KNOWING : EMPTY;
		freeReplyObject(reply);
	}
	return p->history == EMPTY;
}

static void
ask_history(struct queue *q, struct batch *b)
{
	struct request *r = queue_shared("HMGET", KEY_HISTORY);
	size_t i;

	request_text(r, "");
	for (i = 0; i < b->count; i++)
		if (!record_has(b->task[i], RECORD_EXPECTED_MS))
			ask_names(r, b->task[i]);
	redis_send(q->redis, r, b);
}

/* The history's durations become the records' expected_ms. */
static void
expect(struct batch *b, const redisReply *reply)
{
	size_t i, asked = 0;

	for (i = 0; i < b->count; i++)
		if (!record_has(b->task[i], RECORD_EXPECTED_MS))
			expect_one(
			    b->task[i], reply, 1 + ESTIMATE_NAMES * asked++);
	b->expected = true;
}

void
queue_expect(struct queue *q, struct record **tasks, size_t count)
{
	struct batch b = {0};
	redisReply *reply;
	void *tag;
	size_t i, done;

	if (history_is_empty(q))
		return;
	for (done = 0; done < count; done += b.count) {
		b.count = count - done < BATCH ? count - done : BATCH;
		for (i = 0; i < b.count; i++)
			b.task[i] = tasks[done + i];
		ask_history(q, &b);
		reply = redis_answer(q->redis, &tag);
		if (reply != NULL)
			expect(&b, reply);
		freeReplyObject(reply);
	}
}

/*
 * The queue's score; choose.lua has the same figures. It is made here, since
 * the server is what all share. What no history knows is at least heavy or
 * light, or goes by its place in the run, which the server adds.
 */
static void
request_score(struct request *r, const struct record *task)
{
	int64_t ms = record_int(task, RECORD_EXPECTED_MS, -1);
	int64_t weight = record_int(task, RECORD_WEIGHT, -1);
	double x = -BAND * (double)record_int(task, RECORD_PRIORITY, 0);
	const char *plus = "";
	char text[64];

	if (ms >= 0)
		x += KNOWN + LONGEST_MS - fmin((double)ms, LONGEST_MS);
	else if (weight >= 0)
		x += KNOWN - fmin((double)weight, LONGEST_MS - 1);
	else
		plus = "+";
	snprintf(text, sizeof(text), "%s%.0f", plus, x + 0.0); /* no -0 */
	request_text(r, text);
}

/* None is a field that the queue need not keep. */
static void
request_retries(struct request *r, int64_t retries)
{
	if (retries != 0)
		request_int(r, retries);
	else
		request_text(r, "");
}

static void
add_task(struct request *r, const struct record *task)
{
	char *text = record_print(task);

	request_text(r, record_text(task, RECORD_ID));
	request_text(r, text);
	request_score(r, task);
	request_retries(r, record_int(task, RECORD_RETRIES, 0));
	request_text(r, record_has(task, RECORD_SHARE)
			    ? record_text(task, RECORD_SHARE)
			    : "");
	free(text);
}

/* Tell ft:runs of the run, on the way of its first batch. */
static void
enlist(struct queue *q)
{
	struct request *add = queue_shared("ZADD", KEY_RUNS),
		       *cut = queue_shared("ZREMRANGEBYRANK", KEY_RUNS),
		       *keep = queue_shared("EXPIRE", KEY_RUNS);

	request_text(add, "NX");
	request_int(add, clock_utc_ms());
	request_text(add, q->run);
	request_int(cut, 0);
	request_int(cut, -RUNS_MAX - 1);
	request_int(keep, QUEUE_TTL_S);
	redis_send(q->redis, add, NULL);
	redis_send(q->redis, cut, NULL);
	redis_send(q->redis, keep, NULL);
}

static void
send_batch(struct queue *q, struct batch *b)
{
	struct request *r = queue_request(&script_push, q->run);
	struct push *p = push_of(q);
	size_t i;

	if (p->number == 0)
		enlist(q);
	request_text(r, q->run);
	request_text(r, p->pusher);
	request_int(r, ++p->number);
	if (p->budget >= 0)
		request_int(r, p->budget);
	else
		request_text(r, "");
	for (i = 0; i < b->count; i++)
		add_task(r, b->task[i]);
	redis_send(q->redis, r, b);
}

static enum pushed
meaning(char letter)
{
	return letter == 'a'   ? QUEUE_ADDED
	       : letter == 'k' ? QUEUE_KNOWN
	                       : QUEUE_REFUSED;
}

static void
conclude(struct queue *q, struct batch *b, const redisReply *reply)
{
	struct push *p = push_of(q);
	size_t i;

	if (reply->type != REDIS_REPLY_STRING || reply->len != b->count)
		errx(EX_SOFTWARE, "push: an answer that makes no sense");
	for (i = 0; i < b->count; i++) {
		p->done(b->task[i], meaning(reply->str[i]));
		record_free(b->task[i]);
	}
	free(b);
	p->under_way--;
}

/* One answer, and what follows from it: from one of enlist's, nothing. */
static void
go_on(struct queue *q)
{
	void *tag = NULL;
	redisReply *reply = redis_answer(q->redis, &tag);
	struct batch *b = tag;

	if (reply == NULL)
		errx(EX_SOFTWARE, "push: no answer");
	if (b != NULL && b->expected) {
		conclude(q, b, reply);
	} else if (b != NULL) {
		expect(b, reply);
		send_batch(q, b);
	}
	freeReplyObject(reply);
}

static void
depart(struct queue *q)
{
	struct push *p = push_of(q);

	while (p->under_way == AHEAD)
		go_on(q);
	p->open->expected = history_is_empty(q);
	if (p->open->expected)
		send_batch(q, p->open);
	else
		ask_history(q, p->open);
	p->open = NULL;
	p->under_way++;
}

void
batch_add(struct queue *q, struct record *owned)
{
	struct push *p = push_of(q);

	if (p->open == NULL)
		p->open = mem_zalloc(1, sizeof(*p->open));
	p->open->task[p->open->count++] = owned;
	if (p->open->count == BATCH)
		depart(q);
}

/* All batches are answered, so none of them will be sent again. */
static void
forget_answers(struct queue *q)
{
	struct request *r = request_command("HDEL");
	char *meta = queue_key(q->run, "meta");
	struct push *p = push_of(q);
	int64_t n = p->number;
	char mark[64];

	request_text(r, meta);
	for (; n > 0 && n > p->number - AHEAD; n--) {
		snprintf(mark, sizeof(mark), "push:%s.%lld", p->pusher,
		    (long long)n);
		request_text(r, mark);
	}
	queue_command(q, r);
	free(meta);
}

void
batch_end(struct queue *q)
{
	struct push *p = push_of(q);

	if (p->open == NULL && p->under_way == 0)
		return;
	if (p->open != NULL)
		depart(q);
	while (p->under_way > 0)
		go_on(q);
	if (p->number > 0)
		forget_answers(q);
}
