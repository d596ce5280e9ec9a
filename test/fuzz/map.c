/* map: a spec map into tasks */
#include <stdlib.h>
#include <string.h>

#include "expand.h"
#include "fuzz.h"

static size_t tasks;

/* What ft-expand prints, every other filter reads. */
static void
task(struct record *r)
{
	const char *id = record_text(r, RECORD_ID);

	tasks++;
	fuzz_promise(id != NULL && *id != '\0' && strlen(id) <= RECORD_ID_MAX);
	fuzz_promise(record_text(r, RECORD_SPEC) != NULL ||
		     record_json(r, RECORD_COMMAND) != NULL);
	record_write(fuzz_null(), r);
}

static void
left_out(struct record *r, const cJSON *rule)
{
	record_set_json(r, RECORD_DROPPED_BY, cJSON_Duplicate(rule, 1));
	record_write(fuzz_null(), r);
}

void
fuzz(const uint8_t *data, size_t size)
{
	struct runner_table *table = runner_open(NULL);
	struct expand *x = expand_new("/var/empty", table);

	tasks = 0;
	expand_read(x, fuzz_fd(data, size), "fuzz");
	if (expand_check(x)) {
		expand_each(x, task, left_out);
		fuzz_promise(tasks > 0);
	}
	expand_free(x);
	runner_close(table);
}
