/*
 * names - strings, numbered in the order they were first seen
 *
 * It starts as {0}. A string costs its bytes, its NUL and some twenty more.
 */
#ifndef NAMES_H
#define NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "mem.h"

struct names {
	struct buf text;
	size_t *at;      /* where the string with a number begins */
	uint32_t *cells; /* open addressing: a number + 1, or 0 */
	size_t count;
	size_t mask; /* cells - 1 */
};

/* The number of a string, which is copied when it is new. */
size_t names_add(struct names *n, const char *s);
/* The string with that number, until the next names_add. */
const char *names_get(const struct names *n, size_t number);
void names_free(struct names *n);

#endif
