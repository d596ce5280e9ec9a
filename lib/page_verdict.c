/* page_verdict - how the run went, in a line and in numbers */
#include <math.h>

#include "chart.h"
#include "html.h"
#include "page_impl.h"

static int64_t
results(const struct page *p, enum result result)
{
	return p->numbers.counts.result[result];
}

int64_t
page_statuses(const struct page *p, enum status status)
{
	return p->numbers.counts.status[status];
}

static int64_t
bad(const struct page *p)
{
	return results(p, RESULT_FAILED) + results(p, RESULT_ERROR);
}

/* One word for the run, which is also the class of its colour. */
const char *
page_mood(const struct page *p)
{
	if (summary_passed(p->summary))
		return result_name(RESULT_PASSED);
	if (p->numbers.finished || bad(p) > 0)
		return result_name(RESULT_FAILED);
	return status_name(STATUS_PROCESSING);
}

void
page_headline(struct page *p, struct buf *b)
{
	long long done = page_statuses(p, STATUS_COMPLETE);
	long long n = p->numbers.counts.total;

	if (n == 0)
		buf_puts(b, "No tasks");
	else if (summary_passed(p->summary))
		buf_printf(b, "All %lld passed", n);
	else if (p->numbers.finished && bad(p) > 0)
		buf_printf(b, "%lld of %lld failed", (long long)bad(p), n);
	else if (p->numbers.finished)
		buf_puts(b, "Not all passed");
	else if (bad(p) > 0)
		buf_printf(b, "%lld failed, %lld of %lld done",
		    (long long)bad(p), done, n);
	else
		buf_printf(b, "%lld of %lld done", done, n);
}

void
page_verdict(struct page *p, struct buf *b)
{
	const struct summary_counts *c = &p->numbers.counts;
	size_t i;

	buf_printf(b, "<h1 class=\"%s\">", page_mood(p));
	page_headline(p, b);
	buf_puts(b, "</h1>\n");
	if (p->count == 0) {
		buf_puts(b, "<p class=\"nothing\">No record has come. Tasks "
			    "are shown here as soon as they are pushed.</p>\n");
		return;
	}
	chart_stack(b, c, (double)c->total);
	buf_puts(b, "<ul class=\"counts\">\n");
	for (i = 0; i < CHART_KINDS; i++)
		if (chart_count(c, i) > 0)
			buf_printf(b,
			    "<li class=\"%s\"><a href=\"#result=%s\">"
			    "<b>%lld</b> %s</a></li>\n",
			    chart_name(i), chart_name(i),
			    (long long)chart_count(c, i), chart_name(i));
	buf_puts(b, "</ul>\n");
}

static void
fact(struct buf *b, const char *name, const char *explained)
{
	buf_printf(b, "<div><dt title=\"%s\">%s</dt><dd>", explained, name);
}

static void
end_fact(struct buf *b)
{
	buf_puts(b, "</dd></div>\n");
}

void
page_duration_fact(
    struct buf *b, const char *name, const char *explained, double ms)
{
	if (isnan(ms))
		return;
	fact(b, name, explained);
	html_duration(b, ms);
	end_fact(b);
}

static void
count_fact(struct buf *b, const char *name, const char *explained, double n)
{
	if (n <= 0)
		return;
	fact(b, name, explained);
	buf_printf(b, "%.0f", n);
	end_fact(b);
}

static void
eta_fact(struct page *p, struct buf *b)
{
	const struct summary_numbers *n = &p->numbers;

	if (n->finished || isnan(n->eta_ms))
		return;
	fact(b, "Time left", "estimated from earlier runs and this one");
	html_duration(b, n->eta_ms);
	if (n->eta_error_ms >= 1) {
		buf_puts(b, " <small>± ");
		html_duration(b, n->eta_error_ms);
		buf_puts(b, "</small>");
	}
	end_fact(b);
}

static void
started_fact(struct buf *b, double started_ms)
{
	if (isnan(started_ms))
		return;
	fact(b, "Started", "when the first spec was started");
	html_time(b, (int64_t)started_ms);
	end_fact(b);
}

static void
efficiency_fact(struct buf *b, double efficiency)
{
	if (isnan(efficiency))
		return;
	fact(b, "Efficiency", "the lower bound, as a part of the time taken");
	buf_printf(b, "%.1f %%", 100 * efficiency);
	end_fact(b);
}

void
page_facts(struct page *p, struct buf *b)
{
	const struct summary_numbers *n = &p->numbers;

	if (p->count == 0)
		return;
	buf_puts(b, "<dl class=\"facts\">\n");
	started_fact(b, n->started_ms);
	if (!isnan(n->started_ms))
		page_duration_fact(b, "Elapsed",
		    "from the first start to the end", n->elapsed_ms);
	eta_fact(p, b);
	page_duration_fact(b, "Lower bound",
	    "no order of the specs on these slots can be faster", n->bound_ms);
	efficiency_fact(b, n->efficiency);
	count_fact(b, "Workers", "machines or pods", n->workers);
	count_fact(b, "Slots", "specs that run at once", n->slots);
	if (n->busy_ms > 0)
		page_duration_fact(
		    b, "Busy", "the time of all attempts together", n->busy_ms);
	count_fact(
	    b, "Retried", "attempts that were followed by another", n->retried);
	count_fact(b, "Lost", "attempts whose worker fell silent", n->lost);
	buf_puts(b, "</dl>\n");
}
