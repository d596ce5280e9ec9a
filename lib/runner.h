/*
 * runner - the table that says how each kind of spec is started and judged
 *
 * The table is lib/runners.json, built in, with a user's own file merged over
 * it; its format is in ft-runners(5). Placeholders in braces are replaced
 * inside an argument, which is never split, joined or seen by a shell.
 */
#ifndef RUNNER_H
#define RUNNER_H

#include <stdbool.h>
#include <stdint.h>

#include "record.h"

struct runner_table;

/*
 * The built-in table, with the file at path merged over it (NULL: none). A
 * bad file is a message with its place and exit status 65, a missing one 66.
 */
struct runner_table *runner_open(const char *path);
void runner_close(struct runner_table *t);

/* Whether the table has a runner of that name. */
bool runner_known(const struct runner_table *t, const char *name);
/* Whether specs of that runner can share a start. */
bool runner_shares(const struct runner_table *t, const char *name);

/* Whether a spec of that runner can be divided. */
bool runner_splits(const struct runner_table *t, const char *name);

/* The runner for a spec by its path; RUNNER_DEFAULT when nothing else fits. */
#define RUNNER_DEFAULT "command" /* runs the spec, or the task's command */
const char *runner_guess(const struct runner_table *t, const char *spec);

/* Where an attempt runs. All paths are absolute; tmp exists. */
struct runner_where {
	const char *spec_root; /* where specs lie */
	const char *out;       /* the attempt's own folder; see names_out */
	const char *tmp;       /* its private TMPDIR */
	const char *cache; /* its slot's starts share it; it need not exist */
	/* Of a start that several share; NULL: it is one task's. */
	const char *share;    /* the file that tells who they are */
	const char *reporter; /* the program that tells of each */
};

/* What is to be started. */
struct runner_plan {
	char **argv;    /* ends with NULL */
	char **env;     /* "NAME=value", beyond the inherited; ends with NULL */
	char *dir;      /* working folder: the spec root, or a project in it */
	int polite;     /* the signal that asks it to end */
	char *result;   /* absolute path of the result file; NULL: none */
	char *spec;     /* absolute path of the spec; NULL: the task has none */
	bool names_out; /* the attempt's folder has to exist */
	const void *entry; /* runner's own; the table must outlive the plan */
};

/*
 * Make the plan of a task's attempt. When the task cannot be run, false, and
 * r gets the result error with its reason (refused for a spec that leaves the
 * spec root or looks like an option, config for an unknown runner, browser
 * for one that this machine does not have, spawn for a runner that is not
 * installed) and a message.
 */
bool runner_plan(const struct runner_table *t, struct record *r,
    const struct runner_where *where, struct runner_plan *plan);
void runner_plan_free(struct runner_plan *plan);

/* How an attempt's process ended, as far as a verdict needs it. */
struct runner_outcome {
	bool spawned;       /* false: it could not be started; see error */
	int error;          /* errno of the failed start */
	bool timed_out;     /* stopped at its deadline */
	bool interrupted;   /* stopped by us for another reason */
	int exit_code;      /* -1 when a signal ended it */
	int signal;         /* 0 when it exited */
	bool starved;       /* the system killed meanwhile, for memory */
	const char *output; /* the end of its output, valid UTF-8 */
};

/*
 * Judge the attempt by its result file, or by its exit status where the
 * runner has none: sets result, and where they apply reason, tests (passed,
 * failed, skipped, flaky) and message (the first failure, plain text without
 * escape codes, at most RUNNER_MESSAGE_MAX bytes).
 */
#define RUNNER_MESSAGE_MAX 4096
void runner_judge(const struct runner_plan *plan,
    const struct runner_outcome *outcome, struct record *r);

#endif
