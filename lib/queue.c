/* queue - a run's tasks in Redis: the run, and what all parts share */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "lua.h"
#include "mem.h"
#include "opt.h"
#include "queue_impl.h"
#include "redis_tls.h"

#define SCRIPT(name)                          \
	struct redis_script script_##name = { \
	    #name, embed_##name##_lua, embed_##name##_lua_sha1}

SCRIPT(announced);
SCRIPT(beat);
SCRIPT(cancel);
SCRIPT(divide);
SCRIPT(finish);
SCRIPT(held);
SCRIPT(history);
SCRIPT(leave);
SCRIPT(look);
SCRIPT(pop);
SCRIPT(publish);
SCRIPT(push);
SCRIPT(seal);

const char *
queue_about(void)
{
	return redis_tls_about();
}

static struct queue *
connected(void)
{
	struct queue *q = mem_zalloc(1, sizeof(*q));

	q->redis = redis_open();
	return q;
}

static const char *
named(const char *run)
{
	if (run != NULL)
		return opt_name("-r", run);
	run = opt_env("FT_RUN", NULL);
	return run ? opt_name("FT_RUN", run) : NULL;
}

void
queue_name(struct queue *q, const char *run)
{
	free(q->run);
	q->run = mem_strdup(run);
}

struct queue *
queue_open(const char *run)
{
	const char *name = named(run);
	struct queue *q = connected();

	if (name != NULL)
		queue_name(q, name);
	else
		queue_use_current(q);
	return q;
}

struct queue *
queue_open_history(void)
{
	return connected();
}

struct queue *
queue_open_push(const char *run)
{
	const char *name = named(run);
	struct queue *q = connected();

	if (name != NULL)
		queue_name(q, name);
	return q;
}

void
queue_close(struct queue *q)
{
	if (q == NULL)
		return;
	redis_close(q->redis);
	push_free(q->push);
	freeReplyObject(q->active);
	free(q->run);
	free(q);
}

const char *
queue_run(const struct queue *q)
{
	return q->run;
}

void
queue_set_patience(struct queue *q, int64_t ms)
{
	if (ms >= 0)
		redis_set_patience(q->redis, ms);
}

void
queue_insist(struct queue *q)
{
	redis_insist(q->redis);
}

void
queue_on_wait(struct queue *q, bool (*give_up)(void))
{
	redis_on_wait(q->redis, give_up);
}

char *
queue_key(const char *run, const char *name)
{
	return mem_printf("ft:{%s}:%s", run, name);
}

char *
queue_task_key(const char *run, const char *id)
{
	return mem_printf("ft:{%s}:task:%s", run, id);
}

struct request *
queue_request(struct redis_script *s, const char *run)
{
	char *meta = queue_key(run, "meta");
	struct request *r = request_script(s, meta);

	free(meta);
	return r;
}

struct request *
queue_shared(const char *command, const char *key)
{
	struct request *r = request_shared(request_command(command));

	request_text(r, key);
	return r;
}

redisReply *
queue_ask(struct queue *q, struct request *r)
{
	return redis_ask(q->redis, r);
}

void
queue_command(struct queue *q, struct request *r)
{
	redisReply *reply = redis_ask(q->redis, r);

	if (reply != NULL)
		freeReplyObject(reply);
}

const redisReply *
reply_list(const redisReply *r, size_t i)
{
	if (r->type != REDIS_REPLY_ARRAY || i >= r->elements ||
	    r->element[i]->type != REDIS_REPLY_ARRAY)
		errx(EX_SOFTWARE, "redis: an answer that makes no sense");
	return r->element[i];
}

const char *
reply_text(const redisReply *r, size_t i)
{
	if (r->type != REDIS_REPLY_ARRAY || i >= r->elements ||
	    r->element[i]->type != REDIS_REPLY_STRING)
		return "";
	return r->element[i]->str;
}

int64_t
reply_int(const redisReply *r, size_t i)
{
	if (r->type != REDIS_REPLY_ARRAY || i >= r->elements)
		return 0;
	if (r->element[i]->type == REDIS_REPLY_INTEGER)
		return r->element[i]->integer;
	return strtoll(reply_text(r, i), NULL, 10);
}

const char *
reply_field(const redisReply *fields, const char *name)
{
	size_t i, len = strlen(name);

	if (fields->type != REDIS_REPLY_ARRAY)
		return NULL;
	for (i = 0; i + 1 < fields->elements; i += 2)
		if (fields->element[i]->len == len &&
		    strcmp(reply_text(fields, i), name) == 0)
			return reply_text(fields, i + 1);
	return NULL;
}

static const char *
info_value(const char *info, const char *name, size_t *len)
{
	const char *at = strstr(info, name);

	if (at == NULL)
		return NULL;
	at += strlen(name);
	*len = strcspn(at, "\r\n");
	return at;
}

static bool
info_is(const char *info, const char *name, const char *value)
{
	size_t len;
	const char *at = info_value(info, name, &len);

	return at == NULL ||
	       (len == strlen(value) && memcmp(at, value, len) == 0);
}

void
queue_check_server(struct queue *q)
{
	redisReply *reply = queue_ask(q, request_command("INFO"));
	const char *policy, *text;
	size_t len = 0;

	if (reply == NULL)
		return;
	text = reply->type == REDIS_REPLY_STRING ? reply->str : "";
	policy = info_value(text, "maxmemory_policy:", &len);
	if (!info_is(text, "maxmemory_policy:", "noeviction"))
		errx(EX_USAGE,
		    "redis may evict tasks: set maxmemory-policy noeviction, "
		    "not %.*s",
		    (int)len, policy);
	if (!info_is(text, "aof_enabled:", "1"))
		warnx("warning: redis keeps no append-only file; "
		      "a restart of it may lose tasks");
	freeReplyObject(reply);
}
