/*
 * child - a spec's process and everything that it starts
 *
 * Every slot has a supervisor: a small process, child subreaper in a session
 * of its own, that owns the deadline of the spec it runs. However an attempt
 * ends, no descendant of it is left: at the deadline or when it is stopped,
 * the polite signal goes to its process group, after the grace KILL to every
 * descendant found through /proc, again and again until waitpid(2) says
 * ECHILD; when the spec ended by itself, leftovers die at once. The caller's
 * death does the same. The supervisors outlive single attempts: a start costs
 * one fork and one exec.
 */
#ifndef CHILD_H
#define CHILD_H

#include <stdbool.h>
#include <stdint.h>

/* What to run. Everything is copied by child_start. */
struct child_job {
	char *const *argv;  /* ends with NULL; argv[0] is looked up in PATH */
	char *const *env;   /* "NAME=value" over the inherited environment */
	const char *dir;    /* working folder */
	const char *log;    /* file that gets stdout and stderr, appended */
	int polite;         /* signal that asks it to end */
	int64_t timeout_ms; /* 0: no deadline */
	int64_t grace_ms;
};

struct child_end {
	enum {
		CHILD_EXITED,    /* by itself: code */
		CHILD_SIGNALLED, /* by itself: signal */
		CHILD_TIMED_OUT, /* at its deadline */
		CHILD_STOPPED,   /* by child_stop */
		CHILD_UNSPAWNED, /* not started: code is errno */
		CHILD_LOST       /* its supervisor died under it */
	} how;
	int code;   /* exit code, -1 when a signal ended it */
	int signal; /* 0 when it exited */
	int64_t duration_ms;
	int64_t cpu_ms;     /* user and system, the whole tree; -1: unknown */
	int64_t max_rss_kb; /* the largest process of the tree */
	int64_t oom_kills;  /* by the system meanwhile, for lack of memory */
};

struct child;

/*
 * One slot's supervisor. The calling process becomes a child subreaper and
 * must have one thread. A failure to fork is exit status 71. The folder litter
 * is removed when the caller is gone, or frees it undismissed; NULL: none.
 */
struct child *child_new(const char *litter);
/*
 * Nothing more will run. An idle supervisor ends, and litter stays; one that
 * works is as told to stop at once. child_free is still due: dismissed first,
 * several end side by side.
 */
void child_dismiss(struct child *c);
/* Stop what still runs, without grace, and end the supervisor. */
void child_free(struct child *c);

void child_start(struct child *c, const struct child_job *job);
/* Ask the running spec to end: polite signal, grace, KILL; 0: KILL at once. */
void child_stop(struct child *c, int64_t grace_ms);
/*
 * A supervisor may itself be stopped, by a signal or a debugger, and keeps no
 * deadline then. When its end is overdue by this time of clock_mono_ms
 * (INT64_MAX: never), call child_hurry: it is woken, and the next time killed
 * and its work done here.
 */
int64_t child_due_ms(const struct child *c);
void child_hurry(struct child *c);
/* Collect what else has died below this process: orphans, where it is init. */
void child_reap(void);
/* Poll this for POLLIN: the end has come. */
int child_fd(const struct child *c);
/* Fetch the end; false when it has not come yet. */
bool child_ended(struct child *c, struct child_end *end);

#endif
