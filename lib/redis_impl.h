/* redis_impl - what the files of the module redis share */
#ifndef REDIS_IMPL_H
#define REDIS_IMPL_H

#include "mem.h"
#include "redis.h"

struct request {
	struct request *next;
	struct redis_script *script; /* NULL: a command */
	bool shared;                 /* about a key beside those of a run */
	struct buf args;             /* as the protocol wants them */
	size_t count;
	bool whole; /* sent with the script's text, this time */
	void *tag;
};

void request_free(struct request *q);

/* Read the environment, once, for all connections. */
void redis_dial_configure(void);
void redis_dial_forget(void);         /* the password */
const char *redis_dial_address(void); /* for messages */

/* A fresh connection that may be used; NULL: the exit status, told in why. */
redisContext *redis_dial(int *status, struct buf *why);

/* The connection's next reply, waiting at most wait_ms; NULL: it is lost. */
redisReply *redis_receive(redisContext *c, int64_t wait_ms);

/* The exit status for a server's complaint. Only EX_UNAVAILABLE may pass. */
int redis_status(const char *complaint);

#endif
