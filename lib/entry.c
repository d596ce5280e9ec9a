/* entry - what the page shows of one task */
#include <string.h>

#include "entry.h"
#include "html.h"

#define ARTIFACTS "artifacts/" /* the artifact root, seen from the page */
#define WHY_MAX 160            /* bytes of a message beside a name */
#define MS_MAX 1e13            /* the same as in summary.c */

/* The i-th earlier attempt of a list, as a record; false past its end. */
static bool
next(const cJSON *list, struct record *attempt)
{
	if (attempt->json == NULL)
		attempt->json = list ? list->child : NULL;
	else
		attempt->json = attempt->json->next;
	return attempt->json != NULL;
}

static size_t
count(const struct record *r, enum field list)
{
	const cJSON *l = record_json(r, list);

	return l ? (size_t)cJSON_GetArraySize(l) : 0;
}

static int64_t
ms(const struct record *r, enum field f)
{
	double n = record_number(r, f, -1);

	return n >= 0 && n <= MS_MAX ? (int64_t)n : -1;
}

const char *
entry_verdict(const struct record *r)
{
	enum status s = record_status(r);

	if (s == STATUS_NONE)
		return status_name(STATUS_WAITING);
	if (s != STATUS_COMPLETE)
		return status_name(s);
	return result_name(
	    record_result(r) ? record_result(r) : RESULT_UNKNOWN);
}

enum bar
entry_bar(const struct record *r)
{
	if (record_status(r) == STATUS_PROCESSING)
		return BAR_RUNNING;
	if (record_reason(r) == REASON_LOST)
		return BAR_LOST;
	switch (record_result(r)) {
	case RESULT_PASSED:
		return BAR_PASSED;
	case RESULT_FLAKY:
		return BAR_FLAKY;
	case RESULT_FAILED:
		return BAR_FAILED;
	case RESULT_ERROR:
		return BAR_ERROR;
	default:
		return BAR_CANCELLED;
	}
}

int64_t
entry_started(const struct record *attempt)
{
	return ms(attempt, RECORD_STARTED_MS);
}

int64_t
entry_ended(const struct record *attempt)
{
	int64_t started = entry_started(attempt);
	int64_t duration = ms(attempt, RECORD_DURATION_MS);

	if (record_status(attempt) == STATUS_PROCESSING || started < 0)
		return -1;
	if (duration >= 0)
		return started + duration;
	return ms(attempt, RECORD_FINISHED_MS);
}

static bool
lost_once(const struct record *r)
{
	struct record a = {NULL};

	if (record_reason(r) == REASON_LOST)
		return true;
	while (next(record_json(r, RECORD_ATTEMPTS), &a))
		if (record_reason(&a) == REASON_LOST)
			return true;
	return false;
}

bool
entry_noted(const struct record *r)
{
	enum result result = record_result(r);

	if (lost_once(r))
		return true;
	return record_status(r) == STATUS_COMPLETE &&
	       (result == RESULT_FAILED || result == RESULT_ERROR ||
		   result == RESULT_FLAKY);
}

static const char *
title(const struct record *r)
{
	return record_text(
	    r, record_has(r, RECORD_SPEC) ? RECORD_SPEC : RECORD_ID);
}

/* What an attempt's files are called from the page; NULL: none, or unsafe. */
static const char *
files(const struct record *r)
{
	const char *path = record_text(r, RECORD_ARTIFACTS);

	return path != NULL && html_path_safe(path) ? path : NULL;
}

static void
link_files(struct buf *b, const struct record *r, const char *text)
{
	buf_puts(b, "<a href=\"" ARTIFACTS);
	html_path(b, files(r));
	buf_printf(b, "/\">%s</a>", text);
}

/* "timeout: what the first failure said" */
static void
why(struct buf *b, const struct record *r)
{
	const char *reason = reason_name(record_reason(r));
	const char *message = record_text(r, RECORD_MESSAGE);

	html_text(b, reason);
	if (message == NULL || *message == '\0')
		return;
	if (*reason != '\0')
		buf_puts(b, ": ");
	html_text_max(b, message, WHY_MAX);
}

static void
name_cell(struct buf *b, const struct record *r, size_t place)
{
	bool noted = entry_noted(r);

	buf_puts(b, "<th scope=row>");
	if (noted)
		buf_printf(b, "<a href=#t%zu>", place);
	buf_puts(b, "<bdi>");
	html_text(b, title(r));
	buf_puts(b, "</bdi>");
	if (!noted)
		return;
	buf_puts(b, "</a> <i>");
	why(b, r);
	buf_puts(b, "</i>");
}

static void
text_cell(struct buf *b, const struct record *r, enum field f)
{
	buf_puts(b, "<td>");
	html_text(b, record_text(r, f));
}

