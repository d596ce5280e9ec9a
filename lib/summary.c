/* summary - the numbers of a run, from a stream of its records */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "names.h"
#include "summary.h"

#define UNKNOWN (-1)
#define MS_MAX 1e13 /* beyond the year 2200: a time that nobody meant */
#define NO_WORD UINT32_MAX

static const enum field dimensions[] = {RECORD_GROUP, RECORD_BROWSER,
    RECORD_VIEWPORT, RECORD_RUNNER, RECORD_WORKER};
#define DIMENSIONS (sizeof(dimensions) / sizeof(dimensions[0]))

struct task {
	int64_t last_ms; /* the attempt that ended it, or UNKNOWN */
	int64_t earlier_ms;
	int64_t expected_ms;
	int64_t started_ms; /* of the running attempt, or UNKNOWN */
	uint32_t word[DIMENSIONS];
	uint32_t retried, lost; /* of its attempts */
	uint8_t status;
	uint8_t result;
};

struct summary {
	struct names ids;
	struct task *tasks; /* by the number of their id */
	size_t room;
	struct names words[DIMENSIONS];
	struct names workers, slots;
	char *run;
	int64_t started_ms, newest_ms;
	struct summary_facts facts; /* its strings are ours */
};

struct summary *
summary_new(void)
{
	struct summary *s = mem_zalloc(1, sizeof(*s));

	s->started_ms = UNKNOWN;
	s->newest_ms = UNKNOWN;
	s->facts = (struct summary_facts)SUMMARY_FACTS_NONE;
	return s;
}

static void
forget_facts(struct summary *s)
{
	free((char *)s->facts.run);
	free((char *)s->facts.state);
}

void
summary_free(struct summary *s)
{
	size_t d;

	if (s == NULL)
		return;
	names_free(&s->ids);
	names_free(&s->workers);
	names_free(&s->slots);
	for (d = 0; d < DIMENSIONS; d++)
		names_free(&s->words[d]);
	forget_facts(s);
	free(s->tasks);
	free(s->run);
	free(s);
}

void
summary_facts(struct summary *s, const struct summary_facts *facts)
{
	struct summary_facts told = *facts;

	told.run = facts->run ? mem_strdup(facts->run) : NULL;
	told.state = facts->state ? mem_strdup(facts->state) : NULL;
	forget_facts(s);
	s->facts = told;
}

static int64_t
ms(const struct record *r, enum field f)
{
	double n = record_number(r, f, UNKNOWN);

	return n >= 0 && n <= MS_MAX ? llround(n) : UNKNOWN;
}

/* How long an attempt took. */
static int64_t
took(const struct record *r)
{
	int64_t duration = ms(r, RECORD_DURATION_MS);
	int64_t started = ms(r, RECORD_STARTED_MS);
	int64_t finished = ms(r, RECORD_FINISHED_MS);

	if (duration != UNKNOWN)
		return duration;
	if (started == UNKNOWN || finished < started)
		return UNKNOWN;
	return finished - started;
}

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* What every attempt tells about the run: its times and its slot. */
static void
note(struct summary *s, const struct record *r)
{
	int64_t started = ms(r, RECORD_STARTED_MS);
	const char *worker = record_text(r, RECORD_WORKER);
	char *slot;

	if (started == UNKNOWN)
		return;
	if (s->started_ms == UNKNOWN || started < s->started_ms)
		s->started_ms = started;
	s->newest_ms = later(s->newest_ms, ms(r, RECORD_FINISHED_MS));
	s->newest_ms = later(s->newest_ms, started + later(took(r), 0));
	names_add(&s->workers, worker ? worker : "");
	slot = mem_printf(
	    "%.17g %s", record_number(r, RECORD_SLOT, 0), worker ? worker : "");
	names_add(&s->slots, slot);
	free(slot);
}

static bool
by_itself(const struct record *attempt)
{
	enum result result = record_result(attempt);
	enum reason reason = record_reason(attempt);

	return (result == RESULT_FAILED || result == RESULT_ERROR) &&
	       reason != REASON_LOST && reason != REASON_DRAIN;
}

/* Whether r's own attempt, numbered so, stands among the earlier ones too. */
static bool
earlier(struct summary *s, const struct record *r, struct task *t)
{
	const cJSON *list = record_json(r, RECORD_ATTEMPTS);
	double own = record_number(r, RECORD_ATTEMPT, UNKNOWN);
	struct record a;
	bool twice = false;

	for (a.json = list ? list->child : NULL; a.json;
	     a.json = a.json->next) {
		note(s, &a);
		t->earlier_ms += later(took(&a), 0);
		t->retried += by_itself(&a);
		t->lost += record_reason(&a) == REASON_LOST;
		twice |= own >= 0 &&
		         record_number(&a, RECORD_ATTEMPT, UNKNOWN) >= own;
	}
	return twice;
}

static void
own(struct summary *s, const struct record *r, struct task *t)
{
	note(s, r);
	if (t->status == STATUS_PROCESSING)
		t->started_ms = ms(r, RECORD_STARTED_MS);
	if (t->status != STATUS_COMPLETE)
		return;
	t->last_ms = took(r);
	t->lost += record_reason(r) == REASON_LOST;
}

