/* history - how long tasks lasted, learnt from a saved stream */
#include <err.h>
#include <fcntl.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "estimate.h"
#include "fold.h"
#include "history.h"
#include "mem.h"

struct past {
	int64_t ms;
	char name[];
};

struct history {
	void *tree; /* of struct past, by name: see tsearch(3) */
};

static int
by_name(const void *a, const void *b)
{
	return strcmp(
	    ((const struct past *)a)->name, ((const struct past *)b)->name);
}

static struct past *
past_of(const char *name, int64_t ms)
{
	size_t size = strlen(name) + 1;
	struct past *p = mem_alloc(sizeof(*p) + size);

	p->ms = ms;
	memcpy(p->name, name, size);
	return p;
}

static void
learn_name(struct history *h, const char *name, int64_t ms)
{
	struct past *p = past_of(name, ms), **found;

	found = tsearch(p, &h->tree, by_name);
	if (found == NULL)
		err(EX_OSERR, "memory");
	if (*found != p) {
		(*found)->ms = p->ms;
		free(p);
	}
}

static void
learn(struct history *h, const struct record *r)
{
	char *names[ESTIMATE_NAMES];
	int64_t lesson[ESTIMATE_NAMES];
	int i;

	if (r == NULL)
		return;
	if ((record_result(r) != RESULT_PASSED &&
		record_result(r) != RESULT_FLAKY) ||
	    !record_has(r, RECORD_DURATION_MS))
		return;
	estimate_names(r, names);
	estimate_lesson(r, record_int(r, RECORD_DURATION_MS, 0), lesson);
	for (i = 0; i < ESTIMATE_NAMES; i++) {
		if (names[i] != NULL && lesson[i] >= 0)
			learn_name(h, names[i], lesson[i]);
		free(names[i]);
	}
}

struct history *
history_open(const char *path)
{
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct history *h = mem_zalloc(1, sizeof(*h));
	struct fold *fold = fold_new();
	struct record *r;
	struct jsonl *in;

	if (fd < 0)
		err(EX_NOINPUT, "%s", path);
	in = jsonl_open(fd, standard ? "stdin" : path);
	while ((r = record_next(in, RECORD_ANY)) != NULL) {
		learn(h, fold_add(fold, r));
		record_free(r);
	}
	fold_free(fold);
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

static int64_t
look_up(const struct history *h, const char *name)
{
	struct past *key = past_of(name, 0), **found;

	found = tfind(key, &h->tree, by_name);
	free(key);
	return found != NULL ? (*found)->ms : -1;
}

void
history_apply(const struct history *h, struct record *task)
{
	char *names[ESTIMATE_NAMES];
	int64_t known[ESTIMATE_NAMES], ms;
	int i;

	if (h == NULL)
		return;
	estimate_names(task, names);
	for (i = 0; i < ESTIMATE_NAMES; i++) {
		known[i] = names[i] != NULL ? look_up(h, names[i]) : -1;
		free(names[i]);
	}
	ms = estimate_ms(task, known);
	if (ms >= 0)
		record_set_int(task, RECORD_EXPECTED_MS, ms);
}