static void
worker_text(struct buf *b, const struct record *r)
{
	html_text(b, record_text(r, RECORD_WORKER));
	if (record_has(r, RECORD_SLOT))
		buf_printf(b, "/%.6g", record_number(r, RECORD_SLOT, 0));
}

static size_t
tries(const struct record *r)
{
	bool own = record_has(r, RECORD_STARTED_MS) &&
	           record_status(r) != STATUS_WAITING;

	return count(r, RECORD_ATTEMPTS) + own;
}

static void
started_cell(struct buf *b, int64_t started)
{
	int64_t s = started / 1000;

	buf_puts(b, "<td");
	if (started >= 0)
		buf_printf(b, " data-t=%lld>%02d:%02d:%02d", (long long)started,
		    (int)(s / 3600 % 24), (int)(s / 60 % 60), (int)(s % 60));
	else
		buf_putc(b, '>');
}

/* The earlier attempts, for whoever points at the timeline. */
static void
earlier(struct buf *b, const struct record *r)
{
	struct record a = {NULL};
	struct buf worker = {0};

	buf_puts(b, " data-a=\"");
	while (next(record_json(r, RECORD_ATTEMPTS), &a)) {
		worker_text(&worker, &a);
		html_text(b, worker.data);
		buf_printf(b, "\t%lld\t%lld\t%s\n",
		    (long long)entry_started(&a), (long long)entry_ended(&a),
		    record_reason(&a) == REASON_LOST
			? reason_name(REASON_LOST)
			: result_name(record_result(&a)));
		buf_reset(&worker);
	}
	buf_putc(b, '"');
	buf_free(&worker);
}

void
entry_row(struct buf *b, const struct record *r, size_t place)
{
	static const enum field texts[] = {
	    RECORD_GROUP, RECORD_VIEWPORT, RECORD_BROWSER, RECORD_RUNNER};
	int64_t duration = ms(r, RECORD_DURATION_MS);
	size_t i;

	buf_printf(b, "<tr class=%s", entry_verdict(r));
	if (count(r, RECORD_ATTEMPTS) > 0)
		earlier(b, r);
	buf_printf(b, "><td>%s", entry_verdict(r));
	name_cell(b, r, place);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		text_cell(b, r, texts[i]);
	buf_puts(b, "<td>");
	worker_text(b, r);
	buf_puts(b, "<td>");
	if (tries(r) > 0)
		buf_printf(b, "%zu", tries(r));
	buf_puts(b, "<td>");
	if (duration >= 0)
		buf_printf(b, "%.2f", (double)duration / 1000);
	started_cell(b, entry_started(r));
	buf_puts(b, "<td>");
	if (files(r) != NULL)
		link_files(b, r, "files");
	buf_putc(b, '\n');
}

static void
separate(struct buf *b, const char *text)
{
	if (text == NULL || *text == '\0')
		return;
	buf_puts(b, "<li><bdi>");
	html_text(b, text);
	buf_puts(b, "</bdi>");
}

static void
left_out(struct buf *b, const struct record *r)
{
	double bytes = record_number(r, RECORD_LEFT_OUT, 0);

	if (bytes > 0)
		buf_printf(b, " (%.1f MiB left out)", bytes / (1 << 20));
}

/* Everything about a task that is one word or number. */
static void
where(struct buf *b, const struct record *r)
{
	int64_t duration = ms(r, RECORD_DURATION_MS);
	struct buf worker = {0};

	worker_text(&worker, r);
	buf_puts(b, "<ul class=\"where\">");
	separate(b, record_text(r, RECORD_GROUP));
	separate(b, record_text(r, RECORD_VIEWPORT));
	separate(b, record_text(r, RECORD_BROWSER));
	separate(b, record_text(r, RECORD_RUNNER));
	separate(b, worker.data);
	if (duration >= 0) {
		buf_puts(b, "<li>");
		html_duration(b, (double)duration);
	}
	if (record_has(r, RECORD_EXIT_CODE) &&
	    record_number(r, RECORD_EXIT_CODE, 0) > 0)
		buf_printf(
		    b, "<li>exit %.0f", record_number(r, RECORD_EXIT_CODE, 0));
	if (record_number(r, RECORD_SIGNAL, 0) > 0)
		buf_printf(
		    b, "<li>signal %.0f", record_number(r, RECORD_SIGNAL, 0));
	if (files(r) != NULL) {
		buf_puts(b, "<li>");
		link_files(b, r, "files and full log");
		left_out(b, r);
	} else {
		separate(b, record_text(r, RECORD_ARTIFACTS));
	}
	buf_puts(b, "</ul>\n");
	buf_free(&worker);
}

/* The message of the last attempt stands above: it is not said again. */
enum which { EARLIER, AS_SHOWN, LATE };

