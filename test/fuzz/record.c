/* record: lines as each filter reads them, and the numbers of a run */
#include <stdlib.h>

#include "fuzz.h"
#include "record.h"
#include "sim.h"
#include "summary.h"

static void
use(struct record *r)
{
	struct record *copy = record_copy(r);
	char *text = record_print(r);
	cJSON *attempt = record_attempt(r);

	record_set_int(copy, RECORD_ATTEMPT, 3);
	record_set_text(copy, RECORD_MESSAGE, "it failed");
	record_set_status(copy, STATUS_COMPLETE);
	record_set_result(copy, RESULT_FAILED);
	record_set_reason(copy, REASON_TIMEOUT);
	fuzz_promise(record_result(copy) == RESULT_FAILED);
	record_drop_state(copy);
	fuzz_promise(!record_has(copy, RECORD_RESULT));
	record_write(fuzz_null(), copy);
	cJSON_Delete(attempt);
	free(text);
	record_free(copy);
}

static void
read_all(const uint8_t *data, size_t size, enum record_need need)
{
	struct jsonl *in = jsonl_open(fuzz_fd(data, size), "fuzz");
	struct summary *summary = summary_new();
	struct sim_plan plan = {.slots = 3, .order = SIM_PUSHED};
	struct sim_outcome outcome;
	struct sim *sim = sim_new();
	struct record *r;

	while ((r = record_next(in, need)) != NULL) {
		use(r);
		summary_add(summary, r);
		sim_add(sim, r);
		record_free(r);
	}
	cJSON_Delete(summary_json(summary));
	plan.gap_ms = sim_gap_ms(sim);
	sim_play(sim, &plan, &outcome);
	sim_free(sim);
	summary_free(summary);
	jsonl_close(in);
}

void
fuzz(const uint8_t *data, size_t size)
{
	if (size > 0)
		read_all(data + 1, size - 1, (enum record_need)(data[0] % 3));
}
