/* progress - how far something is, on a screen */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "mem.h"
#include "progress.h"

#define SPECS_MAX 12 /* that are shown by name */
#define BAR_MAX 60   /* columns */
#define TITLE_MAX 24

static const struct {
	enum status status;
	enum result result; /* of the complete ones */
	enum ink ink;
	const char *name;
} kinds[] = {
    {STATUS_COMPLETE, RESULT_PASSED, INK_GOOD, "passed"},
    {STATUS_COMPLETE, RESULT_FLAKY, INK_WARN, "flaky"},
    {STATUS_COMPLETE, RESULT_FAILED, INK_BAD, "failed"},
    {STATUS_COMPLETE, RESULT_ERROR, INK_BAD, "error"},
    {STATUS_COMPLETE, RESULT_CANCELLED, INK_SOFT, "cancelled"},
    {STATUS_PROCESSING, RESULT_NONE, INK_BUSY, "running"},
    {STATUS_WAITING, RESULT_NONE, INK_SOFT, "waiting"},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static int64_t
count_of(const struct summary_counts *c, size_t kind)
{
	return kinds[kind].result ? c->result[kinds[kind].result]
	                          : c->status[kinds[kind].status];
}

/* 0:07, 2:05, 1:02:05 */
static const char *
span(char *text, size_t size, double ms)
{
	long long s = llround(floor(fmax(0, ms) / 1000));

	if (s >= 3600)
		snprintf(text, size, "%lld:%02lld:%02lld", s / 3600,
		    s / 60 % 60, s % 60);
	else
		snprintf(text, size, "%lld:%02lld", s / 60, s % 60);
	return text;
}

/* A part of a line, with a gap before it, if all of it has room. */
static void
part(struct screen *s, int *used, enum ink ink, const char *text)
{
	int width = (int)snprintf(NULL, 0, "%s", text);

	if (*used + 2 + width > screen_columns(s))
		return;
	screen_text(s, INK_PLAIN, "  ");
	screen_text(s, ink, text);
	*used += 2 + width;
}

/*
 * The bar, a stretch for each kind of what is done; each is rounded where it
 * ends, so that together they are as long as they should be.
 */
static void
bar(struct screen *s, const struct summary_counts *c, int columns)
{
	int64_t sum = 0;
	int begin = 0, end;
	size_t i;

	for (i = 0; i < KINDS; i++) {
		sum += count_of(c, i);
		end = (int)(sum * columns / c->total);
		if (kinds[i].status != STATUS_COMPLETE)
			break;
		screen_bar(s, kinds[i].ink, end - begin, true);
		begin = end;
	}
	screen_bar(s, INK_SOFT, columns - begin, false);
}

static void
head(struct screen *s, const char *title, const struct summary_counts *c)
{
	long long done = c->status[STATUS_COMPLETE], total = c->total;
	char text[64];
	int room;

	screen_text(s, INK_PLAIN, " ");
	if (total == 0) {
		screen_text(s, INK_STRONG, title);
		screen_printf(s, INK_PLAIN, "  %lld done", done);
		screen_next(s);
		return;
	}
	room = snprintf(text, sizeof(text), "%lld of %lld", done, total);
	room = screen_columns(s) - room - 3;
	screen_tail(
	    s, INK_STRONG, title, room / 2 < TITLE_MAX ? room / 2 : TITLE_MAX);
	room -= screen_column(s) + 1;
	if (room >= 5) {
		screen_text(s, INK_PLAIN, "  ");
		bar(s, c, room < BAR_MAX ? room : BAR_MAX);
	}
	screen_text(s, INK_PLAIN, "  ");
	screen_text(s, INK_PLAIN, text);
	screen_next(s);
}

static void
counts(struct screen *s, const struct summary_counts *c)
{
	char text[64];
	int used = 0;
	size_t i;

	for (i = 0; i < KINDS; i++) {
		if (count_of(c, i) == 0)
			continue;
		snprintf(text, sizeof(text), "%lld %s",
		    (long long)count_of(c, i), kinds[i].name);
		part(s, &used, kinds[i].ink, text);
	}
	if (used > 0)
		screen_next(s);
}

static void
time_part(struct screen *s, int *used, const char *before, double ms,
    const char *after)
{
	char text[64], time[32];

	if (isnan(ms))
		return;
	snprintf(text, sizeof(text), "%s%s%s", before,
	    span(time, sizeof(time), ms), after);
	part(s, used, INK_PLAIN, text);
}

static void
left(struct screen *s, int *used, const struct summary_numbers *n)
{
	char text[96], time[32], error[32];

	if (n->finished || isnan(n->eta_ms))
		return;
	if (n->eta_error_ms < 1000 || isnan(n->eta_error_ms)) {
		time_part(s, used, "", n->eta_ms, " left");
		return;
	}
	snprintf(text, sizeof(text), "%s left, give or take %s",
	    span(time, sizeof(time), n->eta_ms),
	    span(error, sizeof(error), n->eta_error_ms));
	part(s, used, INK_PLAIN, text);
}

static void
times(struct screen *s, const struct summary_numbers *n)
{
	char text[64];
	int used = 0;

	if (!isnan(n->started_ms))
		time_part(s, &used, n->finished ? "took " : "", n->elapsed_ms,
		    n->finished ? "" : " so far");
	left(s, &used, n);
	time_part(s, &used, "bound ", n->bound_ms, "");
	if (!isnan(n->efficiency)) {
		snprintf(text, sizeof(text), "efficiency %.0f %%",
		    100 * n->efficiency);
		part(s, &used, INK_PLAIN, text);
	}
	if (n->slots > 0) {
		snprintf(text, sizeof(text), "%.0f slot%s on %.0f worker%s",
		    n->slots, n->slots == 1 ? "" : "s", n->workers,
		    n->workers == 1 ? "" : "s");
		part(s, &used, INK_PLAIN, text);
	} else if (n->slots == 0 && !n->finished) {
		part(s, &used, INK_WARN, "no workers");
	}
	if (used > 0)
		screen_next(s);
}

static void
spec(struct screen *s, const struct progress_spec *p)
{
	char time[32];
	int worker = p->worker ? screen_columns(s) - 20 : screen_columns(s);

	screen_printf(
	    s, INK_SOFT, "%8s  ", span(time, sizeof(time), (double)p->age_ms));
	if (worker < 40)
		worker = screen_columns(s);
	screen_tail(s, INK_PLAIN, p->id, worker - 2);
	if (p->worker != NULL && worker < screen_columns(s)) {
		screen_tab(s, worker);
		screen_tail(s, INK_SOFT, p->worker, screen_columns(s));
	}
	screen_next(s);
}

static void
running(struct screen *s, const struct progress_spec *specs, size_t count)
{
	int room = screen_lines_left(s);
	size_t most =
	    room < SPECS_MAX ? (size_t)(room > 0 ? room : 0) : SPECS_MAX;
	size_t shown = count <= most ? count : most > 0 ? most - 1 : 0, i;

	for (i = 0; i < shown; i++)
		spec(s, &specs[i]);
	if (shown < count && most > 0) {
		screen_printf(
		    s, INK_SOFT, "          and %zu more", count - shown);
		screen_next(s);
	}
}

static void
sentence(struct screen *s, const char *title, const struct summary_numbers *n)
{
	const struct summary_counts *c = &n->counts;
	char time[32];
	size_t i;

	screen_text(s, INK_PLAIN, title);
	screen_printf(
	    s, INK_PLAIN, ": %lld", (long long)c->status[STATUS_COMPLETE]);
	if (c->total > 0)
		screen_printf(s, INK_PLAIN, " of %lld", (long long)c->total);
	screen_text(s, INK_PLAIN, " done");
	for (i = 0; i < KINDS; i++)
		if (count_of(c, i) > 0)
			screen_printf(s, INK_PLAIN, ", %lld %s",
			    (long long)count_of(c, i), kinds[i].name);
	if (!n->finished && !isnan(n->eta_ms))
		screen_printf(s, INK_PLAIN, ", %s left",
		    span(time, sizeof(time), n->eta_ms));
	screen_next(s);
}

void
progress_run(struct screen *s, const char *title,
    const struct summary_numbers *n, const struct progress_spec *specs,
    size_t count)
{
	if (s == NULL)
		return;
	screen_begin(s);
	if (screen_plain(s)) {
		sentence(s, title, n);
	} else {
		head(s, title, &n->counts);
		counts(s, &n->counts);
		times(s, n);
		running(s, specs, count);
	}
	screen_show(s);
}

static void
with_specs(struct screen *s, const char *title, const struct summary *summary,
    const struct summary_numbers *n)
{
	size_t count, i;
	struct summary_spec *specs = summary_processing(summary, &count);
	struct progress_spec *shown = mem_zalloc(count, sizeof(*shown));

	for (i = 0; i < count; i++) {
		shown[i].id = summary_id(summary, specs[i].place);
		shown[i].worker = specs[i].worker;
		shown[i].age_ms = specs[i].running_ms;
	}
	progress_run(s, title, n, shown, count);
	free(shown);
	free(specs);
}

void
progress_summary(struct screen *s, const struct summary *summary)
{
	struct summary_numbers n;

	if (s == NULL)
		return;
	summary_numbers(summary, &n);
	with_specs(s, n.run ? n.run : "run", summary, &n);
}

void
progress_stream(
    struct screen *s, const char *title, const struct summary *summary)
{
	struct summary_numbers n;

	if (s == NULL)
		return;
	summary_numbers(summary, &n);
	n.counts.total = n.counts.status[STATUS_WAITING] = 0;
	n.eta_ms = n.bound_ms = n.efficiency = n.slots = NAN;
	with_specs(s, title, summary, &n);
}

void
progress_count(struct screen *s, const char *what, int64_t count, int64_t total)
{
	int room;

	if (s == NULL)
		return;
	screen_begin(s);
	screen_text(s, INK_PLAIN, screen_plain(s) ? "" : " ");
	screen_text(s, INK_PLAIN, what);
	room = screen_columns(s) - screen_column(s) - 30;
	if (total > 0 && count <= total && room >= 5 && !screen_plain(s)) {
		room = room < BAR_MAX ? room : BAR_MAX;
		screen_text(s, INK_PLAIN, "  ");
		screen_bar(s, INK_GOOD, (int)(room * count / total), true);
		screen_bar(
		    s, INK_SOFT, room - (int)(room * count / total), false);
	}
	screen_printf(s, INK_PLAIN, "  %lld", (long long)count);
	if (total > 0)
		screen_printf(s, INK_PLAIN, " of %lld", (long long)total);
	screen_next(s);
	screen_show(s);
}
