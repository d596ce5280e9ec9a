/* history - how long tasks lasted, learnt from a saved stream */
#include <err.h>
#include <fcntl.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "history.h"
#include "mem.h"

struct past {
	int64_t duration_ms;
	char id[];
};

struct history {
	void *tree; /* of struct past, by id: see tsearch(3) */
};

static int
by_id(const void *a, const void *b)
{
	return strcmp(
	    ((const struct past *)a)->id, ((const struct past *)b)->id);
}

static struct past *
past_of(const struct record *r)
{
	const char *id = record_text(r, RECORD_ID);
	size_t len = strlen(id);
	struct past *p = mem_alloc(sizeof(*p) + len + 1);

	p->duration_ms = record_int(r, RECORD_DURATION_MS, 0);
	memcpy(p->id, id, len + 1);
	return p;
}

static void
learn(struct history *h, const struct record *r)
{
	struct past *p, **found;

	if ((record_result(r) != RESULT_PASSED &&
		record_result(r) != RESULT_FLAKY) ||
	    !record_has(r, RECORD_DURATION_MS))
		return;
	p = past_of(r);
	found = tsearch(p, &h->tree, by_id);
	if (found == NULL)
		err(EX_OSERR, "memory");
	if (*found != p) {
		(*found)->duration_ms = p->duration_ms;
		free(p);
	}
}

struct history *
history_open(const char *path)
{
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct history *h = mem_zalloc(1, sizeof(*h));
	struct record *r;
	struct jsonl *in;

	if (fd < 0)
		err(EX_NOINPUT, "%s", path);
	in = jsonl_open(fd, standard ? "stdin" : path);
	while ((r = record_next(in, RECORD_ANY)) != NULL) {
		learn(h, r);
		record_free(r);
	}
	jsonl_close(in);
	if (!standard)
		close(fd);
	return h;
}

void
history_close(struct history *h)
{
	if (h == NULL)
		return;
	tdestroy(h->tree, free);
	free(h);
}

void
history_apply(const struct history *h, struct record *task)
{
	struct past *key, **found;

	if (h == NULL)
		return;
	key = past_of(task);
	found = tfind(key, &h->tree, by_id);
	free(key);
	if (found != NULL)
		record_set_int(task, RECORD_EXPECTED_MS, (*found)->duration_ms);
}
