/* entry_impl - what the row and the article of a task share; not for others */
#ifndef ENTRY_IMPL_H
#define ENTRY_IMPL_H

#include "entry.h"

size_t entry_count(const struct record *r, enum field list);

/* A duration or a time that can be true, else -1. */
int64_t entry_ms(const struct record *r, enum field f);

const char *entry_title(const struct record *r);

/* What an attempt's files are called from the page; NULL: none, or unsafe. */
const char *entry_files(const struct record *r);
void entry_link_files(struct buf *b, const struct record *r, const char *text);

/* "timeout: what the first failure said" */
void entry_why(struct buf *b, const struct record *r);

/* "node-1/2", with the slot */
void entry_worker_text(struct buf *b, const struct record *r);

#endif
