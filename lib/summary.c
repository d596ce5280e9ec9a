/* summary - the numbers of a run, from a stream of its records */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "summary_impl.h"

const enum field summary_dimensions[DIMENSIONS] = {RECORD_GROUP, RECORD_BROWSER,
    RECORD_VIEWPORT, RECORD_RUNNER, RECORD_WORKER};

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
	size_t d, i;

	if (s == NULL)
		return;
	for (i = 0; i < s->ids.count; i++)
		free(s->tasks[i].pieces);
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

	return n >= 0 && n <= RECORD_MS_MAX ? llround(n) : UNKNOWN;
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

/* What a divided spec was run as: on other slots, and side by side. */
static void
pieces(struct summary *s, const struct record *r, struct task *t)
{
	const cJSON *list = record_json(r, RECORD_PIECES);
	struct record piece;
	struct piece *p;

	t->pieces =
	    mem_zalloc((size_t)cJSON_GetArraySize(list), sizeof(*t->pieces));
	for (piece.json = list ? list->child : NULL; piece.json != NULL;
	     piece.json = piece.json->next) {
		note(s, &piece);
		p = &t->pieces[t->piece_count++];
		p->status =
		    (uint8_t)later(record_status(&piece), STATUS_WAITING);
		p->took_ms = took(&piece);
		p->expected_ms = ms(&piece, RECORD_EXPECTED_MS);
		p->started_ms = ms(&piece, RECORD_STARTED_MS);
	}
}

static void
own(struct summary *s, const struct record *r, struct task *t)
{
	if (t->piece_count == 0)
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
		text = record_text(r, summary_dimensions[d]);
		t->word[d] = NO_WORD;
		if (text != NULL)
			t->word[d] = (uint32_t)names_add(&s->words[d], text);
	}
}

size_t
summary_add(struct summary *s, const struct record *r)
{
	size_t known = s->ids.count;
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
	if (record_has(r, RECORD_PIECES))
		pieces(s, r, &t);
	if (!earlier(s, r, &t))
		own(s, r, &t);
	if (place < known)
		free(s->tasks[place].pieces);
	s->tasks[place] = t;
	return place;
}

const char *
summary_id(const struct summary *s, size_t place)
{
	return names_get(&s->ids, place);
}
