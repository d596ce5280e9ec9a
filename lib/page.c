/* page - the report of a run, one HTML file that needs nothing else */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "entry.h"
#include "html.h"
#include "page_impl.h"
#include "report.h"

#define OUTPUTS_MAX                                                    \
	(48 << 20) /* bytes of articles from which output is left out, \
	              so that a browser can open the page */

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
	struct stretch *one = &t->attempts[t->attempt_count];

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
note_all(struct page *p, struct shown *t, const cJSON *list)
{
	struct record a = {NULL};

	while (entry_next(list, &a))
		note(p, t, &a);
}

/* A divided spec was run as its pieces, which may be side by side. */
static void
note_attempts(struct page *p, struct shown *t, const struct record *r)
{
	const cJSON *list = record_json(r, RECORD_ATTEMPTS);
	const cJSON *pieces = record_json(r, RECORD_PIECES);
	size_t count = (size_t)cJSON_GetArraySize(list) +
	               (size_t)cJSON_GetArraySize(pieces);

	if (count == 0 && !record_has(r, RECORD_STARTED_MS))
		return;
	t->attempts = mem_zalloc(count + 1, sizeof(*t->attempts));
	note_all(p, t, list);
	if (pieces != NULL)
		note_all(p, t, pieces);
	else if (record_status(r) != STATUS_WAITING)
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
	const char *colour = strcmp(page_mood(p), "passed") == 0   ? "1a7f4b"
	                     : strcmp(page_mood(p), "failed") == 0 ? "c8321f"
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
total(struct page *p, struct buf *b)
{
	buf_printf(b, "%zu", p->count);
}

void
page_send(struct page *p, struct buf *b)
{
	if (b->len > 0)
		fwrite(b->data, 1, b->len, p->out);
	buf_reset(b);
}

void
page_section(struct buf *b, const char *id, const char *heading, double n)
{
	buf_printf(b,
	    "<section id=\"%s\" aria-labelledby=\"%s-h\">\n"
	    "<h2 id=\"%s-h\">%s",
	    id, id, id, heading);
	if (n > 0)
		buf_printf(b, " <span class=\"n\">%.0f</span>", n);
	buf_puts(b, "</h2>\n");
}

static void
rows(struct page *p, struct buf *b)
{
	size_t i;

	page_send(p, b);
	for (i = 0; i < p->count; i++)
		fputs(p->tasks[i].row, p->out);
}

/* What stands for {{name}} in page.html. */
static const struct {
	const char *name;
	void (*write)(struct page *, struct buf *);
} parts[] = {
    {"durations", page_durations},
    {"facts", page_facts},
    {"failures", page_failures},
    {"flaky", page_flaky},
    {"headline", page_headline},
    {"icon", icon},
    {"lost", page_lost},
    {"made", made},
    {"policy", policy},
    {"refresh", refresh},
    {"rows", rows},
    {"running", page_running},
    {"script", script},
    {"slowest", page_slowest},
    {"style", style},
    {"timeline", page_timeline},
    {"title", title},
    {"total", total},
    {"totals", page_totals},
    {"verdict", page_verdict},
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
		page_send(p, b);
	}
	buf_puts(b, s);
	page_send(p, b);
}
