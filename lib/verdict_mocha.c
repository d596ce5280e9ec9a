/* verdict_mocha - the file of Mocha's json reporter */
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

/* Passed, but not at once (this.retries). */
static long
flaky(const cJSON *passes)
{
	const cJSON *test;
	long n = 0;

	cJSON_ArrayForEach (test, passes)
		n += verdict_number(test, "currentRetry") > 0;
	return n;
}

/* A before hook that fails counts as a failure, though no test has run. */
static void
nothing_ran(struct verdict *v)
{
	if (v->failed > 0 && v->result == RESULT_NONE)
		verdict_error(v, REASON_NO_TESTS, "no tests were run");
	v->failed = 0;
}

bool
verdict_mocha(const struct evidence *e, struct verdict *v)
{
	cJSON *report = verdict_json(e->text);
	const cJSON *stats = member(report, "stats"), *one;

	if (cJSON_IsObject(stats)) {
		v->flaky = flaky(member(report, "passes"));
		v->passed = verdict_number(stats, "passes") - v->flaky;
		v->failed = verdict_number(stats, "failures");
		v->skipped = verdict_number(stats, "pending");
		cJSON_ArrayForEach (one, member(report, "failures"))
			verdict_failure(e, v, text(one, "fullTitle"),
			    text(member(one, "err"), "message"));
		if (verdict_number(stats, "tests") == 0)
			nothing_ran(v);
		verdict_by_counts(e, v);
	}
	cJSON_Delete(report);
	return v->counted;
}
