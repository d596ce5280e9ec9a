/* redis - one connection to the server, and requests that survive it */
#include <err.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "mem.h"
#include "opt.h"
#include "redis_impl.h"

#define PAUSE_MIN_MS 50 /* before the first new try, doubled up to the most */
#define PAUSE_MAX_MS 2000

void
redis_disconnect(struct redis *r)
{
	if (r->context != NULL)
		redisFree(r->context);
	r->context = NULL;
}

static int
connect_once(struct redis *r, struct buf *why)
{
	int status;

	r->context = redis_dial(&status, why);
	r->connections += r->context != NULL;
	return status;
}

struct redis *
redis_open(void)
{
	struct redis *r = mem_zalloc(1, sizeof(*r));
	const char *patience = opt_env("REDIS_PATIENCE", NULL);
	struct buf why = {0};
	int status;

	signal(SIGPIPE, SIG_IGN);
	redis_dial_configure();
	r->patience_ms = REDIS_PATIENCE_MS;
	if (patience != NULL)
		r->patience_ms = opt_seconds("REDIS_PATIENCE", patience, 0);
	r->last = &r->first;
	status = connect_once(r, &why);
	if (status != 0)
		errx(status, "%s: %s", redis_dial_address(), why.data);
	buf_free(&why);
	return r;
}

void
redis_close(struct redis *r)
{
	struct request *q;

	if (r == NULL)
		return;
	redis_disconnect(r);
	while ((q = r->first) != NULL) {
		r->first = q->next;
		request_free(q);
	}
	redis_dial_forget();
	free(r);
}

unsigned
redis_connections(const struct redis *r)
{
	return r->connections;
}

void
redis_set_patience(struct redis *r, int64_t ms)
{
	r->patience_ms = ms;
}

void
redis_insist(struct redis *r)
{
	r->insists = true;
}

void
redis_on_wait(struct redis *r, bool (*give_up)(void))
{
	r->give_up = give_up;
}

/* Half to all of a pause that doubles: many clients come back apart. */
static void
pause_before(unsigned tries)
{
	unsigned dice;
	int64_t ms = PAUSE_MIN_MS << (tries < 6 ? tries : 6);
	struct timespec t;

	if (ms > PAUSE_MAX_MS)
		ms = PAUSE_MAX_MS;
	if (getrandom(&dice, sizeof(dice), 0) != sizeof(dice))
		dice = 0;
	ms = ms / 2 + dice % (unsigned)(ms / 2 + 1);
	t = (struct timespec){ms / 1000, ms % 1000 * 1000000};
	nanosleep(&t, NULL);
}

void
redis_put(struct redis *r, struct request *q, bool whole)
{
	struct redis_script *s = q->script;
	struct buf head = {0};
	size_t len;

	q->whole = whole;
	if (s == NULL) {
		buf_printf(&head, "*%zu\r\n", q->count);
	} else {
		const char *body = whole ? s->text : s->sha;
		const char *verb = body == s->sha ? "EVALSHA" : "EVAL";

		len = strlen(body);
		buf_printf(&head, "*%zu\r\n$%zu\r\n%s\r\n$%zu\r\n",
		    q->count + 2, strlen(verb), verb, len);
		buf_add(&head, body, len);
		buf_puts(&head, "\r\n");
	}
	redisAppendFormattedCommand(r->context, head.data, head.len);
	redisAppendFormattedCommand(r->context, q->args.data, q->args.len);
	buf_free(&head);
}

/* From now on the first in line is waited for. */
static void
expect(struct redis *r)
{
	r->due_ms = clock_mono_ms() + REDIS_ANSWER_MS;
}

static bool
resend(struct redis *r)
{
	struct request *q;

	for (q = r->first; q != NULL; q = q->next)
		redis_put(r, q, false);
	expect(r);
	return true;
}

/*
 * Trouble that may pass: pause, connect again, and send again what was not
 * answered. All that happens before the next good answer is one trouble, with
 * one deadline and one message.
 */
