/*
 * redis: a server that is none, or lies
 *
 * The first byte says what a program does, the rest is all that the server
 * ever sends. Its pauses pass at once.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <hiredis/hiredis.h>

#include "figures.h"
#include "fuzz.h"
#include "queue.h"

redisContext *__wrap_redisConnectUnixWithTimeout(
    const char *path, const struct timeval t);
int __wrap_redisSetTimeout(redisContext *c, const struct timeval t);
int __real_redisSetTimeout(redisContext *c, const struct timeval t);
int64_t __wrap_clock_mono_ms(void);
int __wrap_nanosleep(const struct timespec *t, struct timespec *left);
void __wrap_redisFree(redisContext *c);
void __real_redisFree(redisContext *c);

int __wrap_redisGetReplyFromReader(redisContext *c, void **reply);
int __real_redisGetReplyFromReader(redisContext *c, void **reply);
void __wrap_freeReplyObject(void *reply);
void __real_freeReplyObject(void *reply);

#define REPLIES 64

static void *replies[REPLIES]; /* those that are not freed yet */
static size_t reply_count;
static const uint8_t *sent;
static size_t sent_size;
static int64_t now_ms = 1;
static redisContext *context; /* the one that is open */
static int server = -1;

redisContext *
__wrap_redisConnectUnixWithTimeout(const char *path, const struct timeval t)
{
	int ends[2];
	ssize_t written;

	(void)path;
	(void)t;
	fuzz_promise(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	if (server >= 0)
		close(server);
	server = ends[1];
	written = write(server, sent, sent_size);
	fuzz_promise(written == (ssize_t)sent_size);
	sent_size = 0; /* the next connection hears nothing */
	shutdown(server, SHUT_WR);
	context = redisConnectFd(ends[0]);
	context->connection_type = REDIS_CONN_UNIX;
	return context;
}

/* A write to a server that does not read fails soon. */
int
__wrap_redisSetTimeout(redisContext *c, const struct timeval t)
{
	const struct timeval soon = {0, 1000};

	fuzz_promise(t.tv_sec > 0);
	return __real_redisSetTimeout(c, soon);
}

void
__wrap_redisFree(redisContext *c)
{
	if (c == context)
		context = NULL;
	__real_redisFree(c);
}

static void
forget(const void *reply)
{
	size_t i;

	for (i = 0; i < reply_count; i++)
		if (replies[i] == reply)
			replies[i--] = replies[--reply_count];
}

int
__wrap_redisGetReplyFromReader(redisContext *c, void **reply)
{
	int status = __real_redisGetReplyFromReader(c, reply);

	if (status == REDIS_OK && *reply != NULL) {
		fuzz_promise(reply_count < REPLIES);
		replies[reply_count++] = *reply;
	}
	return status;
}

void
__wrap_freeReplyObject(void *reply)
{
	forget(reply);
	__real_freeReplyObject(reply);
}

/* What the last run left when it ended in the middle. */
static void
clean(void)
{
	if (context != NULL)
		redisFree(context);
	while (reply_count > 0)
		freeReplyObject(replies[0]);
}

int64_t
__wrap_clock_mono_ms(void)
{
	return now_ms++;
}

int
__wrap_nanosleep(const struct timespec *t, struct timespec *left)
{
	(void)t;
	(void)left;
	now_ms += 30000;
	return 0;
}

static void
drop(struct record *r)
{
	record_write(fuzz_null(), r);
}

static void
pushed(struct record *r, enum pushed what)
{
	(void)what;
	record_write(fuzz_null(), r);
}

static void
learnt(const char *id, int64_t ms)
{
	fuzz_promise(id != NULL);
	(void)ms;
}

static void
seen(const char *run, const struct queue_look *look)
{
	cJSON_Delete(figures_json(run, look));
}

static struct record *
leased(void)
{
	return record_parse("{\"id\":\"a\",\"spec\":\"a\",\"run\":\"r\","
			    "\"attempt\":1,\"lease\":\"7-w.1.0.3\","
			    "\"status\":\"complete\",\"result\":\"passed\","
			    "\"duration_ms\":5}");
}

static void
read_run(struct queue *q)
{
	struct queue_look look;

	queue_look(q, &look);
	queue_each(q, drop);
	queue_each_done(q, 0, drop);
	queue_each_active(q, drop);
	queue_publish(q, &look);
}

static void
pop(struct queue *q, bool follow)
{
	struct popper *p = popper_open(q, "w", 2, 60000, follow, 3);
	struct record *r = NULL;
	int i;

	for (i = 0; i < 8; i++) {
		if (popper_next(p, false, NULL, 0, &r) == POP_TASK)
			popper_hand_back(p, r);
		record_free(r);
		r = NULL;
		while (popper_more(p, &r)) {
			record_write(fuzz_null(), r);
			record_free(r);
		}
		r = NULL;
	}
	popper_leave(p);
	popper_close(p);
}

static void
push(struct queue *q)
{
	queue_check_server(q);
	queue_on_pushed(q, pushed);
	queue_push(q, record_parse("{\"id\":\"a\",\"spec\":\"a\"}"));
	queue_push(q, record_parse("{\"id\":\"b\",\"spec\":\"b\"}"));
	queue_push_end(q);
	queue_seal(q);
}

static void
report(struct queue *q)
{
	struct record *r;

	queue_report(q, leased());
	queue_report(q, leased());
	while ((r = queue_reported(q, true)) != NULL)
		record_free(r);
	queue_settle(q);
}

void
fuzz(const uint8_t *data, size_t size)
{
	struct queue *q;

	if (size == 0 || size > 65536)
		return;
	clean();
	fuzz_never = -1; /* a server that lies is told as one */
	setenv("REDIS_HOST", "/fuzz", 1);
	sent = data + 1;
	sent_size = size - 1;
	q = data[0] % 8 == 5 ? queue_open_push(NULL) : queue_open("r");
	switch (data[0] % 8) {
	case 0:
		read_run(q);
		break;
	case 1:
		pop(q, true);
		break;
	case 2:
		report(q);
		break;
	case 3:
		queue_each_history(q, learnt);
		break;
	case 4:
		queue_cancel(q);
		break;
	case 5:
		push(q);
		break;
	case 6:
		pop(q, false);
		break;
	default:
		queue_each_run(q, seen);
	}
	queue_close(q);
}
