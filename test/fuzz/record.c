/* record: lines as each filter reads them, and the numbers of a run */
#include <stdlib.h>
#include <string.h>

#include "fold.h"
#include "fuzz.h"
#include "history.h"
#include "newest.h"
#include "record.h"
#include "sim.h"
#include "split.h"
#include "summary.h"

#define TASKS_MAX 64

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
write_away(const struct record *r)
{
	record_write(fuzz_null(), r);
}

static void
part(struct record *owned)
{
	fuzz_promise(strlen(record_text(owned, RECORD_ID)) <= RECORD_ID_MAX);
	write_away(owned);
	record_free(owned);
}

static void
read_all(const uint8_t *data, size_t size, enum record_need need)
{
	struct jsonl *in = jsonl_open(fuzz_fd(data, size), "fuzz");
	struct summary *summary = summary_new();
	struct sim_plan plan = {.slots = 3};
	struct sim_outcome outcome;
	struct sim *sim = sim_new();
	struct fold *fold = fold_new();
	struct newest *newest = newest_new();
	const struct record *whole;
	struct record *r;

	while ((r = record_next(in, need)) != NULL) {
		use(r);
		sim_add(sim, r);
		whole = fold_add(fold, r);
		if (whole != NULL)
			newest_put(newest, summary_add(summary, whole), whole);
		record_free(r);
	}
	fold_rest(fold, write_away);
	newest_write(newest, fuzz_null());
	cJSON_Delete(summary_json(summary));
	plan.gap_ms = sim_gap_ms(sim);
	for (plan.order = 0; plan.order < SIM_ORDERS; plan.order++) {
		sim_play(sim, &plan, &outcome);
		fuzz_promise(outcome.makespan_ms >= outcome.longest_ms);
	}
	newest_free(newest);
	fold_free(fold);
	sim_free(sim);
	summary_free(summary);
	jsonl_close(in);
}

/* As ft-push -H and -s use them: what is learnt, applied, and divided. */
static void
learn(const uint8_t *data, size_t size)
{
	struct jsonl *in = jsonl_open(fuzz_fd(data, size), "fuzz");
	struct record *task[TASKS_MAX];
	struct history *history;
	size_t count = 0;
	int64_t *parts;
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fuzz_fd(data, size));
	history = history_open(path);
	while (count < TASKS_MAX &&
	       (task[count] = record_next(in, RECORD_TASK)) != NULL)
		history_apply(history, task[count++]);
	parts = split_parts(task, count, 3);
	split_all(task, count, parts, part);
	free(parts);
	history_close(history);
	jsonl_close(in);
}

void
fuzz(const uint8_t *data, size_t size)
{
	if (size == 0)
		return;
	if (data[0] % 4 == 3)
		learn(data + 1, size - 1);
	else
		read_all(data + 1, size - 1, (enum record_need)(data[0] % 4));
}
