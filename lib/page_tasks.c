/* page_tasks - the tasks that are shown before the table of all */
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

void
page_running(struct page *p, struct buf *b)
{
	const struct shown *t;
	const struct attempt *a;
	size_t i, listed = 0;

	if (page_statuses(p, STATUS_PROCESSING) == 0)
		return;
	page_section(b, "running", "Running now",
	    (double)page_statuses(p, STATUS_PROCESSING));
	buf_puts(b, "<ul class=\"list\">\n");
	for (i = 0; i < p->count && listed < RUNNING_MAX; i++) {
		t = &p->tasks[i];
		if (t->status != STATUS_PROCESSING)
			continue;
		listed++;
		buf_puts(b, "<li>");
		page_name(p, b, i);
		a = t->attempt_count > 0 ? &t->attempts[t->attempt_count - 1]
		                         : NULL;
		if (a != NULL && a->kind == BAR_RUNNING) {
			buf_puts(b, " <span>on <bdi>");
			html_text(b, timeline_name(p->timeline, a->lane));
			buf_puts(b, "</bdi> since ");
			html_time(b, a->started);
			buf_puts(b, "</span>");
		}
		buf_puts(b, "</li>\n");
	}
	buf_puts(b, "</ul>\n</section>\n");
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
