/* summary - the numbers of small streams, worked out by hand */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "summary.h"

static int tests;
static int failures;

static void
ok(bool good, const char *what)
{
	tests++;
	failures += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", tests, what);
}

static void
add(struct summary *s, const char *line)
{
	struct record *r = record_parse(line);

	summary_add(s, r);
	record_free(r);
}

static struct summary *
stream(const char *const *lines)
{
	struct summary *s = summary_new();

	for (; *lines != NULL; lines++)
		add(s, *lines);
	return s;
}

/* Whether the summary's field, as JSON, reads so. */
static void
reads(const struct summary *s, const char *field, const char *expected)
{
	cJSON *o = summary_json(s);
	char *text =
	    cJSON_PrintUnformatted(cJSON_GetObjectItemCaseSensitive(o, field));
	bool good = text != NULL && strcmp(text, expected) == 0;
	char *what = mem_printf("%s is %s", field, expected);

	ok(good, what);
	if (!good)
		printf("# %s\n", text ? text : "missing");
	free(what);
	free(text);
	cJSON_Delete(o);
}

static void
empty(void)
{
	struct summary *s = summary_new();

	ok(!summary_finished(s), "no task is not finished");
	ok(!summary_passed(s), "no task has not passed");
	reads(s, "run", "null");
	reads(s, "state", "\"open\"");
	reads(s, "total", "0");
	reads(s, "started_ms", "null");
	reads(s, "elapsed_ms", "0");
	reads(s, "bound_ms", "null");
	reads(s, "eta_ms", "null");
	reads(s, "efficiency", "null");
	reads(s, "slowest", "[]");
	reads(s, "percentiles_ms",
	    "{\"p50\":null,\"p90\":null,\"p95\":null,\"p99\":null,"
	    "\"max\":null}");
	summary_free(s);
}

static void
ended(void)
{
	static const char *const lines[] = {
	    "{\"id\":\"a\",\"status\":\"waiting\"}",
	    "{\"id\":\"a\",\"group\":\"g\",\"run\":\"r1\",\"worker\":\"w\","
	    "\"slot\":1,\"status\":\"complete\",\"result\":\"passed\","
	    "\"started_ms\":1000,\"finished_ms\":4000,\"duration_ms\":3000}",
	    "{\"id\":\"b\",\"group\":\"g\",\"run\":\"r1\",\"worker\":\"w\","
	    "\"slot\":2,\"attempt\":2,\"status\":\"complete\","
	    "\"result\":\"flaky\",\"started_ms\":2000,\"finished_ms\":3000,"
	    "\"attempts\":[{\"attempt\":1,\"worker\":\"w\",\"slot\":2,"
	    "\"result\":\"failed\",\"started_ms\":1000,"
	    "\"finished_ms\":2000}]}",
	    NULL};
	struct summary *s = stream(lines);

	ok(summary_finished(s), "all complete is finished");
	ok(summary_passed(s), "passed and flaky have passed");
	reads(s, "run", "\"r1\"");
	reads(s, "state", "\"finished\"");
	reads(s, "total", "2");
	reads(s, "waiting", "0");
	reads(s, "complete", "2");
	reads(s, "passed", "1");
	reads(s, "flaky", "1");
	reads(s, "retried", "1");
	reads(s, "lost", "0");
	reads(s, "workers", "1");
	reads(s, "slots", "2");
	reads(s, "started_ms", "1000");
	reads(s, "elapsed_ms", "3000");
	reads(s, "busy_ms", "5000");
	reads(s, "bound_ms", "3000");
	reads(s, "eta_ms", "0");
	reads(s, "eta_error_ms", "0");
	reads(s, "efficiency", "1");
	reads(s, "percentiles_ms",
	    "{\"p50\":1000,\"p90\":3000,\"p95\":3000,\"p99\":3000,"
	    "\"max\":3000}");
	reads(s, "slowest",
	    "[{\"id\":\"a\",\"duration_ms\":3000,\"result\":\"passed\"},"
	    "{\"id\":\"b\",\"duration_ms\":1000,\"result\":\"flaky\"}]");
	reads(s, "by",
	    "{\"group\":{\"g\":{\"total\":2,\"waiting\":0,\"processing\":0,"
	    "\"passed\":1,\"failed\":0,\"error\":0,\"flaky\":1,"
	    "\"cancelled\":0,\"duration_ms\":4000}},\"browser\":{},"
	    "\"viewport\":{},\"runner\":{},\"worker\":{\"w\":{\"total\":2,"
	    "\"waiting\":0,\"processing\":0,\"passed\":1,\"failed\":0,"
	    "\"error\":0,\"flaky\":1,\"cancelled\":0,"
	    "\"duration_ms\":4000}}}");
	summary_free(s);
}

