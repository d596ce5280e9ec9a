/* chart - bars of tasks by verdict, and columns of tasks by duration */
#include "chart.h"

#define COLUMNS 80

static const struct {
	enum status status;
	enum result result;
} kinds[CHART_KINDS] = {
    {STATUS_COMPLETE, RESULT_FAILED},
    {STATUS_COMPLETE, RESULT_ERROR},
    {STATUS_COMPLETE, RESULT_FLAKY},
    {STATUS_COMPLETE, RESULT_PASSED},
    {STATUS_COMPLETE, RESULT_CANCELLED},
    {STATUS_COMPLETE, RESULT_UNKNOWN},
    {STATUS_PROCESSING, RESULT_NONE},
    {STATUS_WAITING, RESULT_NONE},
};

const char *
chart_name(size_t i)
{
	return kinds[i].result ? result_name(kinds[i].result)
	                       : status_name(kinds[i].status);
}

int64_t
chart_count(const struct summary_counts *c, size_t i)
{
	if (kinds[i].result == RESULT_UNKNOWN)
		return c->result[RESULT_UNKNOWN] + c->result[RESULT_NONE];
	return kinds[i].result ? c->result[kinds[i].result]
	                       : c->status[kinds[i].status];
}

void
chart_stack(struct buf *b, const struct summary_counts *c, double max)
{
	double x = 0, width;
	size_t i;

	buf_puts(b, "<svg class=\"stack\" viewBox=\"0 0 100 1\" "
		    "preserveAspectRatio=\"none\" aria-hidden=\"true\">");
	for (i = 0; i < CHART_KINDS; i++) {
		width = 100 * (double)chart_count(c, i) / max;
		if (width <= 0)
			continue;
		buf_printf(b,
		    "<rect class=\"%s\" x=\"%.3f\" width=\"%.3f\" "
		    "height=\"1\"/>",
		    chart_name(i), x, width);
		x += width;
	}
	buf_puts(b, "</svg>\n");
}

/* Six columns a decade: from 10, 15, 20, 30, 50, 70 ms and so on. */
static const int64_t firsts[] = {10, 15, 20, 30, 50, 70};

static size_t
column(int64_t ms)
{
	int64_t ten = 1;
	size_t i = 0;

	while (ms >= firsts[i % 6] * ten) {
		i++;
		if (i % 6 == 0)
			ten *= 10;
	}
	return i;
}

static int64_t
column_from(size_t i)
{
	int64_t ms = i ? firsts[(i - 1) % 6] : 0;

	for (i = i ? (i - 1) / 6 : 0; i > 0; i--)
		ms *= 10;
	return ms;
}

static void
columns(struct buf *b, const size_t *heights, size_t first, size_t last)
{
	size_t i, max = 1, x;

	for (i = first; i <= last; i++)
		max = heights[i] > max ? heights[i] : max;
	buf_printf(b,
	    "<svg class=\"histogram\" role=\"img\" "
	    "preserveAspectRatio=\"xMinYMin\" viewBox=\"0 0 %zu "
	    "150\" aria-label=\"How many tasks took how long\">\n",
	    (last - first + 1) * 44 + 44);
	for (i = first; i <= last; i++) {
		x = (i - first) * 44;
		buf_printf(b,
		    "<rect x=\"%zu\" y=\"%.1f\" width=\"42\" "
		    "height=\"%.1f\"/>",
		    x + 1, 120 - 100 * (double)heights[i] / (double)max,
		    100 * (double)heights[i] / (double)max);
		if (heights[i] > 0)
			buf_printf(b,
			    "<text class=\"n\" x=\"%zu\" y=\"%.1f\">"
			    "%zu</text>",
			    x + 22,
			    115 - 100 * (double)heights[i] / (double)max,
			    heights[i]);
		buf_printf(b, "<text x=\"%zu\" y=\"138\">%g s</text>\n", x,
		    (double)column_from(i) / 1000);
	}
	buf_puts(b, "</svg>\n");
}

void
chart_durations(struct buf *b, const struct summary_ran *all, size_t count)
{
	size_t heights[COLUMNS] = {0}, i, first = COLUMNS, last = 0;

	for (i = 0; i < count; i++)
		heights[column(all[i].duration_ms)]++;
	for (i = 0; i < COLUMNS; i++)
		if (heights[i] > 0) {
			first = first < i ? first : i;
			last = i;
		}
	if (count > 0)
		columns(b, heights, first, last);
}
