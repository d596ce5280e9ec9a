/* queue_report - beats and ends of attempts back to a run */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "jsonl.h"
#include "mem.h"
#include "queue_impl.h"

#define HOLD_MS 500   /* how long a beat waits for its attempt's end */
#define HOLD_LEASE 10 /* or this part of its lease, if that is shorter */
#define HELD_MAX 64   /* waiting beats: of more the oldest is sent */

struct held {
	struct held *next;
	struct record *beat;
	int64_t due_ms; /* by clock_mono_ms */
};

/*
 * The instance that a token names, which is the fencing number and a
 * request's nonce: N-INSTANCE.SEQ
 */
static char *
instance(const char *token)
{
	const char *start = strchr(token, '-');
	const char *end = strrchr(token, '.');

	if (start == NULL || end == NULL || end <= start)
		return mem_strdup("-");
	return mem_strndup(start + 1, (size_t)(end - start - 1));
}

static struct request *
request_about(
    struct redis_script *s, const char *run, const char *id, const char *token)
{
	struct request *q = queue_request(s, run);
	char *name = instance(token);

	request_text(q, id);
	request_text(q, token);
	request_text(q, name);
	free(name);
	return q;
}

struct request *
queue_hand_back(const char *run, const char *id, const char *token)
{
	struct request *q = request_about(&script_finish, run, id, token);

	request_text(q, status_name(STATUS_WAITING));
	request_text(q, result_name(RESULT_UNKNOWN));
	request_text(q, reason_name(REASON_DRAIN));
	request_text(q, "");
	request_text(q, "");
	request_text(q, "");
	return q;
}

static struct request *
beat(const struct record *r)
{
	struct request *q =
	    request_about(&script_beat, record_text(r, RECORD_RUN),
		record_text(r, RECORD_ID), record_text(r, RECORD_LEASE));

	request_int(q, record_int(r, RECORD_STARTED_MS, 0));
	request_int(q, record_int(r, RECORD_SLOT, 1));
	return q;
}

static struct request *
finish(const struct record *r)
{
	struct request *q =
	    request_about(&script_finish, record_text(r, RECORD_RUN),
		record_text(r, RECORD_ID), record_text(r, RECORD_LEASE));
	cJSON *json = record_attempt(r);
	char *attempt = jsonl_print(json);
	char *whole = record_print(r);

	request_text(q, status_name(STATUS_COMPLETE));
	request_text(q, result_name(record_result(r)));
	request_text(q, reason_name(record_reason(r)));
	request_text(q, whole);
	request_text(q, attempt);
	if (record_has(r, RECORD_DURATION_MS))
		request_int(q, record_int(r, RECORD_DURATION_MS, 0));
	else
		request_text(q, "");
	free(whole);
	free(attempt);
	cJSON_Delete(json);
	return q;
}

static void
send(struct queue *q, struct record *owned)
{
	struct request *r;

	if (record_status(owned) == STATUS_PROCESSING)
		r = beat(owned);
	else if (record_status(owned) == STATUS_WAITING)
		r = queue_hand_back(record_text(owned, RECORD_RUN),
		    record_text(owned, RECORD_ID),
		    record_text(owned, RECORD_LEASE));
	else
		r = finish(owned);
	q->unanswered++;
	redis_send(q->redis, r, owned);
}

/* Out of the list at link. */
static struct record *
unhold(struct queue *q, struct held **link)
{
	struct held *h = *link;
	struct record *r = h->beat;

	*link = h->next;
	if (*link == NULL)
		q->last_held = link;
	q->held_count--;
	free(h);
	return r;
}

static bool
holdable(const struct record *r, int64_t *ms)
{
	*ms = record_int(r, RECORD_LEASE_MS, 0) / HOLD_LEASE;
	if (*ms > HOLD_MS)
		*ms = HOLD_MS;
	return record_status(r) == STATUS_PROCESSING && *ms > 0;
}

static void
hold(struct queue *q, struct record *owned, int64_t ms)
{
	struct held *h = mem_alloc(sizeof(*h));

	*h = (struct held){NULL, owned, clock_mono_ms() + ms};
	if (q->held == NULL)
		q->last_held = &q->held;
	*q->last_held = h;
	q->last_held = &h->next;
	if (++q->held_count > HELD_MAX)
		send(q, unhold(q, &q->held));
}

