/* verdict_playwright - the file of Playwright's json reporter */
#include <string.h>

#include "json.h"
#include "verdict.h"

static const cJSON *
last(const cJSON *list)
{
	return list && list->child ? list->child->prev : NULL;
}

/* Why a test failed in the end: its last result's first error. */
static const char *
why(const cJSON *test)
{
	const cJSON *result = last(json_member(test, "results"));
	const cJSON *first =
	    cJSON_GetArrayItem(json_member(result, "errors"), 0);
	const char *message = json_text(first, "message", "");

	if (*message == '\0')
		message =
		    json_text(json_member(result, "error"), "message", "");
	return *message ? message : json_text(result, "status", "");
}

static void
spec(const struct evidence *e, struct verdict *v, const cJSON *spec,
    const char *name)
{
	const cJSON *test;

	for (test = json_first(json_member(spec, "tests")); test != NULL;
	     test = test->next)
		if (strcmp(json_text(test, "status", ""), "unexpected") == 0)
			verdict_failure(e, v, name, why(test));
}

/* A file's suite has its path as title, which the record tells already. */
static void
suites(const struct evidence *e, struct verdict *v, const cJSON *list,
    struct buf *name, bool files)
{
	const cJSON *suite, *one;
	size_t len = name->len, in_suite;

	for (suite = json_first(list); suite != NULL; suite = suite->next) {
		if (!files)
			buf_printf(name, "%s \xe2\x80\xba ",
			    json_text(suite, "title", ""));
		in_suite = name->len;
		for (one = json_first(json_member(suite, "specs")); one != NULL;
		     one = one->next) {
			buf_puts(name, json_text(one, "title", ""));
			spec(e, v, one, name->data);
			name->data[name->len = in_suite] = '\0';
		}
		suites(e, v, json_member(suite, "suites"), name, false);
		name->data[name->len = len] = '\0';
	}
}

/*
 * Troubles outside of any test. One that is not "no tests found" comes first:
 * a file with a syntax error has no tests either.
 */
static void
errors(const struct evidence *e, struct verdict *v, const cJSON *list)
{
	const cJSON *one = cJSON_GetArrayItem(list, 0);
	bool ran = v->passed + v->failed + v->flaky > 0;

	verdict_trouble(e, v, json_text(one, "message", ""),
	    ran ? REASON_EXIT : REASON_CONFIG);
}

static void
count(struct verdict *v, const cJSON *stats)
{
	v->counted = true;
	v->passed = verdict_number(stats, "expected");
	v->failed = verdict_number(stats, "unexpected");
	v->skipped = verdict_number(stats, "skipped");
	v->flaky = verdict_number(stats, "flaky");
}

/* Exit status 1 without a failure: failOnFlakyTests, for one. */
static void
flaky_fails(const struct evidence *e, struct verdict *v)
{
	if (v->result != RESULT_NONE || e->exit_code != 1 || v->failed > 0 ||
	    v->flaky == 0)
		return;
	v->result = RESULT_FAILED;
	buf_puts(&v->message, "flaky tests, which the configuration forbids");
}

bool
verdict_playwright(const struct evidence *e, struct verdict *v)
{
	cJSON *report = verdict_json(e->text);
	const cJSON *stats = json_member(report, "stats");
	struct buf name = {0};

	if (cJSON_IsObject(stats)) {
		buf_puts(&name, "");
		count(v, stats);
		if (e->exit_code > 128)
			verdict_error(v, REASON_INTERRUPTED,
			    "Playwright was interrupted: exit status %d",
			    e->exit_code);
		else if (cJSON_GetArraySize(json_member(report, "errors")) > 0)
			errors(e, v, json_member(report, "errors"));
		else
			suites(
			    e, v, json_member(report, "suites"), &name, true);
		flaky_fails(e, v);
		verdict_by_counts(e, v);
		buf_free(&name);
	}
	cJSON_Delete(report);
	return v->counted;
}
