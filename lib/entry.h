/*
 * entry - what the page shows of one task
 *
 * The place of a task is its number in the stream; "t12" is its anchor.
 */
#ifndef ENTRY_H
#define ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mem.h"
#include "record.h"
#include "timeline.h"

/* "passed", "failed", …; the status of a task that is not complete. */
const char *entry_verdict(const struct record *r);

/* The next attempt of a list, as a record; false past its end. */
bool entry_next(const cJSON *list, struct record *attempt);

/* How an attempt looks in the timeline; r may be one of the earlier ones. */
enum bar entry_bar(const struct record *r);

/* When an attempt began, and when it ended; -1: unknown, or still running. */
int64_t entry_started(const struct record *attempt);
int64_t entry_ended(const struct record *attempt);

/* Whether the page tells more of a task than its row. */
bool entry_noted(const struct record *r);

/* A row of the table. */
void entry_row(struct buf *b, const struct record *r, size_t place);

/* The article of a noted task; with its output, or without to save space. */
void entry_article(
    struct buf *b, const struct record *r, size_t place, bool output);

#endif
