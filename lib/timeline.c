/* timeline - the attempts of a run, a lane a worker slot, as SVG */
#include <stdlib.h>
#include <string.h>

#include "html.h"
#include "names.h"
#include "timeline.h"

#define LANE 18 /* height of a lane, and of a bar in it */
#define BAR 11
#define DENSE 150 /* attempts a lane from which no gaps are drawn */
#define TICKS 8

struct segment {
	int64_t started, ended;
	uint32_t lane;
	uint8_t kind;
};

struct timeline {
	struct names lanes;
	struct segment *attempts;
	size_t count, room;
	size_t *row; /* where a lane is drawn */
	int64_t first, last;
};

static const char *const kinds[BAR_COUNT] = {
    "passed", "flaky", "processing", "cancelled", "lost", "failed", "error"};

struct timeline *
timeline_new(void)
{
	return mem_zalloc(1, sizeof(struct timeline));
}

void
timeline_free(struct timeline *t)
{
	if (t == NULL)
		return;
	names_free(&t->lanes);
	free(t->attempts);
	free(t->row);
	free(t);
}

size_t
timeline_lane(struct timeline *t, const char *worker, double slot)
{
	char *lane = worker == NULL || *worker == '\0'
	                 ? mem_printf("slot %.6g", slot)
	                 : mem_printf("%s/%.6g", worker, slot);
	size_t number = names_add(&t->lanes, lane);

	free(lane);
	return number;
}

const char *
timeline_name(const struct timeline *t, size_t lane)
{
	return names_get(&t->lanes, lane);
}

void
timeline_add(struct timeline *t, size_t lane, enum bar kind, int64_t started_ms,
    int64_t ended_ms)
{
	if (t->count == t->room) {
		t->room = t->room ? 2 * t->room : 256;
		t->attempts =
		    mem_realloc(t->attempts, t->room * sizeof(*t->attempts));
	}
	if (t->count == 0 || started_ms < t->first)
		t->first = started_ms;
	if (t->count == 0 || ended_ms > t->last)
		t->last = ended_ms;
	t->attempts[t->count++] = (struct segment){
	    started_ms, ended_ms, (uint32_t)lane, (uint8_t)kind};
}

static int
by_name(const void *a, const void *b, void *lanes)
{
	return strverscmp(names_get(lanes, *(const size_t *)a),
	    names_get(lanes, *(const size_t *)b));
}

/* The lanes in the order of their names, and where each is drawn. */
static size_t *
arrange(struct timeline *t)
{
	size_t *order = mem_zalloc(t->lanes.count, sizeof(*order)), i;

	free(t->row);
	t->row = mem_zalloc(t->lanes.count, sizeof(*t->row));
	for (i = 0; i < t->lanes.count; i++)
		order[i] = i;
	qsort_r(order, t->lanes.count, sizeof(*order), by_name, &t->lanes);
	for (i = 0; i < t->lanes.count; i++)
		t->row[order[i]] = i;
	return order;
}

static void
names(struct timeline *t, struct buf *b)
{
	size_t *order = arrange(t), i;

	buf_puts(b, "<ol class=\"lanes\">\n");
	for (i = 0; i < t->lanes.count; i++) {
		buf_puts(b, "<li><bdi>");
		html_text(b, names_get(&t->lanes, order[i]));
		buf_puts(b, "</bdi></li>\n");
	}
	buf_puts(b, "</ol>\n");
	free(order);
}

static size_t
bars(const struct timeline *t, struct buf *b, enum bar kind)
{
	const struct segment *a;
	size_t drawn = 0;

	for (a = t->attempts; a < t->attempts + t->count; a++) {
		if (a->kind != kind)
			continue;
		if (drawn++ == 0)
			buf_printf(
			    b, "<path class=\"bar %s\" d=\"", kinds[kind]);
		buf_printf(b, "M%lld %zuh%lld",
		    (long long)(a->started - t->first),
		    t->row[a->lane] * LANE + LANE / 2,
		    (long long)(a->ended - a->started));
	}
	if (drawn > 0)
		buf_puts(b, "\"/>\n");
	return drawn;
}