static void
words(struct summary *s, const struct record *r, struct task *t)
{
	const char *text;
	size_t d;

	for (d = 0; d < DIMENSIONS; d++) {
		text = record_text(r, dimensions[d]);
		t->word[d] = NO_WORD;
		if (text != NULL)
			t->word[d] = (uint32_t)names_add(&s->words[d], text);
	}
}

size_t
summary_add(struct summary *s, const struct record *r)
{
	size_t place = names_add(&s->ids, record_text(r, RECORD_ID));
	struct task t = {.last_ms = UNKNOWN, .started_ms = UNKNOWN};
	const char *run = record_text(r, RECORD_RUN);

	if (place == s->room) {
		s->room = s->room ? 2 * s->room : 64;
		s->tasks = mem_realloc(s->tasks, s->room * sizeof(t));
	}
	if (run != NULL && (s->run == NULL || strcmp(run, s->run) != 0)) {
		free(s->run);
		s->run = mem_strdup(run);
	}
	t.status = (uint8_t)later(record_status(r), STATUS_WAITING);
	t.result = (uint8_t)record_result(r);
	t.expected_ms = ms(r, RECORD_EXPECTED_MS);
	words(s, r, &t);
	if (!earlier(s, r, &t))
		own(s, r, &t);
	s->tasks[place] = t;
	return place;
}

const char *
summary_id(const struct summary *s, size_t place)
{
	return names_get(&s->ids, place);
}

static void
count(struct summary_counts *c, const struct task *t)
{
	c->total++;
	c->status[t->status]++;
	if (t->status == STATUS_COMPLETE)
		c->result[t->result]++;
	c->duration_ms += later(t->last_ms, 0);
}

static struct summary_counts
count_all(const struct summary *s)
{
	struct summary_counts c = {0};
	size_t i;

	for (i = 0; i < s->ids.count; i++)
		count(&c, &s->tasks[i]);
	return c;
}

static bool
finished(const struct summary *s, const struct summary_counts *c)
{
	if (s->facts.state != NULL)
		return strcmp(s->facts.state, "finished") == 0;
	return s->ids.count > 0 &&
	       c->status[STATUS_COMPLETE] == (int64_t)s->ids.count;
}

bool
summary_finished(const struct summary *s)
{
	struct summary_counts c = count_all(s);

	return finished(s, &c);
}

bool
summary_passed(const struct summary *s)
{
	struct summary_counts c = count_all(s);

	return s->ids.count > 0 &&
	       c.result[RESULT_PASSED] + c.result[RESULT_FLAKY] ==
	           (int64_t)s->ids.count;
}

/* A sample of times: how many, their mean, and the squares around it. */
struct sample {
	double n, mean, squares;
};

/* Welford's method; Knuth, The Art of Computer Programming 2, 4.2.2. */
static void
sample_add(struct sample *a, double x)
{
	double delta = x - a->mean;

	a->n++;
	a->mean += delta / a->n;
	a->squares += delta * (x - a->mean);
}

static double
variance(const struct sample *a)
{
	return a->n > 1 ? a->squares / (a->n - 1) : NAN;
}

/* What the tasks add up to, in milliseconds; NAN: unknown. */
struct work {
	double now, busy, all, longest;
	double left, longest_left, left_variance;
};

static bool
ran(const struct task *t)
{
	return t->status == STATUS_COMPLETE && t->last_ms != UNKNOWN &&
	       t->result != RESULT_CANCELLED;
}

/* How long tasks take, and by how much expectations are missed. */
static void
learn(const struct summary *s, struct sample *took_ms, struct sample *missed)
{
	const struct task *t;

	for (t = s->tasks; t < s->tasks + s->ids.count; t++) {
		if (!ran(t))
			continue;
		sample_add(took_ms, (double)t->last_ms);
		if (t->expected_ms != UNKNOWN)
			sample_add(
			    missed, (double)(t->last_ms - t->expected_ms));
	}
}

static double
running_ms(const struct task *t, double now)
{
	if (t->started_ms == UNKNOWN)
		return 0;
	return fmax(0, now - (double)t->started_ms);
}

/* The time that a task which is not complete has still to run. */
static double
left_ms(const struct task *t, const struct sample *took_ms, double running)
{
	if (t->expected_ms != UNKNOWN)
		return fmax(0, (double)t->expected_ms - running);
	return took_ms->n > 0 ? fmax(0, took_ms->mean - running) : NAN;
}

static void
add_up(const struct summary *s, struct work *w)
{
	struct sample took_ms = {0}, missed = {0};
	const struct task *t;
	double spent, left;

	learn(s, &took_ms, &missed);
	for (t = s->tasks; t < s->tasks + s->ids.count; t++) {
		left = running_ms(t, w->now);
		spent = (double)(t->earlier_ms + later(t->last_ms, 0)) + left;
		if (t->status != STATUS_COMPLETE) {
			left = left_ms(t, &took_ms, left);
			w->left_variance += variance(
			    t->expected_ms != UNKNOWN ? &missed : &took_ms);
		}
		w->busy += spent;
		w->left += left;
		w->all += spent + left;
		w->longest = fmax(w->longest, spent + left);
		w->longest_left = fmax(w->longest_left, left);
	}
}

