/*
 * share - one start of a runner that several tasks share
 *
 * Where the runner table says how, the plans of such tasks differ in nothing
 * but the argument that names the spec, and one program gets all of these.
 * A reporter of ours in it tells of each spec: see "Shared starts" in
 * ft-runners(5).
 */
#ifndef SHARE_H
#define SHARE_H

#include <stdbool.h>
#include <stddef.h>

#include "attempt.h"
#include "child.h"
#include "record.h"

struct share;

/* One for each slot. NULL with errno: it cannot have its files. */
struct share *share_new(const struct attempt_rules *rules, int slot);
void share_free(struct share *s);

/* Forget the last start, and empty its folders. */
void share_reset(struct share *s);
/* Whether the task can be one of this start; it is the next one then. */
bool share_join(struct share *s, struct record *task);
/*
 * What to start, for the attempts at those that joined, in that order; NULL
 * stands for one that is not wanted any more. NULL with errno when it cannot
 * be told to the reporter. It lasts until share_reset.
 */
const struct child_job *share_job(
    struct share *s, struct attempt *const *attempts, size_t count);
/* Call this every ATTEMPT_LOOK_MS while it runs. */
void share_look(const struct share *s);

struct share_event {
	enum { SHARE_BEGIN, SHARE_END } what;
	size_t member; /* in the order of joining */
	int code;      /* the exit status that it would have alone */
};
/* Poll this for POLLIN; the next event that has come, false: none. */
int share_fd(const struct share *s);
bool share_event(struct share *s, struct share_event *e);

#endif
