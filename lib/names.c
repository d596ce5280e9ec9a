/* names - strings, numbered in the order they were first seen */
#include <stdlib.h>
#include <string.h>

#include "names.h"

const char *
names_get(const struct names *n, size_t number)
{
	return n->text.data + n->at[number];
}

/* FNV-1a; http://www.isthe.com/chongo/tech/comp/fnv/ */
static size_t
hash(const char *s)
{
	uint64_t h = 14695981039346656037u;

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211u;
	return h ^ h >> 32;
}

static uint32_t *
cell(const struct names *n, const char *s)
{
	size_t i = hash(s) & n->mask;

	while (
	    n->cells[i] != 0 && strcmp(names_get(n, n->cells[i] - 1), s) != 0)
		i = (i + 1) & n->mask;
	return &n->cells[i];
}

static void
widen(struct names *n)
{
	size_t room = n->cells ? 2 * (n->mask + 1) : 16, i;

	free(n->cells);
	n->cells = mem_zalloc(room, sizeof(*n->cells));
	n->at = mem_realloc(n->at, room * sizeof(*n->at));
	n->mask = room - 1;
	for (i = 0; i < n->count; i++)
		*cell(n, names_get(n, i)) = (uint32_t)i + 1;
}

size_t
names_add(struct names *n, const char *s)
{
	uint32_t *c;

	if (n->cells == NULL || n->count > n->mask / 2)
		widen(n);
	c = cell(n, s);
	if (*c != 0)
		return *c - 1;
	n->at[n->count] = n->text.len;
	buf_add(&n->text, s, strlen(s) + 1);
	*c = (uint32_t)++n->count;
	return *c - 1;
}

void
names_free(struct names *n)
{
	buf_free(&n->text);
	free(n->at);
	free(n->cells);
}
