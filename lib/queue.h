/*
 * queue - a run's tasks in Redis
 *
 * Leases, fencing and retries are the Lua scripts' (lib/lua); this is how a
 * program calls them. Every request may be sent twice. Failures exit as
 * redis.h says; a run that does not exist is exit status 66.
 */
#ifndef QUEUE_H
#define QUEUE_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "record.h"

#define QUEUE_LEASE_MS 60000 /* how long a silent lease lasts */
#define QUEUE_SLOTS_MAX 512  /* of one instance */
#define QUEUE_SHARE_MAX 100  /* tasks of a batch */

struct queue;

/* What -V says of the ways to reach Redis. */
const char *queue_about(void);

/*
 * Connect. The run is the one named, or FT_RUN's, or the current one (the
 * hash runmeta names it).
 */
struct queue *queue_open(const char *run);
/* The same for a push: the run may be new, and is settled by its first task. */
struct queue *queue_open_push(const char *run);
void queue_close(struct queue *q);
const char *queue_run(const struct queue *q); /* NULL: not settled yet */

/*
 * For how long a server that was there is tried again; negative: as the
 * environment says. One that has only just started is patient if it insists.
 */
void queue_set_patience(struct queue *q, int64_t ms);
void queue_insist(struct queue *q);

/* Called while Redis is away; true ends the waiting. */
void queue_on_wait(struct queue *q, bool (*give_up)(void));

/*
 * Refuse a server that may evict what it holds (64), and warn about one that
 * forgets it at a restart.
 */
void queue_check_server(struct queue *q);

/* What became of a pushed task. */
enum pushed { QUEUE_ADDED, QUEUE_KNOWN, QUEUE_REFUSED };

/*
 * Push tasks in batches. done is called for each task of a batch, in order,
 * and the record is freed after it. Unknown durations are looked up in the
 * history. budget -1: none.
 */
void queue_on_pushed(
    struct queue *q, void (*done)(struct record *, enum pushed));
void queue_set_budget(struct queue *q, long failures);
void queue_push(struct queue *q, struct record *owned);
/* What the history knows of the tasks' durations, before they are pushed. */
void queue_expect(struct queue *q, struct record **tasks, size_t count);
/*
 * Into how many parts the tasks are divided; before the first is pushed. parts
 * has a proposal for each, and then what this run has had from the beginning.
 */
void queue_divide(
    struct queue *q, struct record *const *tasks, size_t count, int64_t *parts);
void queue_push_end(struct queue *q);
/* No more tasks will come; the first time, this makes the run the current. */
void queue_seal(struct queue *q);
/* Cancel what waits. */
void queue_cancel(struct queue *q);

/*
 * One start of ft-pop: takes tasks for the slots of a worker. Up to share short
 * ones that may share a start come for one slot, as a batch.
 */
struct popper;
struct popper *popper_open(struct queue *q, const char *worker, long slots,
    int64_t lease_ms, bool follow, long share);
void popper_close(struct popper *p);

enum popped {
	POP_TASK,     /* a leased task */
	POP_STOP,     /* a record that stops an attempt: its lease is gone */
	POP_NOTHING,  /* nothing now; only without waiting */
	POP_FINISHED, /* the run is finished, there will be no more */
	POP_EVENT     /* one of the others has an event */
};

/*
 * The next thing to do, waiting for it or not. Waiting ends as well with an
 * event of one of the others. *r is the caller's to free.
 */
enum popped popper_next(struct popper *p, bool wait, struct pollfd *others,
    nfds_t count, struct record **r);
/* The next that has come with it already, a task or a stop; false: none. */
bool popper_more(struct popper *p, struct record **r);
/* Give back a task that could not be delivered, free of charge. */
void popper_hand_back(struct popper *p, const struct record *r);
/* Take no more, and hand back what was leased but not returned. */
void popper_leave(struct popper *p);

/*
 * Report records of ft-run: a beat renews the lease, an end completes the task
 * or returns it. queue_reported sends them and returns the record of the next
 * answer, as the queue now holds it: it waits for one, or not; NULL when none
 * is left to come, or has come. A record of a task that the queue does not know
 * is told on stderr, counted in queue_unknown and not returned.
 *
 * A beat is held for up to 500 ms, and if its attempt ends meanwhile it is not
 * sent at all, since the end says more. What passes teach is held for half a
 * second. queue_wait sends what is due, and waits until more is, an answer
 * comes or one of the others has an event; queue_flush sends all beats.
 */
void queue_report(struct queue *q, struct record *owned);
struct record *queue_reported(struct queue *q, bool wait);
unsigned long queue_unknown(const struct queue *q);
unsigned long queue_unanswered(const struct queue *q);
void queue_wait(struct queue *q, struct pollfd *others, nfds_t count);
void queue_flush(struct queue *q);

/*
 * Send what passes have taught, and wait for everything that was sent without
 * an answer to come.
 */
void queue_settle(struct queue *q);

/* A run at one moment. */
struct queue_look {
	char state[16]; /* open, sealed, finished, cancelled */
	bool over;      /* nothing will happen any more */
	int64_t now_ms, created_ms, started_ms, finished_ms; /* 0: not yet */
	int64_t total, waiting, processing, done;
	int64_t passed, failed, error, flaky, cancelled;
	int64_t retried, lost, late, busy_ms;
	int64_t leased_ms;      /* the newest lease; no two have the same */
	int64_t workers, slots; /* heard within QUEUE_LIVE_MS */
};
#define QUEUE_LIVE_MS 180000
void queue_look(struct queue *q, struct queue_look *look);

/* The runs that are still there, the newest first. */
void queue_each_run(struct queue *q,
    void (*each)(const char *run, const struct queue_look *look));

/* The tasks as records, in push order, or the verdicts from the first-th on
 * in the order they came; each record is freed after the call. Returns how
 * many there were. */
int64_t queue_each(struct queue *q, void (*each)(struct record *));
int64_t queue_each_done(
    struct queue *q, int64_t first, void (*each)(struct record *));

/*
 * The tasks that are leased now or were so at the last call, for a follower
 * who has the rest.
 */
void queue_each_active(struct queue *q, void (*each)(struct record *));

/* Write the counters of a run to runmeta while that names it. */
void queue_publish(struct queue *q, const struct queue_look *look);

/* Learn how long specs last from records of passes. */
void queue_learn(struct queue *q, const struct record *r);
/* What was learnt: every id and its time, in no order. No run is needed. */
struct queue *queue_open_history(void);
void queue_each_history(
    struct queue *q, void (*each)(const char *id, int64_t ms));

#endif
