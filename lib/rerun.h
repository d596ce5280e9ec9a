/*
 * rerun - how to repeat an attempt by hand
 */
#ifndef RERUN_H
#define RERUN_H

#include "runner.h"

#define RERUN_MAX 8192 /* bytes */

/*
 * A command for a POSIX shell that starts what the plan says, with its folder
 * and environment, and a new folder in place of out and tmp, and cache in it.
 * Free it; NULL when it is longer than RERUN_MAX, or holds what a line of text
 * cannot.
 */
char *rerun_command(
    const struct runner_plan *plan, const struct runner_where *where);

#endif
