/* queue_current - the current run, which the hash runmeta names */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "mem.h"
#include "opt.h"
#include "queue_impl.h"

/* Its name; NULL: there is none. free(3). */
static char *
current(struct queue *q)
{
	struct request *r = queue_shared("HGET", KEY_CURRENT);
	redisReply *reply;
	char *run = NULL;

	request_text(r, "runid");
	reply = queue_ask(q, r);
	if (reply != NULL && reply->type == REDIS_REPLY_STRING)
		run = mem_strdup(reply->str);
	freeReplyObject(reply);
	return run;
}

void
queue_use_current(struct queue *q)
{
	char *run = current(q);

	if (run == NULL)
		errx(EX_NOINPUT, "no run yet: runmeta names none");
	queue_name(q, opt_name("runmeta", run));
	free(run);
}

static bool
has(struct queue *q, const char *command, char *owned_key, const char *field)
{
	struct request *r = request_command(command);
	redisReply *reply;
	bool yes;

	request_text(r, owned_key);
	free(owned_key);
	if (field != NULL)
		request_text(r, field);
	reply = queue_ask(q, r);
	yes = reply != NULL && reply->integer == 1;
	freeReplyObject(reply);
	return yes;
}

/* The state of a run that has the task, whole or in parts; "": it has not. */
static void
state_having(
    struct queue *q, const char *run, const char *id, char *state, size_t size)
{
	bool known = has(q, "EXISTS", queue_task_key(run, id), NULL) ||
	             has(q, "HEXISTS", queue_key(run, "parts"), id);
	const char *now = NULL;
	redisReply *reply;

	reply = queue_ask(q, queue_request(&script_look, run));
	if (reply != NULL && reply->type == REDIS_REPLY_ARRAY)
		now = reply_field(reply_list(reply, 5), "state");
	snprintf(state, size, "%s", now != NULL ? now : "");
	freeReplyObject(reply);
	if (!known && strcmp(state, "open") != 0)
		*state = '\0';
}

bool
queue_join_current(struct queue *q, const char *id)
{
	char *run = current(q), state[16] = "";

	if (run != NULL)
		state_having(q, run, id, state, sizeof(state));
	if (strcmp(state, "open") == 0 || strcmp(state, "sealed") == 0)
		queue_name(q, opt_name("runmeta", run));
	free(run);
	return q->run != NULL;
}

static void
field(struct request *r, const char *name, int64_t value)
{
	request_text(r, name);
	request_int(r, value);
}

static void
publish(struct queue *q, const struct queue_look *l, bool announce)
{
	struct request *r =
	    request_shared(request_script(&script_publish, KEY_CURRENT));
	int64_t done = l->done + l->cancelled;

	request_text(r, q->run);
	request_int(r, announce);
	field(r, "cmdcount", l->total);
	field(r, "cmdfinishedcount", done);
	field(r, "finished", l->over);
	field(r, "tasksremaining", l->total - done);
	field(r, "tasksfinished", done);
	queue_command(q, r);
}

void
queue_publish(struct queue *q, const struct queue_look *l)
{
	publish(q, l, false);
}

void
queue_announce(struct queue *q)
{
	struct queue_look l;

	queue_look(q, &l);
	publish(q, &l, true);
	queue_command(q, queue_request(&script_announced, q->run));
}
