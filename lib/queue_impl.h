/* queue_impl - what the parts of the queue share; nobody else includes it */
#ifndef QUEUE_IMPL_H
#define QUEUE_IMPL_H

#include "queue.h"
#include "redis.h"

#define QUEUE_TTL_S 604800 /* a week: of the keys that no script writes */
#define KEY_CURRENT "runmeta"
#define KEY_RUNS "ft:runs"
#define KEY_HISTORY "ft:history"

struct push; /* batches on their way */

struct queue {
	struct redis *redis;
	char *run;
	struct push *push;
	unsigned long unknown, unanswered;
	struct held *held, **last_held; /* beats not sent yet, oldest first */
	int held_count;
	struct request *lesson; /* what passes taught, not sent yet */
	int64_t lesson_due_ms;  /* by clock_mono_ms */
	int lessons;
	int unlearnt;       /* lessons sent and not answered */
	redisReply *active; /* ids leased at the last queue_each_active */
};

extern struct redis_script script_announced, script_beat, script_cancel,
    script_divide, script_finish, script_held, script_history, script_leave,
    script_look, script_pop, script_publish, script_push, script_seal;

/* Settle the run's name. */
void queue_name(struct queue *q, const char *run);
/* The current run; without one it is exit status 66. */
void queue_use_current(struct queue *q);
/*
 * The current run, while it is open, or sealed but not finished and the same
 * map, with a task of that id, is pushed again: a controller that starts anew
 * goes on with its run.
 */
bool queue_join_current(struct queue *q, const char *id);
/* Make the run the current one, once in its life. */
void queue_announce(struct queue *q);
/* ft:{RUN}:NAME, and a task's; free(3) them. */
char *queue_key(const char *run, const char *name);
char *queue_task_key(const char *run, const char *id);
/* A script's request on a run. */
struct request *queue_request(struct redis_script *s, const char *run);
/* A command on a key that all runs share; see request_shared. */
struct request *queue_shared(const char *command, const char *key);
/* Ask; NULL only when waiting was given up. */
redisReply *queue_ask(struct queue *q, struct request *r);
void queue_command(struct queue *q, struct request *r); /* ignore the answer */

/* An element that is a list; an answer without it is exit status 70. */
const redisReply *reply_list(const redisReply *r, size_t i);
const char *reply_text(const redisReply *r, size_t i); /* "": not a string */
int64_t reply_int(const redisReply *r, size_t i);
/* The value of a field in a flat list of fields and values; NULL: none. */
const char *reply_field(const redisReply *fields, const char *name);

/*
 * A task's record out of the fields of its hash; NULL: the hash is gone. The
 * view is the run's state, or "over" when it is cancelled and all leases are
 * void.
 */
struct record *queue_record(
    const redisReply *fields, const char *run, const char *view);
/* Set a list of attempts from its JSON text, if it has any. */
void queue_set_list(struct record *r, enum field f, const char *json);

/* Send what passes have taught, if it is time or at once. */
void queue_teach(struct queue *q, bool at_once);

/* Report the end of an attempt by its id and token. */
struct request *queue_hand_back(
    const char *run, const char *id, const char *token);

/* Tasks of a push, and their end. */
void batch_add(struct queue *q, struct record *owned);
void batch_end(struct queue *q);
void push_free(struct push *p);

#endif
