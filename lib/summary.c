/* summary - the numbers of a run, from a stream of its records */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "summary.h"

#define UNKNOWN (-1)
#define MS_MAX 1e13 /* beyond the year 2200: a time that nobody meant */
#define NO_WORD UINT32_MAX
#define SLOWEST 10

static const enum field dimensions[] = {RECORD_GROUP, RECORD_BROWSER,
    RECORD_VIEWPORT, RECORD_RUNNER, RECORD_WORKER};
#define DIMENSIONS (sizeof(dimensions) / sizeof(dimensions[0]))

/* Strings, numbered in the order they were first seen. */
struct names {
	struct buf text;
	size_t *at;      /* where the string with a number begins */
	uint32_t *cells; /* open addressing; a number + 1, or 0 */
	size_t count;
	size_t mask; /* cells - 1 */
};

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

static const char *
name(const struct names *n, size_t number)
{
	return n->text.data + n->at[number];
}

/* FNV-1a; http://www.isthe.com/chongo/tech/comp/fnv/ */
static size_t
hash(const char *s)
{
	uint64_t h = 14695981039346656037u;

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211u;
	return h ^ h >> 32;
}

static uint32_t *
cell(const struct names *n, const char *s)
{
	size_t i = hash(s) & n->mask;

	while (n->cells[i] != 0 && strcmp(name(n, n->cells[i] - 1), s) != 0)
		i = (i + 1) & n->mask;
	return &n->cells[i];
}

static void
widen(struct names *n)
{
	size_t room = n->cells ? 2 * (n->mask + 1) : 16, i;

	free(n->cells);
	n->cells = mem_zalloc(room, sizeof(*n->cells));
	n->at = mem_realloc(n->at, room * sizeof(*n->at));
	n->mask = room - 1;
	for (i = 0; i < n->count; i++)
		*cell(n, name(n, i)) = (uint32_t)i + 1;
}

static uint32_t
number(struct names *n, const char *s)
{
	uint32_t *c;

	if (n->cells == NULL || n->count > n->mask / 2)
		widen(n);
	c = cell(n, s);
	if (*c != 0)
		return *c - 1;
	n->at[n->count] = n->text.len;
	buf_add(&n->text, s, strlen(s) + 1);
	*c = (uint32_t)++n->count;
	return *c - 1;
}

static void
names_free(struct names *n)
{
	buf_free(&n->text);
	free(n->at);
	free(n->cells);
}

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
	number(&s->workers, worker ? worker : "");
	slot = mem_printf(
	    "%.17g %s", record_number(r, RECORD_SLOT, 0), worker ? worker : "");
	number(&s->slots, slot);
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
		t->word[d] = text ? number(&s->words[d], text) : NO_WORD;
	}
}

