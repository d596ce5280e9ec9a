/* figures - a look at the queue, as the numbers of a summary */
#include <math.h>

#include "figures.h"

static int64_t
now_ms(const struct queue_look *l)
{
	return l->over && l->finished_ms ? l->finished_ms : l->now_ms;
}

void
figures_tell(struct summary *s, const char *run, const struct queue_look *l)
{
	struct summary_facts facts = {.run = run,
	    .state = l->state,
	    .workers = l->over ? -1 : l->workers,
	    .slots = l->over ? -1 : l->slots,
	    .started_ms = l->started_ms ? l->started_ms : -1,
	    .now_ms = now_ms(l),
	    .retried = l->retried,
	    .lost = l->lost};

	summary_facts(s, &facts);
}

static void
count(struct summary_counts *c, const struct queue_look *l)
{
	c->total = l->total;
	c->status[STATUS_WAITING] = l->waiting;
	c->status[STATUS_PROCESSING] = l->processing;
	c->status[STATUS_COMPLETE] = l->done + l->cancelled;
	c->result[RESULT_PASSED] = l->passed;
	c->result[RESULT_FAILED] = l->failed;
	c->result[RESULT_ERROR] = l->error;
	c->result[RESULT_FLAKY] = l->flaky;
	c->result[RESULT_CANCELLED] = l->cancelled;
}

cJSON *
figures_json(const char *run, const struct queue_look *l)
{
	struct summary_numbers n = {.run = run,
	    .state = l->state,
	    .finished = l->over,
	    .retried = (double)l->retried,
	    .lost = (double)l->lost,
	    .workers = (double)l->workers,
	    .slots = (double)l->slots,
	    .busy_slots = fmin((double)l->processing, (double)l->slots),
	    .idle_slots = fmax(0, (double)(l->slots - l->processing)),
	    .started_ms = l->started_ms ? (double)l->started_ms : NAN,
	    .elapsed_ms =
		l->started_ms ? (double)(now_ms(l) - l->started_ms) : 0,
	    .busy_ms = (double)l->busy_ms,
	    .bound_ms = NAN,
	    .eta_ms = l->over ? 0 : NAN,
	    .eta_error_ms = l->over ? 0 : NAN,
	    .efficiency = NAN};
	cJSON *o;

	count(&n.counts, l);
	o = summary_numbers_json(&n);
	cJSON_AddNumberToObject(o, "created_ms", (double)l->created_ms);
	cJSON_AddNumberToObject(o, "leased_ms", (double)l->leased_ms);
	return o;
}
