/* queue_pop - leased tasks out of a run, and the notes on an instance's bell */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sysexits.h>
#include <unistd.h>

#include "clock.h"
#include "mem.h"
#include "queue_impl.h"

#define NOTE_FIELDS 8 /* of the longest note: see task_note in common.lua */

struct note {
	struct note *next;
	char text[];
};

/* What a slot works on: more than one when they are a batch. */
struct hold {
	struct hold *next;
	char *batch;   /* "": it is none */
	char member[]; /* id#token, as in held */
};

struct popper {
	struct queue *queue;
	const char *worker;
	char *instance;
	char *own_bell, *bell;
	int64_t lease_ms;
	bool follow;
	uint64_t requests;
	long long seen; /* the last fencing number */
	unsigned connections;
	bool missed; /* a note, perhaps: the connection broke meanwhile */
	char generation[48]; /* of the run's bell */
	int64_t ask_ms;      /* on the monotonic clock: until then, if full, */
			     /* only its own bell can bring news */
	long slots, share;
	struct hold **slot; /* what was returned, by slot; NULL: free */
	struct note *first, **last;
};

struct popper *
popper_open(struct queue *q, const char *worker, long slots, int64_t lease_ms,
    bool follow, long share)
{
	struct popper *p = mem_zalloc(1, sizeof(*p));
	uint32_t dice = 0;
	char *name;

	if (getrandom(&dice, sizeof(dice), 0) != sizeof(dice))
		err(EX_OSERR, "getrandom");
	p->queue = q;
	p->worker = worker;
	p->instance = mem_printf("%s.%ld.%08x", worker, (long)getpid(), dice);
	name = mem_printf("bell:%s", p->instance);
	p->own_bell = queue_key(q->run, name);
	free(name);
	p->bell = queue_key(q->run, "bell");
	p->lease_ms = lease_ms;
	p->follow = follow;
	p->connections = redis_connections(q->redis);
	p->slots = slots;
	p->share = share;
	p->slot = mem_zalloc((size_t)slots, sizeof(*p->slot));
	p->last = &p->first;
	return p;
}

static struct note *
shift(struct popper *p)
{
	struct note *n = p->first;

	if (n != NULL)
		p->first = n->next;
	if (p->first == NULL)
		p->last = &p->first;
	return n;
}

static void
drop(struct hold **link)
{
	struct hold *h = *link;

	*link = h->next;
	free(h->batch);
	free(h);
}

void
popper_close(struct popper *p)
{
	struct note *n;
	long i;

	if (p == NULL)
		return;
	while ((n = shift(p)) != NULL)
		free(n);
	for (i = 0; i < p->slots; i++)
		while (p->slot[i] != NULL)
			drop(&p->slot[i]);
	free(p->slot);
	free(p->instance);
	free(p->own_bell);
	free(p->bell);
	free(p);
}

static void
remember_one(struct popper *p, const char *text, size_t len)
{
	struct note *n;

	if (len == 0)
		return;
	n = mem_alloc(sizeof(*n) + len + 1);
	n->next = NULL;
	memcpy(n->text, text, len);
	n->text[len] = '\0';
	*p->last = n;
	p->last = &n->next;
}

/* The notes of a batch come as one: see NEXT_NOTE in common.lua. */
static void
remember(struct popper *p, const char *text)
{
	const char *end;

	while (strncmp(text, "task\n", 5) == 0 &&
	       (end = strstr(text, "\ftask\n")) != NULL) {
		remember_one(p, text, (size_t)(end - text));
		text = end + 1;
	}
	remember_one(p, text, strlen(text));
}

/* Where a member of held is kept; NULL: no slot works on it. */
static struct hold **
find(const struct popper *p, const char *member)
{
	struct hold **link;
	long i;

	for (i = 0; i < p->slots; i++)
		for (link = &p->slot[i]; *link != NULL; link = &(*link)->next)
			if (strcmp((*link)->member, member) == 0)
				return link;
	return NULL;
}

static void
free_slot(struct popper *p, const char *member)
{
	struct hold **link = find(p, member);

	if (link != NULL)
		drop(link);
}

/*
 * The slot of its batch, else the lowest free one; the last one when the queue
 * knows better than we.
 */
static long
choose_slot(const struct popper *p, const char *batch)
{
	long i;

	for (i = 0; *batch != '\0' && i < p->slots; i++)
		if (p->slot[i] != NULL && strcmp(p->slot[i]->batch, batch) == 0)
			return i;
	for (i = 0; i < p->slots - 1 && p->slot[i] != NULL;)
		i++;
	while (p->slot[i] != NULL)
		drop(&p->slot[i]);
	return i;
}

