/* entry_article - all that the page tells of a task that was not plain sailing
 */
#include "entry_impl.h"
#include "html.h"

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
	int64_t duration = entry_ms(r, RECORD_DURATION_MS);
	struct buf worker = {0};

	entry_worker_text(&worker, r);
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
	if (entry_files(r) != NULL) {
		buf_puts(b, "<li>");
		entry_link_files(b, r, "files and full log");
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

	while (entry_next(record_json(r, RECORD_ATTEMPTS), &a))
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
	entry_worker_text(b, a);
	buf_puts(b, "<td>");
	if (ended >= started && started >= 0)
		html_duration(b, (double)(ended - started));
	buf_puts(b, "<td>");
	if (which == AS_SHOWN)
		buf_puts(b, reason_name(record_reason(a)));
	else
		entry_why(b, a);
	buf_puts(b, "<td>");
	if (entry_files(a) != NULL)
		entry_link_files(b, a, "files");
	buf_putc(b, '\n');
}

static void
attempts(struct buf *b, const struct record *r)
{
	struct record a = {NULL};

	if (entry_count(r, RECORD_ATTEMPTS) + entry_count(r, RECORD_LATE) == 0)
		return;
	buf_puts(b, "<div class=\"scroll\"><table class=\"attempts\">\n<thead>"
		    "<tr><th scope=col>Try<th scope=col>Result"
		    "<th scope=col>Worker<th scope=col>Took"
		    "<th scope=col>Why<th scope=col>Files\n<tbody>\n");
	while (entry_next(record_json(r, RECORD_ATTEMPTS), &a))
		attempt_row(b, &a, EARLIER);
	if (record_status(r) == STATUS_COMPLETE)
		attempt_row(b, r, AS_SHOWN);
	while (entry_next(record_json(r, RECORD_LATE), &a))
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
	html_text(b, entry_title(r));
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
