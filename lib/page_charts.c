/* page_charts - the run in pictures, and its totals */
#include <math.h>
#include <stdlib.h>

#include "chart.h"
#include "html.h"
#include "page_impl.h"

static void
draw(struct page *p, const struct shown *t, int64_t now)
{
	const struct stretch *a = t->attempts;
	size_t i;

	for (i = 0; i < t->attempt_count; i++, a++)
		timeline_add(p->timeline, a->lane, (enum bar)a->kind,
		    a->started,
		    a->ended >= a->started                       ? a->ended
		    : a->kind == BAR_RUNNING && now > a->started ? now
								 : a->started);
}

void
page_timeline(struct page *p, struct buf *b)
{
	double now = p->numbers.started_ms + p->numbers.elapsed_ms;
	size_t i;

	if (isnan(now))
		return;
	for (i = 0; i < p->count; i++)
		draw(p, &p->tasks[i], (int64_t)now);
	page_section(b, "timeline", "Timeline", 0);
	timeline_write(p->timeline, b);
	buf_puts(b, "</section>\n");
}

static void
percentiles(struct buf *b, const struct summary_ran *all, size_t count)
{
	static const struct {
		const char *name;
		unsigned percent;
	} wanted[] = {{"Median", 50}, {"90 %", 90}, {"95 %", 95}, {"99 %", 99},
	    {"Longest", 100}};
	size_t i;

	buf_puts(b, "<dl class=\"facts\">\n");
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		page_duration_fact(b, wanted[i].name,
		    "so many tasks took no longer than this",
		    summary_percentile(all, count, wanted[i].percent));
	buf_puts(b, "</dl>\n");
}

void
page_durations(struct page *p, struct buf *b)
{
	size_t count;
	struct summary_ran *all = summary_ranked(p->summary, &count);

	if (count > 0) {
		page_section(b, "durations", "Durations", 0);
		percentiles(b, all, count);
		chart_durations(b, all, count);
		buf_puts(b, "</section>\n");
	}
	free(all);
}

void
page_slowest(struct page *p, struct buf *b)
{
	size_t count, i;
	struct summary_ran *all = summary_ranked(p->summary, &count);

	if (count > 0) {
		page_section(b, "slowest", "Slowest", 0);
		buf_puts(b, "<table class=\"list\">\n<thead><tr>"
			    "<th scope=col>Spec<th scope=col>Took\n<tbody>\n");
		for (i = 0; i < count && i < SUMMARY_SLOWEST; i++) {
			buf_puts(b, "<tr><th scope=row>");
			page_name(p, b, all[i].place);
			buf_puts(b, "<td>");
			html_duration(b, (double)all[i].duration_ms);
			buf_putc(b, '\n');
		}
		buf_puts(b, "</table>\n</section>\n");
	}
	free(all);
}

struct totals {
	struct buf *b;
	double max;
};

static void
larger(void *arg, const char *value, const struct summary_counts *c)
{
	struct totals *t = arg;

	(void)value;
	t->max = fmax(t->max, (double)c->total);
}

static void
total_cell(struct buf *b, int64_t n)
{
	if (n > 0)
		buf_printf(b, "<td>%lld", (long long)n);
	else
		buf_puts(b, "<td>");
}

static void
total_row(void *arg, const char *value, const struct summary_counts *c)
{
	struct totals *t = arg;
	int64_t ended = c->status[STATUS_COMPLETE];

	buf_puts(t->b, "<tr><th scope=row><bdi>");
	html_text(t->b, value);
	buf_puts(t->b, "</bdi>");
	total_cell(t->b, c->total);
	total_cell(t->b, c->result[RESULT_FAILED] + c->result[RESULT_ERROR]);
	total_cell(t->b, c->result[RESULT_FLAKY]);
	buf_puts(t->b, "<td>");
	if (ended > 0)
		html_duration(t->b, (double)c->duration_ms / (double)ended);
	buf_puts(t->b, "<td class=\"bar\">");
	chart_stack(t->b, c, t->max);
}

static void
totals_by(struct page *p, struct buf *b, enum field field, const char *name)
{
	struct totals t = {b, 0};

	summary_by(p->summary, field, larger, &t);
	if (t.max == 0)
		return;
	buf_printf(b,
	    "<table data-by=\"%s\">\n<thead><tr><th scope=col>%s"
	    "<th scope=col>Tasks<th scope=col>Failed<th scope=col>Flaky"
	    "<th scope=col>Mean<td>\n<tbody>\n",
	    field_name(field), name);
	summary_by(p->summary, field, total_row, &t);
	buf_puts(b, "</table>\n");
}

void
page_totals(struct page *p, struct buf *b)
{
	totals_by(p, b, RECORD_GROUP, "Group");
	totals_by(p, b, RECORD_BROWSER, "Browser");
	totals_by(p, b, RECORD_VIEWPORT, "Viewport");
	totals_by(p, b, RECORD_RUNNER, "Runner");
	totals_by(p, b, RECORD_WORKER, "Worker");
}