static double
per_slot(double slots, double longest, double all)
{
	if (slots <= 0 || isnan(all))
		return NAN;
	return fmax(longest, all / slots);
}

static double
known(int64_t told, double otherwise)
{
	return told != UNKNOWN ? (double)told : otherwise;
}

static void
times(const struct summary *s, struct summary_numbers *n)
{
	double newest = s->newest_ms == UNKNOWN ? NAN : (double)s->newest_ms;
	struct work w = {.now = newest};
	double whole;

	if (!n->finished)
		w.now = known(s->facts.now_ms, newest);
	add_up(s, &w);
	n->started_ms = known(s->facts.started_ms,
	    s->started_ms == UNKNOWN ? NAN : (double)s->started_ms);
	if (!isnan(n->started_ms))
		n->elapsed_ms = fmax(0, w.now - n->started_ms);
	n->busy_ms = w.busy;
	n->bound_ms = per_slot(n->slots, w.longest, w.all);
	n->eta_ms = per_slot(n->slots, w.longest_left, w.left);
	n->eta_error_ms = per_slot(n->slots, 0, sqrt(w.left_variance));
	if (n->finished)
		n->eta_ms = n->eta_error_ms = 0;
	whole = n->elapsed_ms + n->eta_ms;
	n->efficiency = whole > 0 ? n->bound_ms / whole : NAN;
}

void
summary_numbers(const struct summary *s, struct summary_numbers *n)
{
	double retried = 0, lost = 0;
	size_t i;

	*n = (struct summary_numbers){.counts = count_all(s)};
	n->finished = finished(s, &n->counts);
	n->run = s->facts.run ? s->facts.run : s->run;
	n->state = s->facts.state ? s->facts.state
	           : n->finished  ? "finished"
	                          : "open";
	for (i = 0; i < s->ids.count; i++) {
		retried += s->tasks[i].retried;
		lost += s->tasks[i].lost;
	}
	n->retried = known(s->facts.retried, retried);
	n->lost = known(s->facts.lost, lost);
	n->workers = (double)(s->facts.workers > 0 ? s->facts.workers
						   : (int64_t)s->workers.count);
	n->slots = (double)(s->facts.slots > 0 ? s->facts.slots
					       : (int64_t)s->slots.count);
	times(s, n);
}

void
summary_by(const struct summary *s, enum field dimension, summary_value *tell,
    void *arg)
{
	size_t d = 0, i;
	const struct names *values;
	struct summary_counts *c;

	while (d < DIMENSIONS - 1 && dimensions[d] != dimension)
		d++;
	values = &s->words[d];
	c = mem_zalloc(values->count, sizeof(*c));
	for (i = 0; i < s->ids.count; i++)
		if (s->tasks[i].word[d] != NO_WORD)
			count(&c[s->tasks[i].word[d]], &s->tasks[i]);
	for (i = 0; i < values->count; i++)
		tell(arg, names_get(values, i), &c[i]);
	free(c);
}

static int
longest_first(const void *a, const void *b)
{
	const struct summary_ran *x = a, *y = b;

	if (x->duration_ms != y->duration_ms)
		return x->duration_ms < y->duration_ms ? 1 : -1;
	return x->place < y->place ? -1 : x->place > y->place;
}

struct summary_ran *
summary_ranked(const struct summary *s, size_t *count)
{
	struct summary_ran *all = mem_zalloc(s->ids.count, sizeof(*all));
	size_t i;

	*count = 0;
	for (i = 0; i < s->ids.count; i++)
		if (ran(&s->tasks[i]))
			all[(*count)++] =
			    (struct summary_ran){s->tasks[i].last_ms, i};
	qsort(all, *count, sizeof(*all), longest_first);
	return all;
}

double
summary_percentile(
    const struct summary_ran *all, size_t count, unsigned percent)
{
	size_t nearest = (percent * count + 99) / 100;

	return count > 0 ? (double)all[count - nearest].duration_ms : NAN;
}

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
		summary_by(s, dimensions[d], put_value,
		    cJSON_AddObjectToObject(by, field_name(dimensions[d])));
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
		put_text(one, "id", names_get(&s->ids, all[i].place));
		put(one, "duration_ms", (double)all[i].duration_ms);
		put_text(
		    one, "result", result_name(s->tasks[all[i].place].result));
		cJSON_AddItemToArray(list, one);
	}
}

static void
put_numbers(cJSON *o, const struct summary_numbers *n)
{
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
}

cJSON *
summary_json(const struct summary *s)
{
	cJSON *o = cJSON_CreateObject();
	struct summary_numbers n;
	struct summary_ran *all;
	size_t count;

	summary_numbers(s, &n);
	all = summary_ranked(s, &count);
	put_numbers(o, &n);
	put_by(o, s);
	put_percentiles(o, all, count);
	put_slowest(o, s, all, count);
	free(all);
	return o;
}
