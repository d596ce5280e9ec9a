/*
 * verdict_cypress - the results that Cypress hands to after:spec, as JSON
 *
 * The exit status is no help: it is the number of failed tests modulo 256.
 */
#include <string.h>

#include "verdict.h"

static const cJSON *
member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

static const char *
text(const cJSON *object, const char *name)
{
	const char *s = cJSON_GetStringValue(member(object, name));

	return s ? s : "";
}

static void
full_title(struct buf *name, const cJSON *test)
{
	const cJSON *part;

	buf_reset(name);
	buf_puts(name, text(test, "title"));
	cJSON_ArrayForEach (part, member(test, "title"))
		if (cJSON_IsString(part))
			buf_printf(name, "%s%s",
			    name->len ? " \xe2\x80\xba " : "",
			    part->valuestring);
}

static void
tests(const struct evidence *e, struct verdict *v, const cJSON *list)
{
	struct buf name = {0};
	const cJSON *test;

	cJSON_ArrayForEach (test, list) {
		full_title(&name, test);
		if (strcmp(text(test, "state"), "failed") == 0)
			verdict_failure(
			    e, v, name.data, text(test, "displayError"));
		else if (strcmp(text(test, "state"), "passed") == 0 &&
			 cJSON_GetArraySize(member(test, "attempts")) > 1)
			v->flaky++;
	}
	buf_free(&name);
}

static void
judge(const struct evidence *e, struct verdict *v, const cJSON *run)
{
	const cJSON *stats = member(run, "stats");
	const char *error = text(run, "error");

	tests(e, v, member(run, "tests"));
	v->passed = verdict_number(stats, "passes") - v->flaky;
	v->failed = verdict_number(stats, "failures");
	v->skipped =
	    verdict_number(stats, "pending") + verdict_number(stats, "skipped");
	if (*error != '\0') {
		v->failed = 0; /* a file that does not compile counts as one */
		buf_reset(&v->message);
		verdict_trouble(e, v, error, REASON_CONFIG);
	}
	verdict_by_counts(e, v);
}

bool
verdict_cypress(const struct evidence *e, struct verdict *v)
{
	cJSON *report = verdict_json(e->text);
	const cJSON *run = cJSON_GetArrayItem(member(report, "runs"), 0);

	if (run == NULL)
		run = report;
	if (cJSON_IsObject(member(run, "stats")))
		judge(e, v, run);
	cJSON_Delete(report);
	return v->counted;
}
