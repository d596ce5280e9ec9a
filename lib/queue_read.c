/* queue_read - a run's tasks, for people and reports */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "mem.h"
#include "queue_impl.h"

#define CHUNK 4096 /* ids asked for at once */
#define AHEAD 256  /* tasks asked for ahead */

void
queue_set_list(struct record *r, enum field f, const char *json)
{
	cJSON *list;

	if (json == NULL || *json == '\0' || strcmp(json, "[]") == 0)
		return;
	list = cJSON_Parse(json);
	if (!cJSON_IsArray(list))
		errx(EX_SOFTWARE, "a list of attempts that is none");
	record_set_json(r, f, list);
}

static void
set_objects(struct record *r, enum field f, const char *objects)
{
	char *json;

	if (objects == NULL)
		return;
	json = mem_printf("[%s]", objects);
	queue_set_list(r, f, json);
	free(json);
}

static void
copy_int(
    struct record *r, enum field f, const redisReply *fields, const char *name)
{
	const char *value = reply_field(fields, name);

	if (value != NULL && *value != '\0')
		record_set_int(r, f, atoll(value));
}

static void
copy_text(
    struct record *r, enum field f, const redisReply *fields, const char *name)
{
	const char *value = reply_field(fields, name);

	if (value != NULL)
		record_set_text(r, f, value);
}

/* Where a lease runs, or ran when nobody reported its end. */
static void
set_place(struct record *r, const redisReply *fields)
{
	copy_text(r, RECORD_WORKER, fields, "worker");
	copy_int(r, RECORD_SLOT, fields, "slot");
	copy_int(r, RECORD_ATTEMPT, fields, "leases");
	copy_int(r, RECORD_STARTED_MS, fields, "started_ms");
}

static void
set_verdict(struct record *r, const redisReply *fields, const char *result)
{
	if (!record_has(r, RECORD_FINISHED_MS)) {
		set_place(r, fields);
		copy_int(r, RECORD_FINISHED_MS, fields, "ended_ms");
	}
	record_set_status(r, STATUS_COMPLETE);
	record_set_text(r, RECORD_RESULT, result);
}

static void
set_leased(struct record *r, const redisReply *fields)
{
	set_place(r, fields);
	copy_text(r, RECORD_LEASE, fields, "lease");
	copy_int(r, RECORD_LEASE_MS, fields, "lease_ms");
	record_set_status(r, STATUS_PROCESSING);
	record_set_result(r, RESULT_UNKNOWN);
}

static void
set_waiting(struct record *r, const char *view)
{
	bool cancelled =
	    strcmp(view, "cancelled") == 0 || strcmp(view, "over") == 0;

	record_set_status(r, cancelled ? STATUS_COMPLETE : STATUS_WAITING);
	record_set_result(r, cancelled ? RESULT_CANCELLED : RESULT_UNKNOWN);
}

struct record *
queue_record(const redisReply *fields, const char *run, const char *view)
{
	const char *text = reply_field(fields, "record");
	const char *result = reply_field(fields, "result");
	const char *reason = reply_field(fields, "reason");
	struct record *r = text ? record_parse(text) : NULL;

	if (r == NULL)
		return NULL;
	record_set_text(r, RECORD_RUN, run);
	if (result != NULL)
		set_verdict(r, fields, result);
	else if (reply_field(fields, "lease") != NULL &&
		 reply_field(fields, "silent_ms") == NULL &&
		 strcmp(view, "over") != 0)
		set_leased(r, fields);
	else
		set_waiting(r, view);
	record_set_reason(r, reason ? reason_of(reason) : REASON_NONE);
	set_objects(r, RECORD_ATTEMPTS, reply_field(fields, "attempts"));
	set_objects(r, RECORD_LATE, reply_field(fields, "late"));
	return r;
}

static redisReply *
range(struct queue *q, const char *list, int64_t first)
{
	struct request *r = request_command("LRANGE");
	char *key = queue_key(q->run, list);

	request_text(r, key);
	request_int(r, first);
	request_int(r, first + CHUNK - 1);
	free(key);
	return queue_ask(q, r);
}

static void
ask_for(struct queue *q, const char *id)
{
	struct request *r = request_command("HGETALL");
	char *key = queue_task_key(q->run, id);

	request_text(r, key);
	free(key);
	redis_send(q->redis, r, NULL);
}

static void
hand_over(struct queue *q, const redisReply *fields, const char *view,
    void (*each)(struct record *))
{
	struct record *r = queue_record(fields, q->run, view);

	if (r == NULL)
		return;
	each(r);
	record_free(r);
}

/*
 * Ask for the tasks of a list of ids, and hand over their records. Some are
 * always asked for ahead, so that the server works while we do.
 */
static void
each_id(struct queue *q, const redisReply *ids, const char *view,
    void (*each)(struct record *))
{
	redisReply *fields;
	void *tag;
	size_t i, asked = 0;

	for (i = 0; i < ids->elements; i++) {
		if (asked < i + AHEAD / 2)
			while (asked < ids->elements && asked < i + AHEAD)
				ask_for(q, reply_text(ids, asked++));
		fields = redis_answer(q->redis, &tag);
		if (fields == NULL)
			errx(EX_UNAVAILABLE, "redis is out of reach");
		hand_over(q, fields, view, each);
		freeReplyObject(fields);
	}
}

static const char *
view(const struct queue_look *l)
{
	return l->over && strcmp(l->state, "cancelled") == 0 ? "over"
	                                                     : l->state;
}

static int64_t
each_of(struct queue *q, const char *list, int64_t first,
    void (*each)(struct record *))
{
	struct queue_look l;
	int64_t at = first;
	redisReply *ids;
	size_t n;

	queue_look(q, &l);
	do {
		ids = range(q, list, at);
		n = ids ? ids->elements : 0;
		if (n > 0)
			each_id(q, ids, view(&l), each);
		freeReplyObject(ids);
		at += (int64_t)n;
	} while (n == CHUNK);
	return at - first;
}

void
queue_each_active(struct queue *q, void (*each)(struct record *))
{
	struct request *r = request_command("ZRANGE");
	char *key = queue_key(q->run, "leases");
	redisReply *before = q->active;
	struct queue_look l;

	request_text(r, key);
	request_int(r, 0);
	request_int(r, -1);
	free(key);
	q->active = queue_ask(q, r);
	queue_look(q, &l);
	if (before != NULL)
		each_id(q, before, view(&l), each);
	if (q->active != NULL)
		each_id(q, q->active, view(&l), each);
	freeReplyObject(before);
}

int64_t
queue_each(struct queue *q, void (*each)(struct record *))
{
	return each_of(q, "ids", 0, each);
}

int64_t
queue_each_done(struct queue *q, int64_t first, void (*each)(struct record *))
{
	return each_of(q, "done", first, each);
}