size_t
summary_add(struct summary *s, const struct record *r)
{
	size_t place = number(&s->ids, record_text(r, RECORD_ID));
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

/* What a pass over the tasks adds up. */
struct counts {
	int64_t status[STATUS_COUNT];
	int64_t result[RESULT_COUNT]; /* of the complete ones */
	int64_t duration_ms;
};

static void
count(struct counts *c, const struct task *t)
{
	c->status[t->status]++;
	if (t->status == STATUS_COMPLETE)
		c->result[t->result]++;
	c->duration_ms += later(t->last_ms, 0);
}

static struct counts
count_all(const struct summary *s)
{
	struct counts c = {0};
	size_t i;

	for (i = 0; i < s->ids.count; i++)
		count(&c, &s->tasks[i]);
	return c;
}

static bool
finished(const struct summary *s, const struct counts *c)
{
	if (s->facts.state != NULL)
		return strcmp(s->facts.state, "finished") == 0;
	return s->ids.count > 0 &&
	       c->status[STATUS_COMPLETE] == (int64_t)s->ids.count;
}

bool
summary_finished(const struct summary *s)
{
	struct counts c = count_all(s);

	return finished(s, &c);
}

bool
summary_passed(const struct summary *s)
{
	struct counts c = count_all(s);

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

/* Times of the whole run, in milliseconds; NAN: unknown. */
struct times {
	double started, now, busy, all, longest;
	double left, longest_left, left_variance;
	double slots;
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

static void
add_up(const struct summary *s, struct times *x)
{
	struct sample took_ms = {0}, missed = {0};
	const struct task *t;
	double spent, left, running;

	learn(s, &took_ms, &missed);
	for (t = s->tasks; t < s->tasks + s->ids.count; t++) {
		running = running_ms(t, x->now);
		spent = (double)(t->earlier_ms + later(t->last_ms, 0));
		left = 0;
		if (t->status != STATUS_COMPLETE) {
			left = t->expected_ms != UNKNOWN
			           ? (double)t->expected_ms
			       : took_ms.n > 0 ? took_ms.mean
			                       : NAN;
			left = isnan(left) ? left : fmax(0, left - running);
			x->left_variance += t->expected_ms != UNKNOWN
			                        ? variance(&missed)
			                        : variance(&took_ms);
		}
		x->busy += spent + running;
		x->left += left;
		x->all += spent + running + left;
		x->longest = fmax(x->longest, spent + running + left);
		x->longest_left = fmax(x->longest_left, left);
	}
}

static double
known(int64_t told, double otherwise)
{
	return told != UNKNOWN ? (double)told : otherwise;
}

static struct times
time_all(const struct summary *s)
{
	struct times x = {0};
	double newest = s->newest_ms == UNKNOWN ? NAN : (double)s->newest_ms;

	x.started = known(s->facts.started_ms,
	    s->started_ms == UNKNOWN ? NAN : (double)s->started_ms);
	x.now = summary_finished(s) ? newest : known(s->facts.now_ms, newest);
	x.slots = s->facts.slots > 0 ? (double)s->facts.slots
	                             : (double)s->slots.count;
	add_up(s, &x);
	return x;
}

static double
per_slot(const struct times *x, double longest, double all)
{
	if (x->slots <= 0 || isnan(all))
		return NAN;
	return fmax(longest, all / x->slots);
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
put_results(cJSON *o, const struct counts *c)
{
	static const enum result verdicts[] = {RESULT_PASSED, RESULT_FAILED,
	    RESULT_ERROR, RESULT_FLAKY, RESULT_CANCELLED};
	size_t i;

	for (i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++)
		put(o, result_name(verdicts[i]),
		    (double)c->result[verdicts[i]]);
}

static void
put_counts(cJSON *o, const struct counts *c)
{
	put(o, "total",
	    (double)(c->status[STATUS_WAITING] + c->status[STATUS_PROCESSING] +
		     c->status[STATUS_COMPLETE]));
	put(o, "waiting", (double)c->status[STATUS_WAITING]);
	put(o, "processing", (double)c->status[STATUS_PROCESSING]);
}

static void
put_again(cJSON *o, const struct summary *s)
{
	int64_t retried = 0, lost = 0;
	size_t i;

	for (i = 0; i < s->ids.count; i++) {
		retried += s->tasks[i].retried;
		lost += s->tasks[i].lost;
	}
	put(o, "retried", known(s->facts.retried, (double)retried));
	put(o, "lost", known(s->facts.lost, (double)lost));
}

static cJSON *
efficiency(double bound, double whole)
{
	if (isnan(bound) || isnan(whole) || whole <= 0)
		return cJSON_CreateNull();
	return cJSON_CreateNumber(round(1000 * bound / whole) / 1000);
}

static void
put_times(cJSON *o, const struct times *x, bool ended)
{
	double elapsed = isnan(x->started) ? 0 : fmax(0, x->now - x->started);
	double bound = per_slot(x, x->longest, x->all);
	double eta = per_slot(x, x->longest_left, x->left);
	double error = per_slot(x, 0, sqrt(x->left_variance));

	if (ended)
		eta = error = 0;
	put(o, "started_ms", x->started);
	put(o, "elapsed_ms", elapsed);
	put(o, "busy_ms", x->busy);
	put(o, "bound_ms", bound);
	put(o, "eta_ms", eta);
	put(o, "eta_error_ms", error);
	cJSON_AddItemToObject(
	    o, "efficiency", efficiency(bound, elapsed + eta));
}

static void
put_by(cJSON *by, const struct summary *s, size_t d)
{
	const struct names *values = &s->words[d];
	struct counts *c = mem_zalloc(values->count, sizeof(*c));
	cJSON *all = cJSON_AddObjectToObject(by, field_name(dimensions[d]));
	cJSON *one;
	size_t i;

	for (i = 0; i < s->ids.count; i++)
		if (s->tasks[i].word[d] != NO_WORD)
			count(&c[s->tasks[i].word[d]], &s->tasks[i]);
	for (i = 0; i < values->count; i++) {
		one = cJSON_CreateObject();
		put_counts(one, &c[i]);
		put_results(one, &c[i]);
		put(one, "duration_ms", (double)c[i].duration_ms);
		cJSON_AddItemToObject(all, name(values, i), one);
	}
	free(c);
}

/* A task that ran, by how long. */
struct ranked {
	int64_t ms;
	size_t place;
};

static int
longest_first(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->ms != y->ms)
		return x->ms < y->ms ? 1 : -1;
	return x->place < y->place ? -1 : x->place > y->place;
}

static struct ranked *
rank(const struct summary *s, size_t *count)
{
	struct ranked *all = mem_zalloc(s->ids.count, sizeof(*all));
	size_t i;

	*count = 0;
	for (i = 0; i < s->ids.count; i++)
		if (ran(&s->tasks[i]))
			all[(*count)++] =
			    (struct ranked){s->tasks[i].last_ms, i};
	qsort(all, *count, sizeof(*all), longest_first);
	return all;
}

static void
put_percentiles(cJSON *o, const struct ranked *all, size_t count)
{
	static const struct {
		const char *name;
		size_t percent;
	} wanted[] = {
	    {"p50", 50}, {"p90", 90}, {"p95", 95}, {"p99", 99}, {"max", 100}};
	size_t i, nearest;

	o = cJSON_AddObjectToObject(o, "percentiles_ms");
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		nearest = (wanted[i].percent * count + 99) / 100;
		put(o, wanted[i].name,
		    count ? (double)all[count - nearest].ms : NAN);
	}
}

static void
put_slowest(
    cJSON *o, const struct summary *s, const struct ranked *all, size_t count)
{
	cJSON *list = cJSON_AddArrayToObject(o, "slowest"), *one;
	size_t i;

	for (i = 0; i < count && i < SLOWEST; i++) {
		one = cJSON_CreateObject();
		put_text(one, "id", name(&s->ids, all[i].place));
		put(one, "duration_ms", (double)all[i].ms);
		put_text(
		    one, "result", result_name(s->tasks[all[i].place].result));
		cJSON_AddItemToArray(list, one);
	}
}

static void
put_tasks(cJSON *o, const struct summary *s)
{
	cJSON *by = cJSON_AddObjectToObject(o, "by");
	struct ranked *all;
	size_t count, d;

	for (d = 0; d < DIMENSIONS; d++)
		put_by(by, s, d);
	all = rank(s, &count);
	put_percentiles(o, all, count);
	put_slowest(o, s, all, count);
	free(all);
}

cJSON *
summary_json(const struct summary *s)
{
	struct counts c = count_all(s);
	struct times x = time_all(s);
	const char *state = finished(s, &c) ? "finished" : "open";
	cJSON *o = cJSON_CreateObject();

	put_text(o, "run", s->facts.run ? s->facts.run : s->run);
	put_text(o, "state", s->facts.state ? s->facts.state : state);
	put_counts(o, &c);
	put(o, "complete", (double)c.status[STATUS_COMPLETE]);
	put_results(o, &c);
	put_again(o, s);
	put(o, "workers",
	    s->facts.workers > 0 ? (double)s->facts.workers
				 : (double)s->workers.count);
	put(o, "slots", x.slots);
	put_times(o, &x, finished(s, &c));
	put_tasks(o, s);
	return o;
}
