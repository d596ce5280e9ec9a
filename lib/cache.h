/*
 * cache - what a slot's starts leave for the next
 *
 * A folder below scratch, with which it goes, that is one slot's alone: no two
 * starts write there at a time. Playwright 1.61 takes half a file that another
 * is still writing, or was stopped at, for a whole one, and a spec has fewer
 * tests then.
 */
#ifndef CACHE_H
#define CACHE_H

#include "child.h"

/* Its path; free it. It is made by whoever writes there first. */
char *cache_path(const char *scratch, int slot);

/*
 * Empty it unless the slot's start ended well: it may have been stopped at
 * half a file, by a full disk too. What cannot be emptied is set aside with a
 * message, or exit status 74.
 */
void cache_ended(const char *scratch, int slot, const struct child_end *end);

#endif
