/*
 * history - how long tasks lasted, learnt from a saved stream
 *
 * The newest pass of an id counts; see estimate.h for ids that never ran.
 */
#ifndef HISTORY_H
#define HISTORY_H

#include "record.h"

struct history;

/* Read records from a file ("-": stdin); a missing one is exit status 66. */
struct history *history_open(const char *path);
void history_close(struct history *h);

/* Set a task's expected_ms when something about its duration is known. NULL h:
 * do nothing. */
void history_apply(const struct history *h, struct record *task);

#endif
