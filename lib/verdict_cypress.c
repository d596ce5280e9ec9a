/*
 * verdict_cypress - the results that Cypress hands to after:spec, as JSON
 *
 * The exit status is no help: it is the number of failed tests modulo 256.
 */
#include <string.h>

#include "json.h"
#include "verdict.h"

static void
full_title(struct buf *name, const cJSON *test)
{
	const cJSON *part;

	buf_reset(name);
	buf_puts(name, json_text(test, "title", ""));
	for (part = json_first(json_member(test, "title")); part != NULL;
	     part = part->next)
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

	for (test = json_first(list); test != NULL; test = test->next) {
		full_title(&name, test);
		if (strcmp(json_text(test, "state", ""), "failed") == 0)
			verdict_failure(e, v, name.data,
			    json_text(test, "displayError", ""));
		else if (strcmp(json_text(test, "state", ""), "passed") == 0 &&
			 cJSON_GetArraySize(json_member(test, "attempts")) > 1)
			v->flaky++;
	}
	buf_free(&name);
}

static void
judge(const struct evidence *e, struct verdict *v, const cJSON *run)
{
	const cJSON *stats = json_member(run, "stats");
	const char *error = json_text(run, "error", "");

	tests(e, v, json_member(run, "tests"));
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
	const cJSON *run = cJSON_GetArrayItem(json_member(report, "runs"), 0);

	if (run == NULL)
		run = report;
	if (cJSON_IsObject(json_member(run, "stats")))
		judge(e, v, run);
	cJSON_Delete(report);
	return v->counted;
}
