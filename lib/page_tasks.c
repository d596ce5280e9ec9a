/* page_tasks - the tasks that are shown before the table of all */
#include <math.h>
#include <stdlib.h>

#include "html.h"
#include "page_impl.h"

#define RUNNING_MAX 100 /* running tasks that are listed by name */

/* A task's id: a link to its article, or to its row. */
void
page_name(struct page *p, struct buf *b, size_t place)
{
	const char *id = summary_id(p->summary, place);

	if (p->tasks[place].article != NULL) {
		buf_printf(b, "<a href=\"#t%zu\"><bdi>", place);
	} else {
		buf_puts(b, "<a href=\"#q=");
		html_path(b, id);
		buf_puts(b, "\"><bdi>");
	}
	html_text(b, id);
	buf_puts(b, "</bdi></a>");
}

/* What has run the longest, or NULL: then nobody knows since when. */
static const struct stretch *
under_way(const struct shown *t)
{
	const struct stretch *a = t->attempts, *oldest = NULL;

	for (; a < t->attempts + t->attempt_count; a++)
		if (a->kind == BAR_RUNNING &&
		    (oldest == NULL || a->started < oldest->started))
			oldest = a;
	return oldest;
}

static int
longest_first(const void *a, const void *b, void *tasks)
{
	const struct stretch *x =
	    under_way((struct shown *)tasks + *(const size_t *)a);
	const struct stretch *y =
	    under_way((struct shown *)tasks + *(const size_t *)b);
	int64_t from = x ? x->started : INT64_MAX;
	int64_t other = y ? y->started : INT64_MAX;

	return (from > other) - (from < other);
}

/* Where a task runs; the parts of a divided one do in several places. */
static void
lanes(struct page *p, struct buf *b, const struct shown *t)
{
	const char *between = "";
	size_t i;

	for (i = 0; i < t->attempt_count; i++) {
		if (t->attempts[i].kind != BAR_RUNNING)
			continue;
		buf_printf(b, "%s<bdi>", between);
		html_text(b, timeline_name(p->timeline, t->attempts[i].lane));
		buf_puts(b, "</bdi>");
		between = ", ";
	}
}

static void
running_row(struct page *p, struct buf *b, size_t place)
{
	const struct stretch *a = under_way(&p->tasks[place]);
	double now = p->numbers.started_ms + p->numbers.elapsed_ms;

	buf_puts(b, "<tr><th scope=row>");
	page_name(p, b, place);
	buf_puts(b, "<td>");
	lanes(p, b, &p->tasks[place]);
	buf_puts(b, "<td>");
	if (a != NULL)
		html_duration(b, fmax(0, now - (double)a->started));
	buf_putc(b, '\n');
}

void
page_running(struct page *p, struct buf *b)
{
	size_t *places = mem_zalloc(p->count, sizeof(*places)), i, n = 0;

	for (i = 0; i < p->count; i++)
		if (p->tasks[i].status == STATUS_PROCESSING)
			places[n++] = i;
	if (n > 0) {
		qsort_r(places, n, sizeof(*places), longest_first, p->tasks);
		page_section(b, "running", "Running now", (double)n);
		buf_puts(b, "<table class=\"list\">\n<thead><tr>"
			    "<th scope=col>Spec<th scope=col>Worker"
			    "<th scope=col>For\n<tbody>\n");
		for (i = 0; i < n && i < RUNNING_MAX; i++)
			running_row(p, b, places[i]);
		buf_puts(b, "</table>\n</section>\n");
	}
	free(places);
}

/* The tasks that have an article are in one of three sections. */
enum chapter { FAILURES, FLAKY, LOST };

static bool
belongs(const struct shown *t, enum chapter c)
{
	enum chapter its = LOST;

	if (t->article == NULL)
		return false;
	if (t->status == STATUS_COMPLETE &&
	    (t->result == RESULT_FAILED || t->result == RESULT_ERROR))
		its = FAILURES;
	else if (t->status == STATUS_COMPLETE && t->result == RESULT_FLAKY)
		its = FLAKY;
	return its == c;
}

static void
chapter(struct page *p, struct buf *b, enum chapter c, const char *id,
    const char *heading)
{
	size_t i, n = 0;

	for (i = 0; i < p->count; i++)
		n += belongs(&p->tasks[i], c);
	if (n == 0)
		return;
	page_section(b, id, heading, (double)n);
	page_send(p, b);
	for (i = 0; i < p->count; i++)
		if (belongs(&p->tasks[i], c))
			fputs(p->tasks[i].article, p->out);
	buf_puts(b, "</section>\n");
}

void
page_failures(struct page *p, struct buf *b)
{
	chapter(p, b, FAILURES, "failures", "Failures");
}

void
page_flaky(struct page *p, struct buf *b)
{
	chapter(p, b, FLAKY, "flaky", "Flaky");
}

void
page_lost(struct page *p, struct buf *b)
{
	chapter(p, b, LOST, "lost", "Lost by a worker, finished by another");
}