/* A line where attempts begin, as wide at any zoom; BAR_COUNT: all of them. */
static void
starts(const struct timeline *t, struct buf *b, enum bar kind)
{
	const struct segment *a;

	buf_printf(b, "<path class=\"start %s\" d=\"",
	    kind == BAR_COUNT ? "gap" : kinds[kind]);
	for (a = t->attempts; a < t->attempts + t->count; a++)
		if (kind == BAR_COUNT || a->kind == kind)
			buf_printf(b, "M%lld %zuv%d",
			    (long long)(a->started - t->first),
			    t->row[a->lane] * LANE + (LANE - BAR) / 2, BAR);
	buf_puts(b, "\"/>\n");
}

static void
legend(struct buf *b, const size_t *drawn)
{
	size_t i;

	buf_puts(b, "<ul class=\"counts legend\">\n");
	for (i = 0; i < BAR_COUNT; i++)
		if (drawn[i] > 0)
			buf_printf(b, "<li class=\"%s\">%s</li>\n", kinds[i],
			    kinds[i]);
	buf_puts(b, "</ul>\n");
}

static void
plot(const struct timeline *t, struct buf *b, int64_t span, size_t *drawn)
{
	static const enum bar loud[] = {
	    BAR_LOST, BAR_FAILED, BAR_ERROR, BAR_FLAKY};
	size_t i;

	buf_printf(b,
	    "<svg class=\"bars\" role=\"img\" viewBox=\"0 0 %lld %zu\" "
	    "height=\"%zu\" preserveAspectRatio=\"none\" aria-label=\"%zu "
	    "attempts in %zu lanes, one a worker slot\">\n",
	    (long long)span, t->lanes.count * LANE, t->lanes.count * LANE,
	    t->count, t->lanes.count);
	for (i = 0; i < BAR_COUNT; i++)
		drawn[i] = bars(t, b, (enum bar)i);
	if (t->count < DENSE * t->lanes.count)
		starts(t, b, BAR_COUNT);
	for (i = 0; i < sizeof(loud) / sizeof(loud[0]); i++)
		if (drawn[loud[i]] > 0)
			starts(t, b, loud[i]);
	buf_puts(b, "</svg>\n");
}

static int64_t
tick(int64_t span)
{
	static const int64_t steps[] = {1, 2, 5, 10, 20, 50, 100, 200, 500,
	    1000, 2000, 5000, 10000, 15000, 30000, 60000, 120000, 300000,
	    600000, 900000, 1800000, 3600000, 7200000, 14400000, 43200000};
	size_t i = 0;

	while (
	    i < sizeof(steps) / sizeof(steps[0]) - 1 && span / steps[i] > TICKS)
		i++;
	return span / steps[i] > TICKS ? span / TICKS : steps[i];
}

static void
axis(struct buf *b, int64_t span)
{
	int64_t step = tick(span), at; /* a phone shows every second one */

	buf_puts(
	    b, "<svg class=\"axis\" aria-hidden=\"true\" height=\"20\">\n");
	for (at = 0; at <= span - step / 2; at += step) {
		buf_printf(b, "<text x=\"%.2f%%\" y=\"14\">",
		    100 * (double)at / (double)span);
		if (at < 60000)
			buf_printf(b, "%g s", (double)at / 1000);
		else if (span >= 3600000)
			buf_printf(b, "%lld h %02lld",
			    (long long)(at / 3600000),
			    (long long)(at / 60000 % 60));
		else
			buf_printf(b, "%lld:%02lld", (long long)(at / 60000),
			    (long long)(at / 1000 % 60));
		buf_puts(b, "</text>\n");
	}
	buf_puts(b, "</svg>\n");
}

void
timeline_write(struct timeline *t, struct buf *b)
{
	int64_t span = t->last > t->first ? t->last - t->first : 1;
	size_t drawn[BAR_COUNT];

	if (t->count == 0)
		return;
	buf_printf(b,
	    "<div class=\"timeline\" data-first=\"%lld\" "
	    "data-span=\"%lld\">\n",
	    (long long)t->first, (long long)span);
	names(t, b);
	buf_puts(b, "<div class=\"plot\">\n");
	plot(t, b, span, drawn);
	axis(b, span);
	buf_puts(b, "</div>\n</div>\n");
	legend(b, drawn);
}
