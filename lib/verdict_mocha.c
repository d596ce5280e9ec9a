/* verdict_mocha - the file of Mocha's json reporter */
#include "json.h"
#include "verdict.h"

/* Passed, but not at once (this.retries). */
static long
flaky(const cJSON *passes)
{
	const cJSON *test;
	long n = 0;

	for (test = json_first(passes); test != NULL; test = test->next)
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
	const cJSON *stats = json_member(report, "stats"), *one;

	if (cJSON_IsObject(stats)) {
		v->flaky = flaky(json_member(report, "passes"));
		v->passed = verdict_number(stats, "passes") - v->flaky;
		v->failed = verdict_number(stats, "failures");
		v->skipped = verdict_number(stats, "pending");
		for (one = json_first(json_member(report, "failures"));
		     one != NULL; one = one->next)
			verdict_failure(e, v, json_text(one, "fullTitle", ""),
			    json_text(json_member(one, "err"), "message", ""));
		if (verdict_number(stats, "tests") == 0)
			nothing_ran(v);
		verdict_by_counts(e, v);
	}
	cJSON_Delete(report);
	return v->counted;
}
