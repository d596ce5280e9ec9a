/*
 * display - what a program's records tell somebody at a terminal
 *
 * It stands on standard error, and nowhere when that is no terminal or when
 * the records themselves go to one: then these calls cost nothing.
 */
#ifndef DISPLAY_H
#define DISPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "record.h"

/* A run of tasks of which nobody knows how many will come. */
void display_open(const char *title);
bool display_on(void);
void display_note(const struct record *r);
void display_show(void);  /* when it is time */
void display_close(void); /* the last state stays */

/*
 * A count of things that went by, shown when that takes longer than one likes
 * to wait, and taken away at the end. total 0: who knows. records: whether
 * they go to standard output meanwhile.
 */
void display_count_open(const char *what, int64_t total, bool records);
void display_count(void); /* one more */
void display_count_close(void);

#endif
