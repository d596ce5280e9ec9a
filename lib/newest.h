/*
 * newest - the newest line of each task, in the order tasks were first seen
 */
#ifndef NEWEST_H
#define NEWEST_H

#include <stddef.h>
#include <stdio.h>

#include "record.h"

struct newest;

struct newest *newest_new(void);
void newest_free(struct newest *n);
/* Keep r as the line of the task at that place, counted from 0. */
void newest_put(struct newest *n, size_t place, const struct record *r);
void newest_write(const struct newest *n, FILE *out);

#endif
