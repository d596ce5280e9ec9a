/*
 * pile - tasks of no queue, for slots that let short ones share a start
 *
 * It follows the rules of ft-pop -S: see lib/lua/crew.lua. But a task that
 * nobody has timed counts as a second here: whoever asks for shared starts
 * without a queue says that specs are short.
 */
#ifndef PILE_H
#define PILE_H

#include <stdbool.h>

#include "record.h"

void pile_add(struct record *owned);
bool pile_empty(void);
/* Hand out the next task, or the next batch of at most so many. */
void pile_take(int slots, int most, void (*each)(struct record *owned));
/* Hand out what is left. */
void pile_each(void (*each)(struct record *owned));

#endif
