/* runners: a user's table, and plans made by it */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "mem.h"
#include "runner.h"

static void
plan(const struct runner_table *t, const char *task)
{
	static const struct runner_where where = {"/var/empty",
	    "/var/empty/out", "/var/empty/tmp", "/var/empty/cache"};
	struct record *r = record_parse(task);
	struct runner_outcome outcome = {.spawned = true, .output = "Error: x"};
	struct runner_plan p = {0};

	if (runner_plan(t, r, &where, &p)) {
		fuzz_promise(p.argv[0] != NULL);
		runner_judge(&p, &outcome, r);
		fuzz_promise(record_result(r) != RESULT_NONE);
		runner_plan_free(&p);
	} else {
		fuzz_promise(record_result(r) == RESULT_ERROR);
	}
	record_free(r);
}

void
fuzz(const uint8_t *data, size_t size)
{
	char path[32];
	struct runner_table *t;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fuzz_fd(data, size));
	t = runner_open(path);
	fuzz_promise(*runner_guess(t, "a/b.spec.ts") != '\0');
	plan(t, "{\"id\":\"g/a.robot/desktop-chrome\",\"spec\":\"a.robot\","
		"\"runner\":\"robot\",\"viewport\":\"desktop\","
		"\"browser\":\"chrome\"}");
	plan(t,
	    "{\"id\":\"b\",\"spec\":\"b.spec.ts\",\"runner\":\"playwright\","
	    "\"viewport\":\"mobile\",\"browser\":\"firefox\"}");
	plan(t, "{\"id\":\"c\",\"command\":[\"x\",\"{out}/{spec}\"]}");
	runner_close(t);
}
