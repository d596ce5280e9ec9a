/* redis - one connection to the server, and requests that survive it */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "mem.h"
#include "opt.h"
#include "redis.h"
#include "redis_tls.h"

#define PAUSE_MIN_MS 50 /* before the first new try, doubled up to the most */
#define PAUSE_MAX_MS 2000

struct request {
	struct request *next;
	struct redis_script *script; /* NULL: a command */
	bool shared;                 /* about a key beside those of a run */
	struct buf args;             /* as the protocol wants them */
	size_t count;
	bool whole; /* sent with the script's text, this time */
	void *tag;
};

struct redis {
	redisContext *context; /* NULL: down */
	size_t unsent;         /* bytes put since the last write, about */
	const char *host;
	int port;
	const char *user;
	char *password;
	unsigned connections;
	bool served, insists;
	bool apart; /* it was told that another node has what runs share */
	int64_t patience_ms;
	int64_t deadline; /* of the trouble that is on; 0: none */
	unsigned tries;   /* in this trouble */
	bool (*give_up)(void);
	struct request *first, **last; /* sent, not yet answered */
};

struct request *
request_command(const char *name)
{
	struct request *q = mem_zalloc(1, sizeof(*q));

	request_text(q, name);
	return q;
}

struct request *
request_script(struct redis_script *s, const char *key)
{
	struct request *q = mem_zalloc(1, sizeof(*q));

	q->script = s;
	request_text(q, "1");
	request_text(q, key);
	return q;
}

struct request *
request_shared(struct request *q)
{
	q->shared = true;
	return q;
}

void
request_add(struct request *q, const void *data, size_t len)
{
	buf_printf(&q->args, "$%zu\r\n", len);
	buf_add(&q->args, data, len);
	buf_puts(&q->args, "\r\n");
	q->count++;
}

void
request_text(struct request *q, const char *s)
{
	request_add(q, s, strlen(s));
}

void
request_int(struct request *q, int64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)n);
	request_text(q, text);
}

static void
request_free(struct request *q)
{
	buf_free(&q->args);
	free(q);
}

static char *
password_from(const char *path)
{
	char line[1024];
	FILE *f = fopen(path, "re");
	size_t len;

	if (f == NULL)
		err(EX_USAGE, "REDIS_PASSWORD_FILE: %s", path);
	len = fread(line, 1, sizeof(line) - 1, f);
	if (ferror(f))
		err(EX_IOERR, "REDIS_PASSWORD_FILE: %s", path);
	fclose(f);
	line[len] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	return mem_strdup(line);
}

static void
configure(struct redis *r)
{
	const char *file = opt_env("REDIS_PASSWORD_FILE", NULL);
	const char *word = opt_env("REDIS_PASSWORD", NULL);
	const char *patience = opt_env("REDIS_PATIENCE", NULL);

	r->host = opt_env("REDIS_HOST", "127.0.0.1");
	r->port = (int)opt_number(
	    "REDIS_PORT", opt_env("REDIS_PORT", "6379"), 1, 65535);
	r->patience_ms = REDIS_PATIENCE_MS;
	if (patience != NULL)
		r->patience_ms = opt_seconds("REDIS_PATIENCE", patience, 0);
	r->user = opt_env("REDIS_USERNAME", NULL);
	if (word != NULL)
		r->password = mem_strdup(word);
	else if (file != NULL)
		r->password = password_from(file);
	if (r->user != NULL && r->password == NULL)
		errx(EX_USAGE, "REDIS_USERNAME: expected a REDIS_PASSWORD too");
	redis_tls_configure(r->host);
}

/* How a server's complaint is taken. */
enum trouble { PASSES, FATAL };

