/* redis_wait - waiting for the server and for others at once */
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <sysexits.h>

#include "clock.h"
#include "redis_impl.h"

#define OTHERS_MAX 7 /* descriptors waited for beside the server's */

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
	redis_come_back(r, status, why);
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
	return !redis_come_back(r, EX_UNAVAILABLE, "no answer");
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
	if (!redis_ready(r) || unread(r) || ms < 0)
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
	if (!redis_ready(r)) {
		request_free(q);
		return NULL;
	}
	redis_put(r, q, false);
	request_free(q);
	if (watch(r, others, count, block_ms + REDIS_ANSWER_MS, &heard)) {
		if (redis_event(others, count)) {
			redis_disconnect(r);
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
