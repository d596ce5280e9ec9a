/* summary_json - a summary as a record */
#include <math.h>
#include <stdlib.h>

#include "summary_impl.h"

/* NAN prints as null. */
static void
put(cJSON *o, const char *field, double value)
{
	cJSON_AddItemToObject(o, field,
	    isnan(value) ? cJSON_CreateNull()
			 : cJSON_CreateNumber(round(value)));
}

static void
put_text(cJSON *o, const char *field, const char *text)
{
	cJSON_AddItemToObject(
	    o, field, text ? cJSON_CreateString(text) : cJSON_CreateNull());
}

static void
put_status(cJSON *o, const struct summary_counts *c, enum status status)
{
	put(o, status_name(status), (double)c->status[status]);
}

static void
put_results(cJSON *o, const struct summary_counts *c)
{
	static const enum result verdicts[] = {RESULT_PASSED, RESULT_FAILED,
	    RESULT_ERROR, RESULT_FLAKY, RESULT_CANCELLED};
	size_t i;

	for (i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++)
		put(o, result_name(verdicts[i]),
		    (double)c->result[verdicts[i]]);
}

static void
put_value(void *all, const char *value, const struct summary_counts *c)
{
	cJSON *o = cJSON_CreateObject();

	put(o, "total", (double)c->total);
	put_status(o, c, STATUS_WAITING);
	put_status(o, c, STATUS_PROCESSING);
	put_results(o, c);
	put(o, "duration_ms", (double)c->duration_ms);
	cJSON_AddItemToObject(all, value, o);
}

static void
put_by(cJSON *o, const struct summary *s)
{
	cJSON *by = cJSON_AddObjectToObject(o, "by");
	size_t d;

	for (d = 0; d < DIMENSIONS; d++)
		summary_by(s, summary_dimensions[d], put_value,
		    cJSON_AddObjectToObject(
			by, field_name(summary_dimensions[d])));
}

static void
put_percentiles(cJSON *o, const struct summary_ran *all, size_t count)
{
	o = cJSON_AddObjectToObject(o, "percentiles_ms");
	put(o, "p50", summary_percentile(all, count, 50));
	put(o, "p90", summary_percentile(all, count, 90));
	put(o, "p95", summary_percentile(all, count, 95));
	put(o, "p99", summary_percentile(all, count, 99));
	put(o, "max", summary_percentile(all, count, 100));
}

static void
put_slowest(cJSON *o, const struct summary *s, const struct summary_ran *all,
    size_t count)
{
	cJSON *list = cJSON_AddArrayToObject(o, "slowest"), *one;
	size_t i;

	for (i = 0; i < count && i < SUMMARY_SLOWEST; i++) {
		one = cJSON_CreateObject();
		put_text(one, "id", summary_id(s, all[i].place));
		put(one, "duration_ms", (double)all[i].duration_ms);
		put_text(
		    one, "result", result_name(s->tasks[all[i].place].result));
		cJSON_AddItemToArray(list, one);
	}
}

cJSON *
summary_numbers_json(const struct summary_numbers *n)
{
	cJSON *o = cJSON_CreateObject();

	put_text(o, "run", n->run);
	put_text(o, "state", n->state);
	put(o, "total", (double)n->counts.total);
	put_status(o, &n->counts, STATUS_WAITING);
	put_status(o, &n->counts, STATUS_PROCESSING);
	put_status(o, &n->counts, STATUS_COMPLETE);
	put_results(o, &n->counts);
	put(o, "retried", n->retried);
	put(o, "lost", n->lost);
	put(o, "workers", n->workers);
	put(o, "slots", n->slots);
	put(o, "busy_slots", n->busy_slots);
	put(o, "idle_slots", n->idle_slots);
	put(o, "started_ms", n->started_ms);
	put(o, "elapsed_ms", n->elapsed_ms);
	put(o, "busy_ms", n->busy_ms);
	put(o, "bound_ms", n->bound_ms);
	put(o, "eta_ms", n->eta_ms);
	put(o, "eta_error_ms", n->eta_error_ms);
	cJSON_AddItemToObject(o, "efficiency",
	    isnan(n->efficiency)
		? cJSON_CreateNull()
		: cJSON_CreateNumber(round(1000 * n->efficiency) / 1000));
	return o;
}

cJSON *
summary_json(const struct summary *s)
{
	struct summary_numbers n;
	struct summary_ran *all;
	size_t count;
	cJSON *o;

	summary_numbers(s, &n);
	o = summary_numbers_json(&n);
	all = summary_ranked(s, &count);
	put_by(o, s);
	put_percentiles(o, all, count);
	put_slowest(o, s, all, count);
	free(all);
	return o;
}
