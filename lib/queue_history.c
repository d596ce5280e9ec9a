/* queue_history - what passes have taught about how long specs last */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "estimate.h"
#include "mem.h"
#include "queue_impl.h"

#define SCAN_COUNT 1000 /* names of one answer, about */

void
queue_learn(struct queue *q, const struct record *r)
{
	struct request *learn;
	char *names[ESTIMATE_NAMES];
	int64_t lesson[ESTIMATE_NAMES];
	int i;

	if (!record_has(r, RECORD_DURATION_MS))
		return;
	learn = request_script(&script_history, KEY_HISTORY);
	estimate_names(r, names);
	estimate_lesson(r, record_int(r, RECORD_DURATION_MS, 0), lesson);
	for (i = 0; i < ESTIMATE_NAMES; i++) {
		if (names[i] != NULL && lesson[i] >= 0) {
			request_text(learn, names[i]);
			request_int(learn, lesson[i]);
		}
		free(names[i]);
	}
	redis_send(q->redis, learn, NULL);
}

/* An answer's names and times; its cursor for the next. */
static char *
tell(const redisReply *reply, void (*each)(const char *id, int64_t ms))
{
	const redisReply *pairs;
	const char *name;
	size_t i;

	pairs = reply_list(reply, 1);
	for (i = 0; i + 1 < pairs->elements; i += 2) {
		name = reply_text(pairs, i);
		if (!estimate_is_kin(name))
			each(name, reply_int(pairs, i + 1));
	}
	return mem_strdup(reply_text(reply, 0));
}

void
queue_each_history(struct queue *q, void (*each)(const char *id, int64_t ms))
{
	char *cursor = mem_strdup("0");
	struct request *r;
	redisReply *reply;

	do {
		r = request_command("HSCAN");
		request_text(r, KEY_HISTORY);
		request_text(r, cursor);
		request_text(r, "COUNT");
		request_int(r, SCAN_COUNT);
		free(cursor);
		reply = queue_ask(q, r);
		cursor = reply != NULL ? tell(reply, each) : mem_strdup("0");
		freeReplyObject(reply);
	} while (strcmp(cursor, "0") != 0);
	free(cursor);
}
