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

struct redis {
	redisContext *context; /* NULL: down */
	size_t unsent;         /* bytes put since the last write, about */
	unsigned connections;
	bool served, insists;
	bool apart; /* it was told that another node has what runs share */
	int64_t patience_ms;
	int64_t deadline; /* of the trouble that is on; 0: none */
	unsigned tries;   /* in this trouble */
	bool (*give_up)(void);
	struct request *first, **last; /* sent, not yet answered */
	int64_t due_ms;                /* when the first is late */
};

void redis_disconnect(struct redis *r);
/* Into the buffer that is sent next, by its script's digest or whole. */
void redis_put(struct redis *r, struct request *q, bool whole);
/* A connection, with the unanswered requests sent again; false: given up. */
bool redis_ready(struct redis *r);
/* The same after trouble that may pass, with its exit status and reason. */
bool redis_come_back(struct redis *r, int status, const char *reason);

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
