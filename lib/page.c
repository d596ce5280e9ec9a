/* page - the report of a run, one HTML file that needs nothing else */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chart.h"
#include "entry.h"
#include "html.h"
#include "page.h"
#include "report.h"
#include "summary.h"
#include "timeline.h"

#define OUTPUTS_MAX                                                    \
	(48 << 20)      /* bytes of articles from which output is left \
	                   out, so that a browser can open the page */
#define RUNNING_MAX 100 /* running tasks that are listed by name */

struct attempt {
	int64_t started, ended; /* -1: unknown, or running */
	uint32_t lane;
	uint8_t kind;
};

/* What is kept of a task. */
struct shown {
	char *row;                /* of the table */
	char *article;            /* NULL: it has none */
	struct attempt *attempts; /* those that began */
	uint32_t attempt_count;
	uint8_t status, result;
};

struct page {
	struct summary *summary;
	struct summary_numbers numbers;
	struct timeline *timeline;
	struct shown *tasks;
	size_t count, room;
	size_t article_bytes;
	struct buf scratch;
	const struct page_look *look;
	FILE *out;
};

struct page *
page_new(void)
{
	struct page *p = mem_zalloc(1, sizeof(*p));

	p->summary = summary_new();
	p->timeline = timeline_new();
	return p;
}

static void
forget(struct page *p, struct shown *t)
{
	p->article_bytes -= t->article ? strlen(t->article) : 0;
	free(t->row);
	free(t->article);
	free(t->attempts);
	*t = (struct shown){0};
}

void
page_free(struct page *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < p->count; i++)
		forget(p, &p->tasks[i]);
	summary_free(p->summary);
	timeline_free(p->timeline);
	buf_free(&p->scratch);
	free(p->tasks);
	free(p);
}

static struct shown *
at(struct page *p, size_t place)
{
	if (place == p->room) {
		p->room = p->room ? 2 * p->room : 64;
		p->tasks = mem_realloc(p->tasks, p->room * sizeof(*p->tasks));
	}
	if (place == p->count)
		p->tasks[p->count++] = (struct shown){0};
	return &p->tasks[place];
}

static void
note(struct page *p, struct shown *t, const struct record *a)
{
	struct attempt *one = &t->attempts[t->attempt_count];

	one->started = entry_started(a);
	one->ended = entry_ended(a);
	one->kind = (uint8_t)entry_bar(a);
	if (one->started < 0)
		return;
	one->lane = (uint32_t)timeline_lane(p->timeline,
	    record_text(a, RECORD_WORKER), record_number(a, RECORD_SLOT, 0));
	t->attempt_count++;
}

static void
note_attempts(struct page *p, struct shown *t, const struct record *r)
{
	const cJSON *list = record_json(r, RECORD_ATTEMPTS);
	size_t count = list ? (size_t)cJSON_GetArraySize(list) : 0;
	struct record a;

	if (count == 0 && !record_has(r, RECORD_STARTED_MS))
		return;
	t->attempts = mem_zalloc(count + 1, sizeof(*t->attempts));
	for (a.json = list ? list->child : NULL; a.json; a.json = a.json->next)
		note(p, t, &a);
	if (record_status(r) != STATUS_WAITING)
		note(p, t, r);
}

/* What the scratch buffer holds, as a string of its own. */
static char *
scratched(struct page *p)
{
	char *s = mem_strndup(p->scratch.data, p->scratch.len);

	buf_reset(&p->scratch);
	return s;
}

void
page_add(struct page *p, const struct record *r)
{
	size_t place = summary_add(p->summary, r);
	struct shown *t = at(p, place);

	forget(p, t);
	t->status = (uint8_t)record_status(r);
	t->result = (uint8_t)record_result(r);
	note_attempts(p, t, r);
	entry_row(&p->scratch, r, place);
	t->row = scratched(p);
	if (!entry_noted(r))
		return;
	entry_article(&p->scratch, r, place, p->article_bytes < OUTPUTS_MAX);
	t->article = scratched(p);
	p->article_bytes += strlen(t->article);
}

static int64_t
results(const struct page *p, enum result result)
{
	return p->numbers.counts.result[result];
}

static int64_t
statuses(const struct page *p, enum status status)
{
	return p->numbers.counts.status[status];
}

static int64_t
bad(const struct page *p)
{
	return results(p, RESULT_FAILED) + results(p, RESULT_ERROR);
}

/* One word for the run, which is also the class of its colour. */
static const char *
mood(const struct page *p)
{
	if (summary_passed(p->summary))
		return result_name(RESULT_PASSED);
	if (p->numbers.finished || bad(p) > 0)
		return result_name(RESULT_FAILED);
	return status_name(STATUS_PROCESSING);
}