/* What a beat would say is no news once its attempt has ended. */
static void
overtake(struct queue *q, const struct record *end)
{
	const char *lease = record_text(end, RECORD_LEASE);
	struct held **link = &q->held;

	while (*link != NULL)
		if (strcmp(record_text((*link)->beat, RECORD_LEASE), lease) ==
		    0)
			record_free(unhold(q, link));
		else
			link = &(*link)->next;
}

void
queue_report(struct queue *q, struct record *owned)
{
	int64_t ms;

	if (holdable(owned, &ms)) {
		hold(q, owned, ms);
	} else {
		overtake(q, owned);
		send(q, owned);
	}
}

static void
send_held(struct queue *q, int64_t now)
{
	struct held **link = &q->held;

	while (*link != NULL)
		if ((*link)->due_ms <= now)
			send(q, unhold(q, link));
		else
			link = &(*link)->next;
}

static int64_t
due_ms(const struct queue *q)
{
	int64_t due = q->lesson ? q->lesson_due_ms : INT64_MAX;
	const struct held *h;

	for (h = q->held; h != NULL; h = h->next)
		if (h->due_ms < due)
			due = h->due_ms;
	return due;
}

void
queue_wait(struct queue *q, struct pollfd *others, nfds_t count)
{
	int64_t now = clock_mono_ms(), due;

	send_held(q, now);
	queue_teach(q, false);
	due = due_ms(q);
	redis_wait(q->redis, others, count,
	    due == INT64_MAX ? -1
	    : due > now      ? due - now
			     : 0);
}

static void
set_reason(struct record *r, const char *name)
{
	record_set_reason(r, reason_of(name));
}

/* The task waits again: nothing of this attempt is its state any more. */
static void
back_to_waiting(struct record *r, const redisReply *reply)
{
	char *run = mem_strdup(record_text(r, RECORD_RUN));

	record_drop_state(r);
	record_set_text(r, RECORD_RUN, run);
	record_set_status(r, STATUS_WAITING);
	record_set_result(r, RESULT_UNKNOWN);
	set_reason(r, reply_text(reply, 2));
	queue_set_list(r, RECORD_ATTEMPTS, reply_text(reply, 3));
	free(run);
}

static void
completed(struct queue *q, struct record *r, const redisReply *reply)
{
	record_set_text(r, RECORD_RESULT, reply_text(reply, 1));
	set_reason(r, reply_text(reply, 2));
	queue_set_list(r, RECORD_ATTEMPTS, reply_text(reply, 3));
	if (record_result(r) == RESULT_PASSED ||
	    record_result(r) == RESULT_FLAKY)
		queue_learn(q, r);
}

/* What the queue says of a report is what its record says from now on. */
static struct record *
answered(struct queue *q, struct record *r, const redisReply *reply)
{
	const char *word = reply_text(reply, 0);
	struct record *now = r;

	if (reply->type == REDIS_REPLY_NIL) {
		warnx("%s: run %s has no such task", record_text(r, RECORD_ID),
		    record_text(r, RECORD_RUN));
		q->unknown++;
		now = NULL;
	} else if (strcmp(word, "complete") == 0) {
		completed(q, r, reply);
	} else if (strcmp(word, "waiting") == 0) {
		back_to_waiting(r, reply);
	} else if (strcmp(word, "held") != 0) {
		now = queue_record(reply_list(reply, 2),
		    record_text(r, RECORD_RUN), reply_text(reply, 1));
	}
	if (now != r)
		record_free(r);
	return now;
}

struct record *
queue_reported(struct queue *q, bool wait)
{
	struct record *r = NULL;
	redisReply *reply;
	void *tag;

	while (r == NULL && (q->unanswered > 0 || q->unlearnt > 0) &&
	       (wait || redis_answered(q->redis))) {
		reply = redis_answer(q->redis, &tag);
		if (reply == NULL)
			return NULL;
		if (tag != NULL) {
			q->unanswered--;
			r = answered(q, tag, reply);
		} else {
			q->unlearnt--;
		}
		freeReplyObject(reply);
	}
	return r;
}

void
queue_settle(struct queue *q)
{
	redisReply *reply;
	void *tag;

	queue_teach(q, true);
	while ((reply = redis_answer(q->redis, &tag)) != NULL)
		freeReplyObject(reply);
	q->unlearnt = 0;
}

void
queue_flush(struct queue *q)
{
	send_held(q, INT64_MAX);
}

unsigned long
queue_unknown(const struct queue *q)
{
	return q->unknown;
}

unsigned long
queue_unanswered(const struct queue *q)
{
	return q->unanswered;
}
