/* queue_report - beats and ends of attempts back to a run */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "mem.h"
#include "queue_impl.h"

/* A token is the fencing number and a request's nonce: N-INSTANCE.SEQ */
char *
queue_instance(const char *token)
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
	char *instance = queue_instance(token);

	request_text(q, id);
	request_text(q, token);
	request_text(q, instance);
	free(instance);
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
	request_int(q, 0);
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
	char *attempt = cJSON_PrintUnformatted(json);
	char *whole = record_print(r);

	request_text(q, status_name(STATUS_COMPLETE));
	request_text(q, result_name(record_result(r)));
	request_text(q, reason_name(record_reason(r)));
	request_text(q, whole);
	request_text(q, attempt);
	request_int(q, record_int(r, RECORD_DURATION_MS, 0));
	free(whole);
	free(attempt);
	cJSON_Delete(json);
	return q;
}

void
queue_report(struct queue *q, struct record *owned)
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
queue_reported(struct queue *q)
{
	struct record *r = NULL;
	redisReply *reply;
	void *tag;

	while (r == NULL && q->unanswered > 0) {
		reply = redis_answer(q->redis, &tag);
		if (reply == NULL)
			return NULL;
		if (tag != NULL) {
			q->unanswered--;
			r = answered(q, tag, reply);
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

	while ((reply = redis_answer(q->redis, &tag)) != NULL)
		freeReplyObject(reply);
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