static enum trouble
judge(const char *text, int *status)
{
	static const struct {
		const char *word;
		int status;
	} known[] = {
	    {"NOAUTH", EX_USAGE},
	    {"WRONGPASS", EX_USAGE},
	    {"invalid password", EX_USAGE},
	    {"no password is set", EX_USAGE},
	    {"without any password", EX_USAGE},
	    {"NOPERM", EX_USAGE},
	    {"The user executing the script can't", EX_USAGE},
	    {"WRONGTYPE", EX_DATAERR},
	    {"CROSSSLOT", EX_USAGE},
	    {"MOVED", EX_USAGE},
	    {"LOADING", EX_UNAVAILABLE},
	    {"READONLY", EX_UNAVAILABLE},
	    {"MASTERDOWN", EX_UNAVAILABLE},
	    {"CLUSTERDOWN", EX_UNAVAILABLE},
	    {"TRYAGAIN", EX_UNAVAILABLE},
	    {"ASK ", EX_UNAVAILABLE},
	    {"UNBLOCKED", EX_UNAVAILABLE},
	    {"OOM", EX_UNAVAILABLE},
	    {"MISCONF", EX_UNAVAILABLE},
	    {"NOREPLICAS", EX_UNAVAILABLE},
	    {"BUSY", EX_UNAVAILABLE},
	    {"max number of clients", EX_UNAVAILABLE},
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strstr(text, known[i].word) != NULL) {
			*status = known[i].status;
			return *status == EX_UNAVAILABLE ? PASSES : FATAL;
		}
	*status = EX_SOFTWARE;
	return FATAL;
}

static void
disconnect(struct redis *r)
{
	if (r->context != NULL)
		redisFree(r->context);
	r->context = NULL;
}

/* The connection's next reply, waiting at most wait_ms; NULL: it is lost. */
static redisReply *
receive(redisContext *c, int64_t wait_ms)
{
	int64_t deadline = clock_mono_ms() + wait_ms, left;
	struct pollfd p = {.fd = c->fd, .events = POLLIN};
	void *reply = NULL;
	int done = 0;

	while (!done)
		if (redisBufferWrite(c, &done) != REDIS_OK)
			return NULL;
	for (;;) {
		if (redisGetReplyFromReader(c, &reply) != REDIS_OK)
			return NULL;
		if (reply != NULL)
			return reply;
		left = deadline - clock_mono_ms();
		if (left <= 0)
			return NULL;
		if (poll(&p, 1, (int)left) < 0 && errno != EINTR)
			return NULL;
		if (p.revents != 0 && redisBufferRead(c) != REDIS_OK)
			return NULL;
	}
}

/*
 * A server that is none may announce billions of elements, and hiredis makes
 * room for them before the first has come.
 */
#if HIREDIS_MAJOR >= 1
static void
bound(redisContext *c)
{
	c->reader->maxelements = REDIS_ELEMENTS_MAX;
}
#else
static void *(*create_array)(const redisReadTask *, int);

static void *
create_bounded(const redisReadTask *task, int elements)
{
	return elements > REDIS_ELEMENTS_MAX ? NULL
	                                     : create_array(task, elements);
}

static void
bound(redisContext *c)
{
	static redisReplyObjectFunctions fn;

	if (create_array == NULL) {
		fn = *c->reader->fn;
		create_array = fn.createArray;
		fn.createArray = create_bounded;
	}
	c->reader->fn = &fn;
}
#endif

static redisContext *
dial(const struct redis *r)
{
	struct timeval t = {REDIS_CONNECT_MS / 1000, 0};

	if (strchr(r->host, '/') != NULL)
		return redisConnectUnixWithTimeout(r->host, t);
	return redisConnectWithTimeout(r->host, r->port, t);
}

/* Why the connection cannot be had, in why; 0: it can. */
static int
greet(struct redis *r, redisContext *c, struct buf *why)
{
	redisReply *reply;
	int status = 0;

	if (r->password == NULL)
		redisAppendCommand(c, "PING");
	else if (r->user == NULL)
		redisAppendCommand(c, "AUTH %s", r->password);
	else
		redisAppendCommand(c, "AUTH %s %s", r->user, r->password);
	reply = receive(c, REDIS_ANSWER_MS);
	if (reply == NULL) {
		buf_puts(why, c->err ? c->errstr : "no answer");
		return EX_UNAVAILABLE;
	}
	if (reply->type == REDIS_REPLY_ERROR) {
		judge(reply->str, &status);
		buf_puts(why, reply->str);
	}
	freeReplyObject(reply);
	return status;
}