static long
take_slot(struct popper *p, const char *member, const char *batch)
{
	size_t size = strlen(member) + 1;
	struct hold *h = mem_alloc(sizeof(*h) + size);
	long i = choose_slot(p, batch);

	memcpy(h->member, member, size);
	h->batch = mem_strdup(batch);
	h->next = p->slot[i];
	p->slot[i] = h;
	return i;
}

/* Cut a note into its lines; the last field takes all that is left. */
static void
cut(char *text, char *field[NOTE_FIELDS])
{
	int i;

	for (i = 0; i < NOTE_FIELDS; i++)
		field[i] = "";
	for (i = 0; i < NOTE_FIELDS && text != NULL; i++)
		field[i] = i < NOTE_FIELDS - 1 ? strsep(&text, "\n") : text;
}

/* A leased task's record; NULL when it has been returned before. */
static struct record *
task_record(struct popper *p, char *field[NOTE_FIELDS])
{
	struct record *r = record_parse(field[7]);
	long long fence = strtoll(field[1], NULL, 10);
	char *member;

	if (r == NULL || !record_has(r, RECORD_ID))
		errx(EX_SOFTWARE, "pop: a task that is no record");
	member = mem_printf("%s#%s", record_text(r, RECORD_ID), field[1]);
	free_slot(p, field[5]);
	if (find(p, member) != NULL) {
		free(member);
		record_free(r);
		return NULL;
	}
	if (fence > p->seen)
		p->seen = fence;
	record_set_text(r, RECORD_RUN, p->queue->run);
	record_set_text(r, RECORD_WORKER, p->worker);
	record_set_int(r, RECORD_SLOT, take_slot(p, member, field[6]) + 1);
	free(member);
	if (*field[6] != '\0')
		record_set_text(r, RECORD_BATCH, field[6]);
	record_set_int(r, RECORD_ATTEMPT, atoi(field[2]));
	record_set_text(r, RECORD_LEASE, field[1]);
	record_set_int(r, RECORD_LEASE_MS, atoll(field[3]));
	record_set_status(r, STATUS_PROCESSING);
	record_set_result(r, RESULT_UNKNOWN);
	queue_set_list(r, RECORD_ATTEMPTS, field[4]);
	return r;
}

static struct record *
stop_record(const struct popper *p, char *field[NOTE_FIELDS])
{
	struct record *r = record_new();

	record_set_text(r, RECORD_ID, field[2]);
	record_set_text(r, RECORD_RUN, p->queue->run);
	record_set_text(r, RECORD_LEASE, field[1]);
	record_set_status(r, STATUS_COMPLETE);
	record_set_result(r, RESULT_UNKNOWN);
	record_set_reason(r, REASON_INTERRUPTED);
	return r;
}

/* Act on the notes; true when one of them is for the caller. */
static bool
take_note(struct popper *p, struct record **r, enum popped *what)
{
	char *field[NOTE_FIELDS];
	struct note *n;

	*r = NULL;
	while (*r == NULL && (n = shift(p)) != NULL) {
		cut(n->text, field);
		if (strcmp(field[0], "task") == 0) {
			*r = task_record(p, field);
			*what = POP_TASK;
		} else if (strcmp(field[0], "stop") == 0) {
			*r = stop_record(p, field);
			*what = POP_STOP;
		} else {
			free_slot(p, field[1]);
		}
		free(n);
	}
	return *r != NULL;
}

static bool
is_among(const redisReply *members, const char *member)
{
	size_t i;

	for (i = 0; i < members->elements; i++)
		if (strcmp(member, reply_text(members, i)) == 0)
			return true;
	return false;
}

/*
 * Replies and notes may have been lost: what is held, and so in which slots,
 * before another note is taken. False when waiting was given up.
 */
static bool
resync(struct popper *p)
{
	struct request *q = queue_request(&script_held, p->queue->run);
	const redisReply *members, *notes;
	redisReply *reply;
	struct hold **link;
	size_t i;
	long s;

	request_text(q, p->instance);
	request_int(q, p->seen);
	reply = queue_ask(p->queue, q);
	if (reply == NULL)
		return false;
	p->connections = redis_connections(p->queue->redis);
	p->missed = false;
	members = reply_list(reply, 0);
	notes = reply_list(reply, 1);
	for (s = 0; s < p->slots; s++)
		for (link = &p->slot[s]; *link != NULL;)
			if (is_among(members, (*link)->member))
				link = &(*link)->next;
			else
				drop(link);
	for (i = 0; i < notes->elements; i++)
		remember(p, reply_text(notes, i));
	freeReplyObject(reply);
	return true;
}

static redisReply *
ask(struct popper *p)
{
	struct request *q = queue_request(&script_pop, p->queue->run);
	char *nonce = mem_printf(
	    "%s.%llu", p->instance, (unsigned long long)++p->requests);

	request_text(q, p->instance);
	request_text(q, p->worker);
	request_int(q, p->slots);
	request_int(q, p->lease_ms);
	request_text(q, nonce);
	request_text(q, p->follow ? "f" : "-");
	request_int(q, p->seen);
	request_int(q, p->share);
	free(nonce);
	return queue_ask(p->queue, q);
}

