/* attempt - one try at a task: its folder, its process, its verdict */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "attempt.h"
#include "cache.h"
#include "clock.h"
#include "folder.h"
#include "keep.h"
#include "mem.h"
#include "rerun.h"
#include "utf8.h"

#define LOCAL "local" /* the run of a task that belongs to none */

struct attempt {
	const struct attempt_rules *rules;
	struct record *task;
	char *out, *tmp, *log, *cache;
	struct runner_plan plan;
	struct child_job job;
	bool kept;
};

/* What its wait or an earlier attempt may have left in the record. */
static void
wipe(struct record *task)
{
	static const enum field left[] = {RECORD_WAIT_MS, RECORD_REASON,
	    RECORD_FINISHED_MS, RECORD_DURATION_MS, RECORD_EXIT_CODE,
	    RECORD_SIGNAL, RECORD_CPU_MS, RECORD_MAX_RSS_KB, RECORD_TESTS,
	    RECORD_MESSAGE, RECORD_OUTPUT, RECORD_ARTIFACTS, RECORD_LEFT_OUT,
	    RECORD_RERUN};
	size_t i;

	for (i = 0; i < sizeof(left) / sizeof(left[0]); i++)
		record_drop(task, left[i]);
}

void
attempt_await(const struct attempt_rules *rules, struct record *task, int slot)
{
	wipe(task);
	record_set_status(task, STATUS_PROCESSING);
	record_set_result(task, RESULT_UNKNOWN);
	if (!record_has(task, RECORD_WORKER))
		record_set_text(task, RECORD_WORKER, rules->worker);
	record_set_int(task, RECORD_SLOT, slot);
	if (!record_has(task, RECORD_ATTEMPT))
		record_set_int(task, RECORD_ATTEMPT, 1);
	record_set_int(task, RECORD_STARTED_MS, clock_utc_ms());
}

/* Below the artifact root. Names a folder that is the attempt's own. */
static char *
place(const struct record *task)
{
	const char *run = record_text(task, RECORD_RUN);
	char *safe_run = folder_safe(run ? run : LOCAL);
	char *safe_id = folder_safe(record_text(task, RECORD_ID));
	char *path = mem_printf("%s/%s/%" PRId64, safe_run, safe_id,
	    record_int(task, RECORD_ATTEMPT, 1));

	free(safe_run);
	free(safe_id);
	return path;
}

/* False with errno. */
static bool
furnish_kept(struct attempt *a)
{
	char *wanted = place(a->task), *path;

	path = folder_new(a->rules->artifacts, wanted);
	free(wanted);
	if (path == NULL)
		return false;
	record_set_text(a->task, RECORD_ARTIFACTS, path);
	a->out = mem_printf("%s/%s", a->rules->artifacts, path);
	a->log = mem_printf("%s/" FOLDER_LOG, a->out);
	free(path);
	return true;
}

static bool
furnish(struct attempt *a, int slot, int member)
{
	a->tmp = member > 0
	             ? mem_printf("%s/%d-%d", a->rules->scratch, slot, member)
	             : mem_printf("%s/%d", a->rules->scratch, slot);
	a->cache = cache_path(a->rules->scratch, slot);
	if (!folder_again(a->tmp))
		return false;
	if (a->rules->artifacts != NULL)
		return furnish_kept(a);
	a->out = mem_printf("%s.out", a->tmp);
	a->log = mem_printf("%s.log", a->tmp);
	return true;
}

/* Where nobody names it, it is not made; a shared start may leave something for
 * each. */
static bool
furnish_out(const struct attempt *a, int member)
{
	return (member == 0 && !a->plan.names_out) || folder_again(a->out);
}

/* The folders in scratch serve the slot's next attempt. */
static void
clear(const struct attempt *a)
{
	folder_empty(a->tmp);
	if (a->rules->artifacts != NULL || a->log == NULL)
		return;
	folder_empty(a->out);
	folder_blank(a->log);
}

static int64_t
deadline(const struct attempt *a)
{
	double seconds = record_number(
	    a->task, RECORD_TIMEOUT, (double)a->rules->timeout_ms / 1000);
	int64_t ms;

	if (seconds > CLOCK_MAX_S)
		seconds = CLOCK_MAX_S;
	ms = (int64_t)(seconds * 1000);
	return ms == 0 && seconds > 0 ? 1 : ms; /* 0 would be none */
}

static struct runner_where
where(const struct attempt *a)
{
	return (struct runner_where){.spec_root = a->rules->spec_root,
	    .out = a->out,
	    .tmp = a->tmp,
	    .cache = a->cache};
}

static bool
plan(struct attempt *a)
{
	struct runner_where here = where(a);

	if (!runner_plan(a->rules->table, a->task, &here, &a->plan))
		return false;
	a->job = (struct child_job){.argv = a->plan.argv,
	    .env = a->plan.env,
	    .dir = a->plan.dir,
	    .log = a->log,
	    .polite = a->plan.polite,
	    .timeout_ms = deadline(a),
	    .grace_ms = a->rules->grace_ms};
	return true;
}

static void
finish(struct record *task, int64_t duration_ms)
{
	record_drop(task, RECORD_BATCH);
	record_set_status(task, STATUS_COMPLETE);
	record_set_int(task, RECORD_FINISHED_MS, clock_utc_ms());
	record_set_int(task, RECORD_DURATION_MS, duration_ms);
}

