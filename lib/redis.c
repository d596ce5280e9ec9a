/* redis - one connection to the server, and requests that survive it */
#include <err.h>
#include <errno.h>
#include <limits.h>
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
#define OTHERS_MAX 7 /* descriptors waited for beside the server's */

struct redis {
	redisContext *context; /* NULL: down */
	size_t unsent;         /* bytes put since the last write, about */
	unsigned connections;
	bool served, insists;
	bool apart; /* it was told that another node has what runs share */
	int64_t patience_ms;
	int64_t deadline; /* of the trouble that is on; 0: none */
	unsigned tries;   /* in this trouble */
	bool (*give_up)(void);
	struct request *first, **last; /* sent, not yet answered */
	int64_t due_ms;                /* when the first is late */
};

static void
disconnect(struct redis *r)
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
	disconnect(r);
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

static void
put(struct redis *r, struct request *q, bool whole)
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
		put(r, q, false);
	expect(r);
	return true;
}

/*
 * Trouble that may pass: pause, connect again, and send again what was not
 * answered. All that happens before the next good answer is one trouble, with
 * one deadline and one message.
 */
static bool
come_back(struct redis *r, int status, const char *reason)
{
	struct buf why = {0};

	buf_puts(&why, reason);
	disconnect(r);
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
static bool
ready(struct redis *r)
{
	struct buf why = {0};
	int status;
	bool up;

	if (r->context != NULL)
		return true;
	status = connect_once(r, &why);
	up = status == 0 ? resend(r) : come_back(r, status, why.data);
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
	if (ready(r)) {
		put(r, q, false);
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
		put(r, q, true);
		return true;
	}
	status = redis_status(text);
	if (status != EX_UNAVAILABLE ||
	    (r->connections == 1 && !r->served && !r->insists))
		errx(status, "%s: %s: %s", redis_dial_address(),
		    q->script ? q->script->name : "command", text);
	return come_back(r, status, text);
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

	while (up && r->first != NULL && ready(r)) {
		reply = redis_receive(r->context, REDIS_ANSWER_MS);
		if (reply == NULL) {
			up = come_back(r, EX_UNAVAILABLE,
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

bool
redis_event(const struct pollfd *others, nfds_t count)
{
	nfds_t i;

	for (i = 0; i < count; i++)
		if (others[i].revents != 0)
			return true;
	return false;
}

/* The end of a blocking request that is no answer. */
static void
fell_through(struct redis *r, const redisReply *reply)
{
	int status = EX_UNAVAILABLE;
	const char *why = "no answer";

	if (reply != NULL)
		why = reply->str;
	else if (r->context->err)
		why = r->context->errstr;
	if (reply != NULL)
		status = redis_status(why);
	if (status != EX_UNAVAILABLE)
		errx(status, "%s: waiting: %s", redis_dial_address(), why);
	come_back(r, status, why);
}

static void
poll_all(struct pollfd *fds, nfds_t count, int64_t ms)
{
	while (poll(fds, count, ms > INT_MAX ? INT_MAX : (int)ms) < 0)
		if (errno != EINTR)
			err(EX_OSERR, "poll");
}

/*
 * Write what waits, and wait for the server (heard) or one of the others, or
 * for ms (-1: without end). False: the connection is lost.
 */
static bool
watch(struct redis *r, struct pollfd *others, nfds_t count, int64_t ms,
    bool *heard)
{
	struct pollfd all[OTHERS_MAX + 1] = {0};
	nfds_t i;

	if (count > OTHERS_MAX)
		errx(EX_SOFTWARE, "waiting for more than %d", OTHERS_MAX);
	for (int done = 0; !done;)
		if (redisBufferWrite(r->context, &done) != REDIS_OK)
			return false;
	all[0] = (struct pollfd){.fd = r->context->fd, .events = POLLIN};
	for (i = 0; i < count; i++)
		all[i + 1] = others[i];
	poll_all(all, count + 1, ms);
	*heard = all[0].revents != 0;
	for (i = 0; i < count; i++)
		others[i].revents = all[i + 1].revents;
	return true;
}

/* What poll does not see: hiredis has read it with the last answer. */
static bool
unread(const struct redis *r)
{
	const redisReader *in = r->context->reader;

	return in->pos < in->len;
}

bool
redis_answered(struct redis *r)
{
	bool heard;

	if (r->first == NULL)
		return false;
	if (r->context == NULL || unread(r) || !watch(r, NULL, 0, 0, &heard) ||
	    heard)
		return true;
	if (clock_mono_ms() < r->due_ms)
		return false;
	return !come_back(r, EX_UNAVAILABLE, "no answer");
}

void
redis_wait(struct redis *r, struct pollfd *others, nfds_t count, int64_t ms)
{
	int64_t left = r->due_ms - clock_mono_ms();
	bool heard;

	if (r->first == NULL) {
		poll_all(others, count, ms);
		return;
	}
	if (ms < 0 || ms > left)
		ms = left;
	if (!ready(r) || unread(r) || ms < 0)
		ms = 0;
	if (r->context == NULL || !watch(r, others, count, ms, &heard))
		poll_all(others, count, 0);
}

redisReply *
redis_block(struct redis *r, struct request *q, int64_t block_ms,
    struct pollfd *others, nfds_t count)
{
	static redisReply *reply; /* known to the leak checker at an exit */
	bool heard = false;

	reply = NULL;
	if (!ready(r)) {
		request_free(q);
		return NULL;
	}
	put(r, q, false);
	request_free(q);
	if (watch(r, others, count, block_ms + REDIS_ANSWER_MS, &heard)) {
		if (redis_event(others, count)) {
			disconnect(r);
			return NULL;
		}
		if (heard)
			reply = redis_receive(r->context, REDIS_ANSWER_MS);
		if (reply != NULL && reply->type != REDIS_REPLY_ERROR)
			return reply;
	}
	fell_through(r, reply);
	freeReplyObject(reply);
	return NULL;
}