static void
headline(struct page *p, struct buf *b)
{
	long long done = statuses(p, STATUS_COMPLETE);
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

static void
title(struct page *p, struct buf *b)
{
	const char *run = p->numbers.run ? p->numbers.run : "funkytown";

	html_text(b, p->look->title ? p->look->title : run);
}

static void
policy(struct page *p, struct buf *b)
{
	(void)p;
	buf_puts(b, "default-src 'none'; img-src data:; "
		    "style-src 'sha256-" REPORT_STYLE_SHA256 "'; "
		    "script-src 'sha256-" REPORT_SCRIPT_SHA256 "'; "
		    "base-uri 'none'; form-action 'none'; "
		    "require-trusted-types-for 'script'; trusted-types 'none'");
	if (p->look->refresh_ms > 0 && !p->numbers.finished)
		buf_puts(b, "; connect-src 'self'");
}

/* A dot in the colour of the verdict. */
static void
icon(struct page *p, struct buf *b)
{
	const char *colour = strcmp(mood(p), "passed") == 0   ? "1a7f4b"
	                     : strcmp(mood(p), "failed") == 0 ? "c8321f"
	                                                      : "3457b2";

	buf_printf(b,
	    "data:image/svg+xml,%%3Csvg xmlns='http://www.w3.org/"
	    "2000/svg' viewBox='0 0 16 16'%%3E%%3Ccircle cx='8' "
	    "cy='8' r='7' fill='%%23%s'/%%3E%%3C/svg%%3E",
	    colour);
}

static void
style(struct page *p, struct buf *b)
{
	(void)p;
	buf_puts(b, embed_page_css);
}

static void
script(struct page *p, struct buf *b)
{
	(void)p;
	buf_puts(b, embed_page_js);
}

static void
version(struct page *p, struct buf *b)
{
	(void)p;
	buf_puts(b, FT_VERSION);
}

static void
made(struct page *p, struct buf *b)
{
	html_time(b, p->look->now_ms);
}

static void
refresh(struct page *p, struct buf *b)
{
	double seconds = (double)p->look->refresh_ms / 1000;

	if (p->look->refresh_ms <= 0 || p->numbers.finished)
		return;
	buf_printf(b,
	    "<meta name=\"refresh-seconds\" content=\"%g\">\n"
	    "<noscript><meta http-equiv=\"refresh\" "
	    "content=\"%.0f\"></noscript>",
	    seconds, ceil(seconds));
}

static void
verdict(struct page *p, struct buf *b)
{
	const struct summary_counts *c = &p->numbers.counts;
	size_t i;

	buf_printf(b, "<h1 class=\"%s\">", mood(p));
	headline(p, b);
	buf_puts(b, "</h1>\n");
	if (p->count == 0)
		return;
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

static void
duration_fact(struct buf *b, const char *name, const char *explained, double ms)
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

static void
facts(struct page *p, struct buf *b)
{
	const struct summary_numbers *n = &p->numbers;

	if (p->count == 0)
		return;
	buf_puts(b, "<dl class=\"facts\">\n");
	started_fact(b, n->started_ms);
	if (!isnan(n->started_ms))
		duration_fact(b, "Elapsed", "from the first start to the end",
		    n->elapsed_ms);
	eta_fact(p, b);
	duration_fact(b, "Lower bound",
	    "no order of the specs on these slots can be faster", n->bound_ms);
	efficiency_fact(b, n->efficiency);
	count_fact(b, "Workers", "machines or pods", n->workers);
	count_fact(b, "Slots", "specs that run at once", n->slots);
	if (n->busy_ms > 0)
		duration_fact(
		    b, "Busy", "the time of all attempts together", n->busy_ms);
	count_fact(
	    b, "Retried", "attempts that were followed by another", n->retried);
	count_fact(b, "Lost", "attempts whose worker fell silent", n->lost);
	buf_puts(b, "</dl>\n");
}

static void
section(struct buf *b, const char *id, const char *heading, double n)
{
	buf_printf(b,
	    "<section id=\"%s\" aria-labelledby=\"%s-h\">\n"
	    "<h2 id=\"%s-h\">%s",
	    id, id, id, heading);
	if (n > 0)
		buf_printf(b, " <span class=\"n\">%.0f</span>", n);
	buf_puts(b, "</h2>\n");
}

/* A task's id: a link to its article, or to its row. */
static void
name(struct page *p, struct buf *b, size_t place)
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

static void
running(struct page *p, struct buf *b)
{
	const struct shown *t;
	const struct attempt *a;
	size_t i, listed = 0;

	if (statuses(p, STATUS_PROCESSING) == 0)
		return;
	section(b, "running", "Running now",
	    (double)statuses(p, STATUS_PROCESSING));
	buf_puts(b, "<ul class=\"list\">\n");
	for (i = 0; i < p->count && listed < RUNNING_MAX; i++) {
		t = &p->tasks[i];
		if (t->status != STATUS_PROCESSING)
			continue;
		listed++;
		buf_puts(b, "<li>");
		name(p, b, i);
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
send(struct page *p, struct buf *b)
{
	if (b->len > 0)
		fwrite(b->data, 1, b->len, p->out);
	buf_reset(b);
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
	section(b, id, heading, (double)n);
	send(p, b);
	for (i = 0; i < p->count; i++)
		if (belongs(&p->tasks[i], c))
			fputs(p->tasks[i].article, p->out);
	buf_puts(b, "</section>\n");
}

static void
failures(struct page *p, struct buf *b)
{
	chapter(p, b, FAILURES, "failures", "Failures");
}

static void
flaky(struct page *p, struct buf *b)
{
	chapter(p, b, FLAKY, "flaky", "Flaky");
}

static void
lost(struct page *p, struct buf *b)
{
	chapter(p, b, LOST, "lost", "Lost by a worker, finished by another");
}

static void
total(struct page *p, struct buf *b)
{
	buf_printf(b, "%zu", p->count);
}

static void
rows(struct page *p, struct buf *b)
{
	size_t i;

	send(p, b);
	for (i = 0; i < p->count; i++)
		fputs(p->tasks[i].row, p->out);
}

static void
draw(struct page *p, const struct shown *t, int64_t now)
{
	const struct attempt *a = t->attempts;
	size_t i;

	for (i = 0; i < t->attempt_count; i++, a++)
		timeline_add(p->timeline, a->lane, (enum bar)a->kind,
		    a->started,
		    a->ended >= a->started                       ? a->ended
		    : a->kind == BAR_RUNNING && now > a->started ? now
								 : a->started);
}

static void
timeline(struct page *p, struct buf *b)
{
	double now = p->numbers.started_ms + p->numbers.elapsed_ms;
	size_t i;

	if (isnan(now))
		return;
	for (i = 0; i < p->count; i++)
		draw(p, &p->tasks[i], (int64_t)now);
	section(b, "timeline", "Timeline", 0);
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
		duration_fact(b, wanted[i].name,
		    "so many tasks took no longer than this",
		    summary_percentile(all, count, wanted[i].percent));
	buf_puts(b, "</dl>\n");
}

static void
durations(struct page *p, struct buf *b)
{
	size_t count;
	struct summary_ran *all = summary_ranked(p->summary, &count);

	if (count > 0) {
		section(b, "durations", "Durations", 0);
		percentiles(b, all, count);
		chart_durations(b, all, count);
		buf_puts(b, "</section>\n");
	}
	free(all);
}

static void
slowest(struct page *p, struct buf *b)
{
	size_t count, i;
	struct summary_ran *all = summary_ranked(p->summary, &count);

	if (count > 0) {
		section(b, "slowest", "Slowest", 0);
		buf_puts(b, "<ol class=\"list\">\n");
		for (i = 0; i < count && i < SUMMARY_SLOWEST; i++) {
			buf_puts(b, "<li>");
			name(p, b, all[i].place);
			buf_puts(b, " <span>");
			html_duration(b, (double)all[i].duration_ms);
			buf_puts(b, "</span></li>\n");
		}
		buf_puts(b, "</ol>\n</section>\n");
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

static void
totals(struct page *p, struct buf *b)
{
	totals_by(p, b, RECORD_GROUP, "Group");
	totals_by(p, b, RECORD_BROWSER, "Browser");
	totals_by(p, b, RECORD_VIEWPORT, "Viewport");
	totals_by(p, b, RECORD_RUNNER, "Runner");
	totals_by(p, b, RECORD_WORKER, "Worker");
}

/* What stands for {{name}} in page.html. */
static const struct {
	const char *name;
	void (*write)(struct page *, struct buf *);
} parts[] = {
    {"durations", durations},
    {"facts", facts},
    {"failures", failures},
    {"flaky", flaky},
    {"headline", headline},
    {"icon", icon},
    {"lost", lost},
    {"made", made},
    {"policy", policy},
    {"refresh", refresh},
    {"rows", rows},
    {"running", running},
    {"script", script},
    {"slowest", slowest},
    {"style", style},
    {"timeline", timeline},
    {"title", title},
    {"total", total},
    {"totals", totals},
    {"verdict", verdict},
    {"version", version},
};

static void
part(struct page *p, struct buf *b, const char *called, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (strlen(parts[i].name) == len &&
		    memcmp(parts[i].name, called, len) == 0)
			parts[i].write(p, b);
}

static void
look_at(struct page *p, const struct page_look *look)
{
	struct summary_facts facts = SUMMARY_FACTS_NONE;

	if (look->refresh_ms > 0)
		facts.now_ms = look->now_ms;
	summary_facts(p->summary, &facts);
	summary_numbers(p->summary, &p->numbers);
	p->look = look;
}

void
page_write(struct page *p, FILE *out, const struct page_look *look)
{
	const char *s = embed_page_html, *open;
	struct buf *b = &p->scratch;

	look_at(p, look);
	p->out = out;
	while ((open = strstr(s, "{{")) != NULL) {
		buf_add(b, s, (size_t)(open - s));
		s = strstr(open, "}}") + 2;
		part(p, b, open + 2, (size_t)(s - open) - 4);
		send(p, b);
	}
	buf_puts(b, s);
	send(p, b);
}
