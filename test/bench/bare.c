/*
 * bare - the queue's scripts sent by a client that does nothing else
 *
 * bare push RUN          lines "ID TAB RECORD" from stdin, 200 a script, eight
 *                        scripts under way
 * bare work RUN COUNT    pop and finish, one after the other
 *
 * What the server can do at most: the mark that ft-push and lib/queue are
 * measured by.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <hiredis/hiredis.h>

#include "lua.h"

#define BATCH 200
#define AHEAD 8
#define EACH 5 /* arguments of a task */
#define HEAD 8 /* and before the first */

static redisContext *c;
static const char *meta;

static redisReply *
answer(void)
{
	void *reply;

	if (redisGetReply(c, &reply) != REDIS_OK)
		errx(EX_UNAVAILABLE, "%s", c->errstr);
	if (((redisReply *)reply)->type == REDIS_REPLY_ERROR)
		errx(EX_SOFTWARE, "%s", ((redisReply *)reply)->str);
	return reply;
}

static void
load(const char *text)
{
	redisAppendCommand(c, "SCRIPT LOAD %s", text);
	freeReplyObject(answer());
}

static void
send_batch(const char *run, char **line, int count, int number)
{
	const char *argv[HEAD + BATCH * EACH];
	char n[16];
	int i, argc = HEAD;

	snprintf(n, sizeof(n), "%d", number);
	argv[0] = "EVALSHA";
	argv[1] = embed_push_lua_sha1;
	argv[2] = "1";
	argv[3] = meta;
	argv[4] = run;
	argv[5] = "bare";
	argv[6] = n;
	argv[7] = "";
	for (i = 0; i < count; i++) {
		argv[argc++] = strsep(&line[i], "\t");
		argv[argc++] = line[i];
		argv[argc++] = "+0";
		argv[argc++] = "";
		argv[argc++] = "";
	}
	redisAppendCommandArgv(c, argc, argv, NULL);
}

static void
push(const char *run)
{
	char *line[BATCH] = {0}, *whole[BATCH] = {0};
	size_t cap[BATCH] = {0};
	int n = 0, number = 0, under_way = 0, done;
	ssize_t len;

	load(embed_push_lua);
	do {
		len = getline(&whole[n], &cap[n], stdin);
		if (len > 0) {
			whole[n][len - 1] = '\0';
			line[n] = whole[n];
			n++;
		}
		if (n < BATCH && (len > 0 || n == 0))
			continue;
		send_batch(run, line, n, ++number);
		redisBufferWrite(c, &done);
		for (under_way++; under_way == AHEAD; under_way--)
			freeReplyObject(answer());
		n = 0;
	} while (len > 0);
	for (; under_way > 0; under_way--)
		freeReplyObject(answer());
	for (n = 0; n < BATCH; n++)
		free(whole[n]);
}

/* What a pass would report of the task in a note. */
static void
finish(char *note)
{
	char *token, *record, *id, *end;
	int i;

	strsep(&note, "\n");
	token = strsep(&note, "\n");
	for (i = 0; i < 5; i++)
		strsep(&note, "\n");
	record = note;
	id = strstr(record, "\"id\":\"");
	if (id == NULL)
		errx(EX_SOFTWARE, "a record without id");
	id += strlen("\"id\":\"");
	end = strchr(id, '"');
	redisAppendCommand(c,
	    "EVALSHA %s 1 %s %b %s bare complete passed %s %s {} 1",
	    embed_finish_lua_sha1, meta, id, (size_t)(end - id), token, "",
	    record);
	freeReplyObject(answer());
}

static void
work(long count)
{
	redisReply *r;
	long i;

	load(embed_pop_lua);
	load(embed_finish_lua);
	for (i = 1; i <= count; i++) {
		redisAppendCommand(c,
		    "EVALSHA %s 1 %s bare bare 1 60000 bare.%ld - 0 1",
		    embed_pop_lua_sha1, meta, i);
		r = answer();
		if (strcmp(r->element[0]->str, "task") != 0)
			errx(EX_SOFTWARE, "pop: %s", r->element[0]->str);
		finish(r->element[3]->str);
		freeReplyObject(r);
	}
}

int
main(int argc, char *argv[])
{
	static char key[128];

	if (argc < 3 || getenv("REDIS_HOST") == NULL)
		errx(EX_USAGE, "usage: bare push RUN | bare work RUN COUNT");
	c = redisConnectUnix(getenv("REDIS_HOST"));
	if (c == NULL || c->err)
		errx(EX_UNAVAILABLE, "%s", c ? c->errstr : "memory");
	snprintf(key, sizeof(key), "ft:{%s}:meta", argv[2]);
	meta = key;
	if (strcmp(argv[1], "push") == 0)
		push(argv[2]);
	else
		work(argc > 3 ? atol(argv[3]) : 1);
	redisFree(c);
	return 0;
}