/* One slot: 2 s done, one of 3 s running since 1 s, one waiting. */
static void
under_way(void)
{
	static const char *const lines[] = {
	    "{\"id\":\"a\",\"slot\":1,\"status\":\"complete\","
	    "\"result\":\"failed\",\"started_ms\":0,\"duration_ms\":2000}",
	    "{\"id\":\"b\",\"slot\":1,\"expected_ms\":3000,"
	    "\"status\":\"processing\",\"started_ms\":2000}",
	    "{\"id\":\"c\"}", NULL};
	struct summary_facts facts = SUMMARY_FACTS_NONE;
	struct summary *s = stream(lines);

	reads(s, "elapsed_ms", "2000");
	facts.now_ms = 3000;
	summary_facts(s, &facts);
	ok(!summary_finished(s), "a waiting task is not finished");
	ok(!summary_passed(s), "nor passed");
	reads(s, "waiting", "1");
	reads(s, "processing", "1");
	reads(s, "elapsed_ms", "3000");
	reads(s, "busy_ms", "3000");
	reads(s, "bound_ms", "7000");
	reads(s, "eta_ms", "4000");
	reads(s, "eta_error_ms", "null");
	reads(s, "efficiency", "1");
	facts.slots = 2;
	facts.state = "cancelled";
	facts.run = "monday";
	summary_facts(s, &facts);
	reads(s, "eta_ms", "2000");
	reads(s, "bound_ms", "3500");
	reads(s, "state", "\"cancelled\"");
	reads(s, "run", "\"monday\"");
	summary_free(s);
}

static void
lost(void)
{
	static const char *const lines[] = {
	    "{\"id\":\"a\",\"attempt\":2,\"worker\":\"w2\",\"slot\":1,"
	    "\"status\":\"complete\",\"result\":\"error\","
	    "\"reason\":\"lost\",\"started_ms\":5,\"attempts\":["
	    "{\"attempt\":1,\"worker\":\"w1\",\"slot\":1,"
	    "\"result\":\"error\",\"reason\":\"lost\",\"started_ms\":0}]}",
	    "{\"id\":\"b\",\"attempt\":1,\"status\":\"complete\","
	    "\"result\":\"error\",\"reason\":\"lost\",\"attempts\":["
	    "{\"attempt\":1,\"result\":\"error\",\"reason\":\"lost\"}]}",
	    NULL};
	struct summary *s = stream(lines);

	reads(s, "lost", "3");
	reads(s, "retried", "0");
	reads(s, "workers", "2");
	reads(s, "slots", "2");
	reads(s, "error", "2");
	summary_free(s);
}

static void
odd(void)
{
	static const char *const lines[] = {
	    "{\"id\":\"a\",\"status\":\"complete\",\"result\":\"passed\","
	    "\"started_ms\":1e300,\"finished_ms\":-4,\"duration_ms\":1e300,"
	    "\"attempts\":[{},{\"worker\":7,\"started_ms\":\"x\"}]}",
	    NULL};
	struct summary *s = stream(lines);

	reads(s, "busy_ms", "0");
	reads(s, "elapsed_ms", "0");
	reads(s, "started_ms", "null");
	ok(summary_passed(s), "impossible times change no verdict");
	summary_free(s);
}

static void
many(void)
{
	struct summary *s = summary_new();
	char *line;
	int i;

	for (i = 0; i < 20000; i++) {
		line = mem_printf("{\"id\":\"t%d\",\"status\":\"complete\","
				  "\"result\":\"passed\"}",
		    i % 10000);
		add(s, line);
		free(line);
	}
	reads(s, "total", "10000");
	reads(s, "passed", "10000");
	summary_free(s);
}

int
main(void)
{
	empty();
	ended();
	under_way();
	lost();
	odd();
	many();
	printf("1..%d\n", tests);
	return failures > 0;
}
