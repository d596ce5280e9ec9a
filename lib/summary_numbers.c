/* summary_numbers - what the tasks of a summary add up to */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "summary_impl.h"

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
	size_t i;

	for (i = 0; i < s->ids.count; i++) {
		t = &s->tasks[i];
		if (!ran(t))
			continue;
		sample_add(took_ms, (double)t->last_ms);
		if (t->expected_ms != UNKNOWN)
			sample_add(
			    missed, (double)(t->last_ms - t->expected_ms));
	}
}

/* How long something has run that began then. */
static double
running_ms(int64_t started_ms, double now)
{
	if (started_ms == UNKNOWN)
		return 0;
	return fmax(0, now - (double)started_ms);
}

/* The time that a piece which is not complete has still to run. */
static double
left_ms(const struct piece *p, const struct sample *took_ms, double running)
{
	if (p->expected_ms != UNKNOWN)
		return fmax(0, (double)p->expected_ms - running);
	return took_ms->n > 0 ? fmax(0, took_ms->mean - running) : NAN;
}

/* Of a task what one of its slots has to do with it, after earlier_ms. */
static void
add_piece(struct work *w, const struct piece *p, int64_t earlier_ms,
    const struct sample *took_ms)
{
	double spent = (double)earlier_ms, left = 0, running;

	if (p->status == STATUS_COMPLETE) {
		spent += (double)later(p->took_ms, 0);
	} else {
		running = p->status == STATUS_PROCESSING
		              ? running_ms(p->started_ms, w->now)
		              : 0;
		spent += running;
		left = left_ms(p, took_ms, running);
	}
	w->busy += spent;
	w->left += left;
	w->all += spent + left;
	w->longest = fmax(w->longest, spent + left);
	w->longest_left = fmax(w->longest_left, left);
}

/* Parts run side by side, and nobody knows whose the earlier attempts were. */
static void
add_task(struct work *w, const struct task *t, const struct sample *took_ms)
{
	struct piece whole = {
	    t->last_ms, t->expected_ms, t->started_ms, t->status};
	size_t i;

	if (t->piece_count == 0) {
		add_piece(w, &whole, t->earlier_ms, took_ms);
		return;
	}
	for (i = 0; i < t->piece_count; i++)
		add_piece(w, &t->pieces[i], 0, took_ms);
	w->busy += (double)t->earlier_ms;
	w->all += (double)t->earlier_ms;
}

static void
add_up(const struct summary *s, struct work *w)
{
	struct sample took_ms = {0}, missed = {0};
	const struct task *t;
	size_t i;

	learn(s, &took_ms, &missed);
	for (i = 0; i < s->ids.count; i++) {
		t = &s->tasks[i];
		add_task(w, t, &took_ms);
		if (t->status != STATUS_COMPLETE)
			w->left_variance += variance(
			    t->expected_ms != UNKNOWN ? &missed : &took_ms);
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

/* The slots that a task fills now, or waits for. */
static double
filled(const struct task *t)
{
	double n = 0;
	size_t i;

	if (t->piece_count == 0)
		return t->status == STATUS_PROCESSING;
	for (i = 0; i < t->piece_count; i++)
		n += t->pieces[i].status == STATUS_PROCESSING;
	return n;
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
		n->busy_slots += filled(&s->tasks[i]);
	}
	n->retried = known(s->facts.retried, retried);
	n->lost = known(s->facts.lost, lost);
	n->workers = known(s->facts.workers, (double)s->workers.count);
	n->slots = known(s->facts.slots, (double)s->slots.count);
	n->busy_slots = fmin(n->busy_slots, n->slots);
	n->idle_slots = n->finished ? 0 : fmax(0, n->slots - n->busy_slots);
	times(s, n);
}

void
summary_by(const struct summary *s, enum field dimension, summary_value *tell,
    void *arg)
{
	size_t d = 0, i;
	const struct names *values;
	struct summary_counts *c;

	while (d < DIMENSIONS - 1 && summary_dimensions[d] != dimension)
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
oldest_first(const void *a, const void *b)
{
	const struct summary_spec *x = a, *y = b;

	if (x->running_ms != y->running_ms)
		return x->running_ms < y->running_ms ? 1 : -1;
	return x->place < y->place ? -1 : x->place > y->place;
}

struct summary_spec *
summary_processing(const struct summary *s, size_t *count)
{
	struct summary_spec *all;
	const struct task *t;
	double now = known(s->facts.now_ms, (double)s->newest_ms);
	uint32_t word;
	size_t i, n = 0;

	for (i = 0; i < s->ids.count; i++)
		n += s->tasks[i].status == STATUS_PROCESSING;
	all = mem_zalloc(n, sizeof(*all));
	for (*count = i = 0; i < s->ids.count; i++) {
		t = &s->tasks[i];
		if (t->status != STATUS_PROCESSING)
			continue;
		word = t->word[WORKER];
		all[(*count)++] = (struct summary_spec){i,
		    word == NO_WORD ? NULL : names_get(&s->words[WORKER], word),
		    (int64_t)running_ms(t->started_ms, now)};
	}
	qsort(all, n, sizeof(*all), oldest_first);
	return all;
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
