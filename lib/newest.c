/* newest - the newest line of each task, in the order tasks were first seen */
#include <err.h>
#include <stdlib.h>
#include <sysexits.h>

#include "mem.h"
#include "newest.h"

struct newest {
	char **line;
	size_t count, cap;
};

struct newest *
newest_new(void)
{
	return mem_zalloc(1, sizeof(struct newest));
}

void
newest_free(struct newest *n)
{
	size_t i;

	if (n == NULL)
		return;
	for (i = 0; i < n->count; i++)
		free(n->line[i]);
	free(n->line);
	free(n);
}

void
newest_put(struct newest *n, size_t place, const struct record *r)
{
	if (place >= n->cap) {
		n->cap = n->cap ? n->cap * 2 : 256;
		n->line = mem_realloc(n->line, n->cap * sizeof(*n->line));
	}
	if (place >= n->count) {
		n->line[place] = NULL;
		n->count = place + 1;
	}
	free(n->line[place]);
	n->line[place] = record_print(r);
}

void
newest_write(const struct newest *n, FILE *out)
{
	size_t i;

	for (i = 0; i < n->count; i++)
		if (fputs(n->line[i], out) == EOF || putc('\n', out) == EOF)
			err(EX_IOERR, "stdout");
}