static int
connect_once(struct redis *r, struct buf *why)
{
	redisContext *c = dial(r);
	struct timeval limit = {REDIS_ANSWER_MS / 1000, 0};
	int status;

	buf_reset(why);
	if (c == NULL)
		errx(EX_OSERR, "memory");
	if (c->err) {
		buf_puts(why, c->errstr);
		redisFree(c);
		return EX_UNAVAILABLE;
	}
	fcntl(c->fd, F_SETFD, FD_CLOEXEC);
	bound(c);
	redisSetTimeout(c, limit); /* of a write: reads wait in poll */
	if (c->connection_type == REDIS_CONN_TCP)
		redisEnableKeepAlive(c);
	status = redis_tls_start(c, why);
	if (status == 0)
		status = greet(r, c, why);
	if (status != 0) {
		redisFree(c);
		return status;
	}
	r->context = c;
	r->connections++;
	return 0;
}

static const char *
address(const struct redis *r)
{
	static char text[512];

	if (strchr(r->host, '/') != NULL)
		snprintf(text, sizeof(text), "redis at %s", r->host);
	else
		snprintf(
		    text, sizeof(text), "redis at %s:%d", r->host, r->port);
	return text;
}

struct redis *
redis_open(void)
{
	struct redis *r = mem_zalloc(1, sizeof(*r));
	struct buf why = {0};
	int status;

	signal(SIGPIPE, SIG_IGN);
	configure(r);
	r->last = &r->first;
	status = connect_once(r, &why);
	if (status != 0)
		errx(status, "%s: %s", address(r), why.data);
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
	if (r->password != NULL)
		explicit_bzero(r->password, strlen(r->password));
	free(r->password);
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

static bool
resend(struct redis *r)
{
	struct request *q;

	for (q = r->first; q != NULL; q = q->next)
		put(r, q, false);
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
		warnx("%s: %s; trying again", address(r), why.data);
		r->deadline = clock_mono_ms() + r->patience_ms;
	}
	while (r->context == NULL) {
		if (status != EX_UNAVAILABLE || clock_mono_ms() > r->deadline)
			errx(status, "%s: %s", address(r), why.data);
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
	append(r, q);
}

static void
well(struct redis *r, const struct request *q)
{
	if (q->script != NULL)
		r->served = true;
	if (r->deadline != 0)
		warnx("%s: back", address(r));
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
	if (judge(text, &status) == FATAL ||
	    (r->connections == 1 && !r->served && !r->insists))
		errx(status, "%s: %s: %s", address(r),
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
		    address(r), text);
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
		reply = receive(r->context, REDIS_ANSWER_MS);
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

static bool
event(struct pollfd *others, nfds_t count)
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
	if (reply != NULL && judge(why, &status) == FATAL)
		errx(status, "%s: waiting: %s", address(r), why);
	come_back(r, status, why);
}

redisReply *
redis_block(struct redis *r, struct request *q, int64_t block_ms,
    struct pollfd *others, nfds_t count)
{
	static redisReply *reply; /* known to the leak checker at an exit */
	struct pollfd all[8] = {0};
	nfds_t i;

	reply = NULL;
	if (!ready(r)) {
		request_free(q);
		return NULL;
	}
	put(r, q, false);
	request_free(q);
	all[0] = (struct pollfd){.fd = r->context->fd, .events = POLLIN};
	for (i = 0; i < count && i < 7; i++)
		all[i + 1] = others[i];
	for (int done = 0; !done;)
		if (redisBufferWrite(r->context, &done) != REDIS_OK)
			goto lost;
	while (poll(all, count + 1, (int)block_ms + REDIS_ANSWER_MS) < 0)
		if (errno != EINTR)
			err(EX_OSERR, "poll");
	for (i = 0; i < count && i < 7; i++)
		others[i].revents = all[i + 1].revents;
	if (event(others, count)) {
		disconnect(r);
		return NULL;
	}
	if (all[0].revents != 0)
		reply = receive(r->context, REDIS_ANSWER_MS);
	if (reply != NULL && reply->type != REDIS_REPLY_ERROR)
		return reply;
lost:
	fell_through(r, reply);
	freeReplyObject(reply);
	return NULL;
}
