/*
 * foreground - one task by hand, for whoever looks into a failure
 */
#ifndef FOREGROUND_H
#define FOREGROUND_H

#include "attempt.h"
#include "jsonl.h"

#define FOREGROUND_UNSTARTED 126 /* the status when it could not be started */

/*
 * Read all records, and run the task with that id as ft-run would: the same
 * program, folder, environment and verdict, but on the caller's terminal and
 * without a deadline. Signals from the terminal are the task's own; TERM and
 * HUP end it. Nothing of it is left behind. The verdict is told on stderr.
 *
 * Returns the task's exit status, or 128 and the number of the signal that
 * ended it. Without such a task the exit status is 66.
 */
int foreground_run(
    struct jsonl *in, const char *id, struct attempt_rules *rules);

#endif
