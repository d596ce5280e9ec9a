/* queue_history - what passes have taught about how long specs last */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "clock.h"
#include "estimate.h"
#include "mem.h"
#include "queue_impl.h"

#define SCAN_COUNT 1000 /* names of one answer, about */
#define LESSONS_MAX 64  /* passes of one script */
#define LESSON_MS 500   /* how long a pass may wait for others */

void
queue_learn(struct queue *q, const struct record *r)
{
	char *names[ESTIMATE_NAMES];
	int64_t lesson[ESTIMATE_NAMES];
	int i;

	if (!record_has(r, RECORD_DURATION_MS))
		return;
	if (q->lesson == NULL) {
		q->lesson = request_shared(
		    request_script(&script_history, KEY_HISTORY));
		q->lesson_due_ms = clock_mono_ms() + LESSON_MS;
		q->lessons = 0;
	}
	estimate_names(r, names);
	estimate_lesson(r, record_int(r, RECORD_DURATION_MS, 0), lesson);
	for (i = 0; i < ESTIMATE_NAMES; i++) {
		if (names[i] != NULL && lesson[i] >= 0) {
			request_text(q->lesson, names[i]);
			request_int(q->lesson, lesson[i]);
		}
		free(names[i]);
	}
	q->lessons++;
	queue_teach(q, false);
}

void
queue_teach(struct queue *q, bool at_once)
{
	struct request *lesson = q->lesson;

	if (lesson == NULL || (!at_once && q->lessons < LESSONS_MAX &&
				  clock_mono_ms() < q->lesson_due_ms))
		return;
	q->lesson = NULL;
	q->unlearnt++;
	redis_send(q->redis, lesson, NULL);
}

/* An answer's names and times; its cursor for the next. */
static char *
tell(const redisReply *reply, void (*each)(const char *id, int64_t ms))
{
	const redisReply *pairs;
	const char *name;
	size_t i;

	if (reply->type == REDIS_REPLY_ERROR)
		return mem_strdup("0");
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
		r = queue_shared("HSCAN", KEY_HISTORY);
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
