/*
 * sweep - kill every descendant of this process
 *
 * Processes are found through /proc, whatever their group and session. One
 * look can miss a fork, so it looks again until there is nothing left to kill;
 * the caller has to be a child subreaper, or descendants slip away to init.
 */
#ifndef SWEEP_H
#define SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define SWEEP_MS 10000 /* one that has not died by then cannot be killed */

/*
 * Send KILL until all descendants are gone, except those that the count pids
 * at spared name or have begotten. reap is called before each look: it waits
 * for the dead and says whether any child is left. False when some could not
 * be killed: they belong to somebody else, or hang in the kernel.
 */
bool sweep(const pid_t *spared, size_t count, bool (*reap)(void));

/* The children of this process; free(3) *pids. */
size_t sweep_children(pid_t **pids);

#endif
