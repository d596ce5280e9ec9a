/* entry - what the page shows of one task */
#include <string.h>

#include "entry_impl.h"
#include "html.h"

#define ARTIFACTS "artifacts/" /* the artifact root, seen from the page */
#define WHY_MAX 160            /* bytes of a message beside a name */

bool
entry_next(const cJSON *list, struct record *attempt)
{
	if (attempt->json == NULL)
		attempt->json = list ? list->child : NULL;
	else
		attempt->json = attempt->json->next;
	return attempt->json != NULL;
}

size_t
entry_count(const struct record *r, enum field list)
{
	const cJSON *l = record_json(r, list);

	return l ? (size_t)cJSON_GetArraySize(l) : 0;
}

int64_t
entry_ms(const struct record *r, enum field f)
{
	double n = record_number(r, f, -1);

	return n >= 0 && n <= RECORD_MS_MAX ? (int64_t)n : -1;
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
	return entry_ms(attempt, RECORD_STARTED_MS);
}

int64_t
entry_ended(const struct record *attempt)
{
	int64_t started = entry_started(attempt);
	int64_t duration = entry_ms(attempt, RECORD_DURATION_MS);

	if (record_status(attempt) == STATUS_PROCESSING || started < 0)
		return -1;
	if (duration >= 0)
		return started + duration;
	return entry_ms(attempt, RECORD_FINISHED_MS);
}

static bool
lost_once(const struct record *r)
{
	struct record a = {NULL};

	if (record_reason(r) == REASON_LOST)
		return true;
	while (entry_next(record_json(r, RECORD_ATTEMPTS), &a))
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

const char *
entry_title(const struct record *r)
{
	return record_text(
	    r, record_has(r, RECORD_SPEC) ? RECORD_SPEC : RECORD_ID);
}

const char *
entry_files(const struct record *r)
{
	const char *path = record_text(r, RECORD_ARTIFACTS);

	return path != NULL && html_path_safe(path) ? path : NULL;
}

void
entry_link_files(struct buf *b, const struct record *r, const char *text)
{
	buf_puts(b, "<a href=\"" ARTIFACTS);
	html_path(b, entry_files(r));
	buf_printf(b, "/\">%s</a>", text);
}

void
entry_why(struct buf *b, const struct record *r)
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
	html_text(b, entry_title(r));
	buf_puts(b, "</bdi>");
	if (!noted)
		return;
	buf_puts(b, "</a> <i>");
	entry_why(b, r);
	buf_puts(b, "</i>");
}

static void
text_cell(struct buf *b, const struct record *r, enum field f)
{
	buf_puts(b, "<td>");
	html_text(b, record_text(r, f));
}

void
entry_worker_text(struct buf *b, const struct record *r)
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

	return entry_count(r, RECORD_ATTEMPTS) + own;
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

static const char *
bar_word(const struct record *attempt)
{
	if (record_status(attempt) == STATUS_PROCESSING)
		return status_name(STATUS_PROCESSING);
	if (record_reason(attempt) == REASON_LOST)
		return reason_name(REASON_LOST);
	return result_name(record_result(attempt));
}

/* Attempts in an attribute, for whoever points at the timeline. */
static void
bars(struct buf *b, const struct record *r, enum field list, const char *name)
{
	struct record a = {NULL};
	struct buf worker = {0};

	if (entry_count(r, list) == 0)
		return;
	buf_printf(b, " %s=\"", name);
	while (entry_next(record_json(r, list), &a)) {
		entry_worker_text(&worker, &a);
		html_text(b, worker.data);
		buf_printf(b, "\t%lld\t%lld\t%s\n",
		    (long long)entry_started(&a), (long long)entry_ended(&a),
		    bar_word(&a));
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
	int64_t duration = entry_ms(r, RECORD_DURATION_MS);
	size_t i;

	buf_printf(b, "<tr class=%s", entry_verdict(r));
	bars(b, r, RECORD_ATTEMPTS, "data-a");
	bars(b, r, RECORD_PIECES, "data-p");
	buf_printf(b, "><td>%s", entry_verdict(r));
	name_cell(b, r, place);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		text_cell(b, r, texts[i]);
	buf_puts(b, "<td>");
	entry_worker_text(b, r);
	buf_puts(b, "<td>");
	if (tries(r) > 0)
		buf_printf(b, "%zu", tries(r));
	buf_puts(b, "<td>");
	if (duration >= 0)
		buf_printf(b, "%.2f", (double)duration / 1000);
	started_cell(b, entry_started(r));
	buf_puts(b, "<td>");
	if (entry_files(r) != NULL)
		entry_link_files(b, r, "files");
	buf_putc(b, '\n');
}
