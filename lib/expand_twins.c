/*
 * expand_twins - two tasks with one id
 *
 * An id is group/spec/viewport-browser. Neither viewport nor browser has a
 * slash, so ids are equal only when all before the last slash is; entries are
 * sorted by that. What follows may be cut at any hyphen ("a-b" on "c" is "a"
 * on "b-c"), so each cut of each combination is looked up among the viewports
 * and browsers of its neighbours. No id is ever kept.
 */
#include <stdlib.h>
#include <string.h>

#include "expand_map.h"

/* A viewport of an entry. */
struct view {
	const char *name;
	const struct entry *entry;
};

/* The viewports of the entries that share a path, in byte order. */
struct run {
	struct view *views;
	size_t view_count;
};

static int
by_path(const void *a, const void *b)
{
	const struct entry *x = *(const struct entry *const *)a,
			   *y = *(const struct entry *const *)b;
	int order = strcmp(x->path, y->path);

	return order ? order : (x > y) - (x < y);
}

static int
by_view(const void *a, const void *b)
{
	const struct view *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : (x->entry > y->entry) - (x->entry < y->entry);
}

/* Like strcmp, with a name that ends after len bytes. */
static int
compare(const char *name, size_t len, const char *other)
{
	int order = strncmp(name, other, len);

	return order ? order : -(other[len] != '\0');
}

static bool
has(const struct names *n, const char *name)
{
	size_t low = 0, high = n->count, middle;
	int order;

	while (low < high) {
		middle = low + (high - low) / 2;
		order = strcmp(name, n->sorted[middle]);
		if (order == 0)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

/* The first view whose name is not before name. */
static size_t
first_view(const struct run *run, const char *name, size_t len)
{
	size_t low = 0, high = run->view_count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (compare(name, len, run->views[middle].name) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The entry before e, or e itself by another cut, that gives this cut too. */
static const struct entry *
giver(const struct run *run, const struct entry *e, size_t own_cut,
    const char *pair, size_t cut)
{
	size_t i = first_view(run, pair, cut);
	const char *browser = pair + cut + 1;
	const struct view *v;

	for (; i < run->view_count; i++) {
		v = &run->views[i];
		if (v->entry > e || compare(pair, cut, v->name) != 0)
			return NULL;
		if ((v->entry == e && cut >= own_cut) ||
		    !has(&v->entry->task->browsers, browser) ||
		    expand_rule(v->entry, v->name, browser))
			continue;
		return v->entry;
	}
	return NULL;
}

static const struct entry *
twin(const struct run *run, const struct entry *e, const char *viewport,
    const char *pair)
{
	const char *hyphen = strchr(pair, '-');
	const struct entry *other = NULL;

	for (; hyphen != NULL && other == NULL;
	     hyphen = strchr(hyphen + 1, '-'))
		other = giver(
		    run, e, strlen(viewport), pair, (size_t)(hyphen - pair));
	return other;
}

/* Report the first combination of e that an earlier one gives as well. */
static void
check_entry(struct expand *x, const struct run *run, const struct entry *e)
{
	const struct names *vs = &e->task->viewports, *bs = &e->task->browsers;
	const struct entry *other = NULL;
	struct buf pair = {0};
	char *place;
	size_t v, b;

	for (v = 0; v < vs->count && other == NULL; v++)
		for (b = 0; b < bs->count && other == NULL; b++) {
			if (expand_rule(e, vs->list[v], bs->list[b]))
				continue;
			buf_reset(&pair);
			buf_printf(&pair, "%s-%s", vs->list[v], bs->list[b]);
			other = twin(run, e, vs->list[v], pair.data);
		}
	if (other != NULL) {
		place = expand_place(other->task);
		expand_error(x, e->task->map, e->task, "",
		    "expected every id once: %s/%s is also at %s", e->path,
		    pair.data, place);
		free(place);
	}
	buf_free(&pair);
}

static bool
has_hyphen(const struct names *n)
{
	size_t i;

	for (i = 0; i < n->count; i++)
		if (strchr(n->list[i], '-') != NULL)
			return true;
	return false;
}

static void
check_run(struct expand *x, const struct entry **entries, size_t count)
{
	const struct task *first = entries[0]->task;
	struct run run = {0};
	size_t i, v;

	if (count == 1 &&
	    (!has_hyphen(&first->viewports) || !has_hyphen(&first->browsers)))
		return;
	for (i = 0; i < count; i++)
		run.view_count += entries[i]->task->viewports.count;
	run.views = mem_zalloc(run.view_count, sizeof(*run.views));
	run.view_count = 0;
	for (i = 0; i < count; i++)
		for (v = 0; v < entries[i]->task->viewports.count; v++)
			run.views[run.view_count++] = (struct view){
			    entries[i]->task->viewports.list[v], entries[i]};
	qsort(run.views, run.view_count, sizeof(*run.views), by_view);
	for (i = 0; i < count; i++)
		check_entry(x, &run, entries[i]);
	free(run.views);
}

void
expand_twins(struct expand *x)
{
	const struct entry **sorted =
	    mem_zalloc(x->entry_count, sizeof(const struct entry *));
	size_t i, n;

	for (i = 0; i < x->entry_count; i++)
		sorted[i] = &x->entries[i];
	qsort(sorted, x->entry_count, sizeof(*sorted), by_path);
	for (i = 0; i < x->entry_count; i += n) {
		n = 1;
		while (i + n < x->entry_count &&
		       strcmp(sorted[i]->path, sorted[i + n]->path) == 0)
			n++;
		check_run(x, sorted + i, n);
	}
	free(sorted);
}