bool
redis_come_back(struct redis *r, int status, const char *reason)
{
	struct buf why = {0};

	buf_puts(&why, reason);
	redis_disconnect(r);
	if (r->deadline == 0) {
		warnx("%s: %s; trying again", redis_dial_address(), why.data);
		r->deadline = clock_mono_ms() + r->patience_ms;
	}
	while (r->context == NULL) {
		if (status != EX_UNAVAILABLE || clock_mono_ms() > r->deadline)
			errx(status, "%s: %s", redis_dial_address(), why.data);
		pause_before(r->tries++);
		if (r->give_up != NULL && r->give_up())
			break;
		status = connect_once(r, &why);
	}
	buf_free(&why);
	return r->context != NULL && resend(r);
}

/* A connection that was given up by us is made anew without a word. */
bool
redis_ready(struct redis *r)
{
	struct buf why = {0};
	int status;
	bool up;

	if (r->context != NULL)
		return true;
	status = connect_once(r, &why);
	up = status == 0 ? resend(r) : redis_come_back(r, status, why.data);
	buf_free(&why);
	return up;
}

static struct request *
shift(struct redis *r)
{
	struct request *q = r->first;

	r->first = q->next;
	if (r->first == NULL)
		r->last = &r->first;
	q->next = NULL;
	expect(r);
	return q;
}

static void
append(struct redis *r, struct request *q)
{
	*r->last = q;
	r->last = &q->next;
}

/* Much that waits had better be on its way; receive finds out what fails. */
static void
hurry(struct redis *r, size_t len)
{
	int done;

	r->unsent += len;
	if (r->unsent < REDIS_UNSENT_MAX)
		return;
	r->unsent = 0;
	redisBufferWrite(r->context, &done);
}

void
redis_send(struct redis *r, struct request *q, void *tag)
{
	q->tag = tag;
	if (redis_ready(r)) {
		redis_put(r, q, false);
		hurry(r, q->args.len);
	}
	if (r->first == NULL)
		expect(r);
	append(r, q);
}

static void
well(struct redis *r, const struct request *q)
{
	if (q->script != NULL)
		r->served = true;
	if (r->deadline != 0)
		warnx("%s: back", redis_dial_address());
	r->deadline = 0;
	r->tries = 0;
}

/*
 * The server refused the first request in line. What passes is tried again,
 * but not by a program that has only just started: its caller waits better.
 */
static bool
refused(struct redis *r, const char *text)
{
	struct request *q = r->first;
	int status;

	if (strncmp(text, "NOSCRIPT", 8) == 0 && !q->whole) {
		append(r, shift(r));
		redis_put(r, q, true);
		return true;
	}
	status = redis_status(text);
	if (status != EX_UNAVAILABLE ||
	    (r->connections == 1 && !r->served && !r->insists))
		errx(status, "%s: %s: %s", redis_dial_address(),
		    q->script ? q->script->name : "command", text);
	return redis_come_back(r, status, text);
}

/* Whether it is about a shared key that another node of the cluster has. */
static bool
elsewhere(struct redis *r, const char *text)
{
	if (!r->first->shared || strncmp(text, "MOVED ", 6) != 0)
		return false;
	if (!r->apart)
		warnx("warning: %s: %s: going on without runmeta, ft:runs and "
		      "ft:history, which another node has",
		    redis_dial_address(), text);
	r->apart = true;
	return true;
}

redisReply *
redis_answer(struct redis *r, void **tag)
{
	static redisReply *reply; /* known to the leak checker at an exit */
	struct request *q;
	bool up = true;

	while (up && r->first != NULL && redis_ready(r)) {
		reply = redis_receive(r->context, REDIS_ANSWER_MS);
		if (reply == NULL) {
			up = redis_come_back(r, EX_UNAVAILABLE,
			    r->context->err ? r->context->errstr : "no answer");
			continue;
		}
		if (reply->type == REDIS_REPLY_ERROR &&
		    !elsewhere(r, reply->str)) {
			up = refused(r, reply->str);
			freeReplyObject(reply);
			continue;
		}
		q = shift(r);
		well(r, q);
		*tag = q->tag;
		request_free(q);
		return reply;
	}
	return NULL;
}

redisReply *
redis_ask(struct redis *r, struct request *q)
{
	redisReply *reply;
	void *tag;

	redis_send(r, q, NULL);
	reply = redis_answer(r, &tag);
	/* given up: or the next to ask would get its answer */
	while (reply == NULL && r->first != NULL)
		request_free(shift(r));
	return reply;
}
