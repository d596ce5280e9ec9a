/*
 * redis - one connection to the server, and requests that survive it
 *
 * The only user of hiredis. Requests are answered in any order and keep their
 * arguments until then, so after a broken connection every unanswered one is
 * sent again: each must be safe to repeat. A script that the server forgot is
 * sent whole.
 *
 * Where: REDIS_HOST (127.0.0.1; a path is a Unix socket), REDIS_PORT (6379),
 * REDIS_USERNAME, REDIS_PASSWORD or REDIS_PASSWORD_FILE. REDIS_PATIENCE (60):
 * for how many seconds a server that was there is tried again.
 *
 * Exit statuses: 64 for an unusable environment, refused credentials and
 * missing rights; 65 for a key of ours that holds something else; 69 for a
 * server out of reach, loading, read-only or full: at the start at once, later
 * when it outlasts the patience; 70 for an answer that makes no sense.
 */
#ifndef REDIS_H
#define REDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>

#include <hiredis/hiredis.h>

#include "mem.h"

#define REDIS_PATIENCE_MS 60000
#define REDIS_CONNECT_MS 5000
#define REDIS_UNSENT_MAX 16384 /* bytes that may wait for the next answer */
#define REDIS_ANSWER_MS 15000  /* for an answer, beside what it may block */
#define REDIS_ELEMENTS_MAX (1 << 20) /* of an array that is an answer */

struct redis;

/* A script: its text, and the digest that the server knows it by. */
struct redis_script {
	const char *name;
	const char *text;
	const char *sha;
};

struct redis *redis_open(void);
void redis_close(struct redis *r);

/* Instead of REDIS_PATIENCE. */
void redis_set_patience(struct redis *r, int64_t ms);
/* Be patient from the first request on: what this program has to say is worth
 * the waiting. */
void redis_insist(struct redis *r);

/* What the connection has been through: grows with every new one. */
unsigned redis_connections(const struct redis *r);

/*
 * Called while the connection is down; when it says true, waiting ends and
 * the request returns NULL. For programs that must answer to a signal.
 */
void redis_on_wait(struct redis *r, bool (*give_up)(void));

/* A request in the making: a command, or a script's KEYS and ARGV. */
struct request;
struct request *request_command(const char *name);
struct request *request_script(struct redis_script *s, const char *key);
/*
 * Its key is shared by all runs, so that another node of a cluster may have
 * it: that answer is the caller's, and of type REDIS_REPLY_ERROR.
 */
struct request *request_shared(struct request *q);
void request_add(struct request *q, const void *data, size_t len);
void request_text(struct request *q, const char *s);
void request_int(struct request *q, int64_t n);

/*
 * Send it and wait for its answer, which freeReplyObject frees. Errors that no
 * repetition mends exit.
 */
redisReply *redis_ask(struct redis *r, struct request *q);

/*
 * Send without waiting; tag is given back with the answer. redis_answer waits
 * for one of the requests sent and returns NULL when there is none left.
 */
void redis_send(struct redis *r, struct request *q, void *tag);
redisReply *redis_answer(struct redis *r, void **tag);

/*
 * redis_wait sends what waits to be sent, and waits until an answer begins to
 * come or is late, one of the others has an event, or ms are over (-1: never).
 * redis_answered sends as well, unless there is something to read: whether
 * redis_answer has something to do at once, be it to mend the connection.
 */
void redis_wait(
    struct redis *r, struct pollfd *others, nfds_t count, int64_t ms);
bool redis_answered(struct redis *r);

/*
 * Send a request that blocks on the server for at most block_ms and wait for
 * its answer or for an event of one of the others, whichever is first. NULL
 * after an event: the connection has been given up then, since the server
 * would still answer, and the next request makes a new one. NULL too when the
 * connection or the server failed; it is back then, or was given up.
 */
redisReply *redis_block(struct redis *r, struct request *q, int64_t block_ms,
    struct pollfd *others, nfds_t count);
/* Whether it was one of the others that ended the wait. */
bool redis_event(const struct pollfd *others, nfds_t count);

#endif