static bool
failed_before(const struct record *r)
{
	struct record a = {NULL};

	while (next(record_json(r, RECORD_ATTEMPTS), &a))
		if (record_result(&a) == RESULT_FAILED ||
		    record_result(&a) == RESULT_ERROR)
			return true;
	return false;
}

/* The task is flaky when one attempt failed and the next one passed. */
static const char *
attempt_result(const struct record *a, enum which which)
{
	if (which == LATE)
		return "late";
	if (entry_bar(a) == BAR_LOST)
		return reason_name(REASON_LOST);
	if (record_result(a) == RESULT_FLAKY && failed_before(a))
		return result_name(RESULT_PASSED);
	return result_name(record_result(a));
}

static void
attempt_row(struct buf *b, const struct record *a, enum which which)
{
	int64_t started = entry_started(a), ended = entry_ended(a);
	const char *result = attempt_result(a, which);

	buf_printf(b, "<tr class=%s><td>", *result ? result : "unknown");
	if (record_has(a, RECORD_ATTEMPT))
		buf_printf(b, "%.0f", record_number(a, RECORD_ATTEMPT, 0));
	buf_printf(b, "<td>%s<td>", result);
	worker_text(b, a);
	buf_puts(b, "<td>");
	if (ended >= started && started >= 0)
		html_duration(b, (double)(ended - started));
	buf_puts(b, "<td>");
	if (which == AS_SHOWN)
		buf_puts(b, reason_name(record_reason(a)));
	else
		why(b, a);
	buf_puts(b, "<td>");
	if (files(a) != NULL)
		link_files(b, a, "files");
	buf_putc(b, '\n');
}

static void
attempts(struct buf *b, const struct record *r)
{
	struct record a = {NULL};

	if (count(r, RECORD_ATTEMPTS) + count(r, RECORD_LATE) == 0)
		return;
	buf_puts(b, "<div class=\"scroll\"><table class=\"attempts\">\n<thead>"
		    "<tr><th scope=col>Try<th scope=col>Result"
		    "<th scope=col>Worker<th scope=col>Took"
		    "<th scope=col>Why<th scope=col>Files\n<tbody>\n");
	while (next(record_json(r, RECORD_ATTEMPTS), &a))
		attempt_row(b, &a, EARLIER);
	if (record_status(r) == STATUS_COMPLETE)
		attempt_row(b, r, AS_SHOWN);
	while (next(record_json(r, RECORD_LATE), &a))
		attempt_row(b, &a, LATE);
	buf_puts(b, "</table></div>\n");
}

static void
output_block(struct buf *b, const struct record *r, bool shown)
{
	const char *output = record_text(r, RECORD_OUTPUT);
	bool passed = record_result(r) == RESULT_PASSED ||
	              record_result(r) == RESULT_FLAKY;

	if (output == NULL || *output == '\0')
		return;
	if (!shown) {
		buf_puts(b, "<p class=\"left-out\">Its output is left out: "
			    "with all outputs this page would be too large."
			    "</p>\n");
		return;
	}
	buf_printf(b,
	    "<details%s><summary>Output</summary>"
	    "<pre class=\"output\" tabindex=\"0\">\n",
	    passed ? "" : " open");
	html_block(b, output);
	buf_puts(b, "</pre></details>\n");
}

static void
rerun_block(struct buf *b, const struct record *r)
{
	const char *rerun = record_text(r, RECORD_RERUN);

	if (rerun == NULL || *rerun == '\0')
		return;
	buf_puts(b, "<details><summary>Run it by hand</summary>"
		    "<pre class=\"rerun\" tabindex=\"0\">\n");
	html_block(b, rerun);
	buf_puts(b, "</pre></details>\n");
}

void
entry_article(struct buf *b, const struct record *r, size_t place, bool output)
{
	const char *reason = reason_name(record_reason(r));
	const char *message = record_text(r, RECORD_MESSAGE);

	buf_printf(b, "<article id=\"t%zu\" class=\"%s\">\n<h3>", place,
	    entry_verdict(r));
	buf_printf(b, "<span class=\"badge\">%s</span> <a href=\"#t%zu\"><bdi>",
	    entry_verdict(r), place);
	html_text(b, title(r));
	buf_puts(b, "</bdi></a>");
	if (*reason != '\0')
		buf_printf(b, " <span class=\"reason\">%s</span>", reason);
	buf_puts(b, "</h3>\n");
	where(b, r);
	if (message != NULL && *message != '\0') {
		buf_puts(b, "<pre class=\"message\">\n");
		html_block(b, message);
		buf_puts(b, "</pre>\n");
	}
	attempts(b, r);
	output_block(b, r, output);
	rerun_block(b, r);
	buf_puts(b, "</article>\n");
}
