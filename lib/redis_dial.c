/* redis_dial - where the server is, who we are there, and a connection to it */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "clock.h"
#include "opt.h"
#include "redis_impl.h"
#include "redis_tls.h"

#define PASSWORD_MAX 1024 /* bytes */

static const char *host, *user;
static int port;
static char *password;

static char *
password_from(const char *path)
{
	char line[PASSWORD_MAX + 2];
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
	if (strlen(line) > PASSWORD_MAX)
		errx(EX_USAGE,
		    "REDIS_PASSWORD_FILE: %s: expected at most %d "
		    "bytes",
		    path, PASSWORD_MAX);
	return mem_strdup(line);
}

void
redis_dial_configure(void)
{
	const char *file = opt_env("REDIS_PASSWORD_FILE", NULL);
	const char *word = opt_env("REDIS_PASSWORD", NULL);

	host = opt_env("REDIS_HOST", "127.0.0.1");
	port = (int)opt_number(
	    "REDIS_PORT", opt_env("REDIS_PORT", "6379"), 1, 65535);
	user = opt_env("REDIS_USERNAME", NULL);
	if (word != NULL)
		password = mem_strdup(word);
	else if (file != NULL)
		password = password_from(file);
	if (user != NULL && password == NULL)
		errx(EX_USAGE, "REDIS_USERNAME: expected a REDIS_PASSWORD too");
	redis_tls_configure(host);
}

void
redis_dial_forget(void)
{
	if (password != NULL)
		explicit_bzero(password, strlen(password));
	free(password);
	password = NULL;
}

const char *
redis_dial_address(void)
{
	static char text[512];

	if (strchr(host, '/') != NULL)
		snprintf(text, sizeof(text), "redis at %s", host);
	else
		snprintf(text, sizeof(text), "redis at %s:%d", host, port);
	return text;
}

int
redis_status(const char *text)
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
	    {"unknown command", EX_USAGE},
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
		if (strstr(text, known[i].word) != NULL)
			return known[i].status;
	return EX_SOFTWARE;
}

redisReply *
redis_receive(redisContext *c, int64_t wait_ms)
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
connect_to(void)
{
	struct timeval t = {REDIS_CONNECT_MS / 1000, 0};

	if (strchr(host, '/') != NULL)
		return redisConnectUnixWithTimeout(host, t);
	return redisConnectWithTimeout(host, port, t);
}

/* Why the connection cannot be had, in why; 0: it can. */
static int
greet(redisContext *c, struct buf *why)
{
	redisReply *reply;
	int status = 0;

	if (password == NULL)
		redisAppendCommand(c, "PING");
	else if (user == NULL)
		redisAppendCommand(c, "AUTH %s", password);
	else
		redisAppendCommand(c, "AUTH %s %s", user, password);
	reply = redis_receive(c, REDIS_ANSWER_MS);
	if (reply == NULL) {
		buf_puts(why, c->err ? c->errstr : "no answer");
		return EX_UNAVAILABLE;
	}
	if (reply->type == REDIS_REPLY_ERROR) {
		status = redis_status(reply->str);
		buf_puts(why, reply->str);
	}
	freeReplyObject(reply);
	return status;
}

redisContext *
redis_dial(int *status, struct buf *why)
{
	redisContext *c = connect_to();
	struct timeval limit = {REDIS_ANSWER_MS / 1000, 0};

	buf_reset(why);
	if (c == NULL)
		errx(EX_OSERR, "memory");
	if (c->err) {
		buf_puts(why, c->errstr);
		redisFree(c);
		*status = EX_UNAVAILABLE;
		return NULL;
	}
	fcntl(c->fd, F_SETFD, FD_CLOEXEC);
	bound(c);
	redisSetTimeout(c, limit); /* of a write: reads wait in poll */
	if (c->connection_type == REDIS_CONN_TCP)
		redisEnableKeepAlive(c);
	*status = redis_tls_start(c, why);
	if (*status == 0)
		*status = greet(c, why);
	if (*status == 0)
		return c;
	redisFree(c);
	return NULL;
}