static void
unfurnished(struct record *task, int error)
{
	char *message =
	    mem_printf("no folder for the attempt: %s", strerror(error));

	record_set_result(task, RESULT_ERROR);
	record_set_reason(task, REASON_SPAWN);
	record_set_text(task, RECORD_MESSAGE, message);
	free(message);
}

struct attempt *
attempt_new_of(const struct attempt_rules *rules, struct record *task, int slot,
    int member)
{
	struct attempt *a = mem_zalloc(1, sizeof(*a));

	a->rules = rules;
	a->task = task;
	attempt_await(rules, task, slot);
	if (!furnish(a, slot, member)) {
		unfurnished(task, errno);
	} else if (plan(a)) {
		if (furnish_out(a, member))
			return a;
		unfurnished(task, errno);
	}
	finish(task, 0);
	attempt_free(a);
	return NULL;
}

struct attempt *
attempt_new(const struct attempt_rules *rules, struct record *task, int slot)
{
	return attempt_new_of(rules, task, slot, 0);
}

void
attempt_begun(struct attempt *a)
{
	record_set_int(a->task, RECORD_STARTED_MS, clock_utc_ms());
}

struct attempt_place
attempt_place(const struct attempt *a)
{
	return (struct attempt_place){.spec = a->plan.spec,
	    .out = a->out,
	    .result = a->plan.result,
	    .log = a->log};
}

const struct child_job *
attempt_job(const struct attempt *a)
{
	return &a->job;
}

static void
measure(struct record *task, const struct child_end *end)
{
	if (end->how == CHILD_UNSPAWNED || end->cpu_ms < 0)
		return;
	if (end->signal != 0)
		record_set_int(task, RECORD_SIGNAL, end->signal);
	else
		record_set_int(task, RECORD_EXIT_CODE, end->code);
	record_set_int(task, RECORD_CPU_MS, end->cpu_ms);
	record_set_int(task, RECORD_MAX_RSS_KB, end->max_rss_kb);
}

/* Nobody saw its end: the worker failed, not the spec. */
static void
lose(struct record *task, bool starved)
{
	record_set_result(task, RESULT_ERROR);
	record_set_reason(task, REASON_LOST);
	record_set_text(task, RECORD_MESSAGE,
	    starved ? "its supervisor was killed: the system was out of memory"
		    : "its supervisor was killed");
}

static void
judge(struct attempt *a, const struct child_end *end, const char *output)
{
	bool spawned = end->how != CHILD_UNSPAWNED;
	struct runner_outcome outcome = {.spawned = spawned,
	    .error = spawned ? 0 : end->code,
	    .timed_out = end->how == CHILD_TIMED_OUT,
	    .interrupted = end->how == CHILD_STOPPED,
	    .exit_code = spawned ? end->code : -1,
	    .signal = end->signal,
	    .starved = end->oom_kills > 0,
	    .output = output};

	if (end->how == CHILD_LOST)
		lose(a->task, end->oom_kills > 0);
	else
		runner_judge(&a->plan, &outcome, a->task);
}

static void
quote(struct record *task, const struct buf *output)
{
	size_t max = record_result(task) == RESULT_PASSED
	                 ? RECORD_OUTPUT_PASSED_MAX
	                 : RECORD_OUTPUT_MAX;

	if (output->len > 0)
		record_set_text(task, RECORD_OUTPUT,
		    utf8_tail(output->data, output->len, max));
}

static void
explain(struct attempt *a)
{
	struct runner_where here = where(a);
	char *command = rerun_command(&a->plan, &here);

	if (command != NULL)
		record_set_text(a->task, RECORD_RERUN, command);
	free(command);
}

/* Once, and whatever becomes of the attempt. */
static void
keep(struct attempt *a)
{
	int64_t left_out;

	if (a->rules->artifacts == NULL || a->log == NULL || a->kept)
		return;
	a->kept = true;
	left_out = keep_tidy(a->out, a->rules->keep_max);
	if (left_out > 0)
		record_set_int(a->task, RECORD_LEFT_OUT, left_out);
}

void
attempt_look(const struct attempt *a)
{
	int64_t max =
	    a->rules->artifacts ? a->rules->keep_max : ATTEMPT_LOG_MAX;

	if (max > 0)
		keep_bound(a->log, max);
}

void
attempt_end(struct attempt *a, const struct child_end *end)
{
	struct buf output = {0};

	folder_tail(a->log, RECORD_OUTPUT_MAX, &output);
	finish(a->task, end->duration_ms);
	measure(a->task, end);
	judge(a, end, output.data ? output.data : "");
	quote(a->task, &output);
	explain(a);
	keep(a);
	buf_free(&output);
}

void
attempt_free(struct attempt *a)
{
	if (a->plan.argv != NULL)
		runner_plan_free(&a->plan);
	keep(a);
	clear(a);
	free(a->out);
	free(a->tmp);
	free(a->log);
	free(a->cache);
	free(a);
}

void
attempt_hand_back(struct record *task)
{
	record_drop(task, RECORD_WAIT_MS);
	record_set_status(task, STATUS_WAITING);
	record_set_result(task, RESULT_UNKNOWN);
	record_set_reason(task, REASON_DRAIN);
}