/*
 * A hand-over fills the slot that its end has freed, so that the next thing to
 * hear of is the next end. Pop need not say so again until its time is up.
 */
static bool
still_full(const struct popper *p)
{
	long i;

	for (i = 0; i < p->slots; i++)
		if (p->slot[i] == NULL)
			return false;
	return p->follow && clock_mono_ms() < p->ask_ms;
}

/* A full instance waits for its own bell, an idle one for the run's. */
static redisReply *
block(struct popper *p, bool full, struct pollfd *others, nfds_t count)
{
	int64_t wait_ms = p->ask_ms - clock_mono_ms();
	struct request *q;
	char seconds[32];

	if (wait_ms < 1)
		wait_ms = 1;

	if (full) {
		snprintf(
		    seconds, sizeof(seconds), "%.3f", (double)wait_ms / 1000);
		q = request_command("BLPOP");
		request_text(q, p->own_bell);
		request_text(q, seconds);
	} else {
		q = request_command("XREAD");
		request_text(q, "BLOCK");
		request_int(q, wait_ms);
		request_text(q, "STREAMS");
		request_text(q, p->bell);
		request_text(q, p->generation);
	}
	return redis_block(p->queue->redis, q, wait_ms, others, count);
}

/* Take in a pop's answer: its notes, and how long to wait. */
static void
take_in(struct popper *p, const redisReply *reply)
{
	size_t i;

	if (strcmp(reply_text(reply, 0), "norun") == 0)
		errx(EX_NOINPUT, "%s: no such run", p->queue->run);
	snprintf(
	    p->generation, sizeof(p->generation), "%s", reply_text(reply, 2));
	for (i = 4; i < reply->elements; i++)
		remember(p, reply_text(reply, i));
	remember(p, reply_text(reply, 3));
	p->ask_ms = clock_mono_ms() + reply_int(reply, 1);
}

/* What pop finds: POP_TASK when it has notes to act on. */
static enum popped
look(struct popper *p, bool *full)
{
	redisReply *reply = ask(p);
	enum popped found = POP_NOTHING;

	if (reply == NULL)
		return POP_EVENT;
	take_in(p, reply);
	*full = strcmp(reply_text(reply, 0), "full") == 0;
	if (p->first != NULL)
		found = POP_TASK;
	else if (strcmp(reply_text(reply, 0), "finished") == 0)
		found = POP_FINISHED;
	freeReplyObject(reply);
	return found;
}

/* False when waiting for the server was given up. */
static bool
catch_up(struct popper *p)
{
	if (p->connections != redis_connections(p->queue->redis))
		p->missed = true;
	return !p->missed || resync(p);
}

enum popped
popper_next(struct popper *p, bool wait, struct pollfd *others, nfds_t count,
    struct record **r)
{
	enum popped got = POP_TASK;
	redisReply *reply;
	bool full;

	for (;;) {
		if (!catch_up(p))
			return POP_EVENT;
		if (take_note(p, r, &got))
			return got;
		full = still_full(p);
		got = full ? POP_NOTHING : look(p, &full);
		if (got == POP_TASK)
			continue;
		if (got != POP_NOTHING || !wait)
			return got;
		reply = block(p, full, others, count);
		if (reply == NULL && redis_event(others, count))
			return POP_EVENT;
		p->missed = reply == NULL;
		if (reply != NULL && full)
			remember(p, reply_text(reply, 1));
		freeReplyObject(reply);
	}
}

bool
popper_more(struct popper *p, struct record **r)
{
	enum popped what;

	return take_note(p, r, &what);
}

static void
hand_back_member(struct popper *p, const char *member)
{
	const char *hash = strrchr(member, '#');
	char *id;

	if (hash == NULL)
		return;
	id = mem_strndup(member, (size_t)(hash - member));
	queue_command(p->queue, queue_hand_back(p->queue->run, id, hash + 1));
	free(id);
}

void
popper_hand_back(struct popper *p, const struct record *r)
{
	char *member = mem_printf(
	    "%s#%s", record_text(r, RECORD_ID), record_text(r, RECORD_LEASE));

	hand_back_member(p, member);
	free_slot(p, member);
	free(member);
}

void
popper_leave(struct popper *p)
{
	struct request *q = queue_request(&script_leave, p->queue->run);
	redisReply *reply;
	size_t i;

	request_text(q, p->instance);
	reply = queue_ask(p->queue, q);
	if (reply == NULL)
		return;
	for (i = 0; i < reply->elements; i++)
		if (find(p, reply_text(reply, i)) == NULL)
			hand_back_member(p, reply_text(reply, i));
	freeReplyObject(reply);
}
