/* queue_note - what comes over the bells: leases, stops and ends */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "mem.h"
#include "queue_popper.h"

#define WAIT_MS 250   /* or a third of the lease, whichever is less */
#define NOTE_FIELDS 8 /* of the longest note: see task_note in instance.lua */

struct note {
	struct note *next;
	char text[];
};

static struct note *
shift(struct popper *p)
{
	struct note *n = p->first;

	if (n != NULL)
		p->first = n->next;
	if (p->first == NULL)
		p->last = &p->first;
	return n;
}

void
note_forget(struct popper *p)
{
	struct note *n;

	while ((n = shift(p)) != NULL)
		free(n);
}

static void
keep_one(struct popper *p, const char *text, size_t len)
{
	struct note *n;

	if (len == 0)
		return;
	n = mem_alloc(sizeof(*n) + len + 1);
	n->next = NULL;
	memcpy(n->text, text, len);
	n->text[len] = '\0';
	*p->last = n;
	p->last = &n->next;
}

void
note_keep(struct popper *p, const char *text)
{
	const char *end;

	while (strncmp(text, "task\n", 5) == 0 &&
	       (end = strstr(text, "\ftask\n")) != NULL) {
		keep_one(p, text, (size_t)(end - text));
		text = end + 1;
	}
	keep_one(p, text, strlen(text));
}

/* Cut a note into its lines; the last field takes all that is left. */
static void
cut(char *text, char *field[NOTE_FIELDS])
{
	int i;

	for (i = 0; i < NOTE_FIELDS; i++)
		field[i] = "";
	for (i = 0; i < NOTE_FIELDS && text != NULL; i++)
		field[i] = i < NOTE_FIELDS - 1 ? strsep(&text, "\n") : text;
}

/* It has come before a slot is free. */
static void
let_wait(struct record *r, int64_t lease_ms)
{
	record_set_int(
	    r, RECORD_WAIT_MS, lease_ms / 3 < WAIT_MS ? lease_ms / 3 : WAIT_MS);
}

/* A leased task's record; NULL when it has been returned before. */
static struct record *
task_record(struct popper *p, char *field[NOTE_FIELDS])
{
	struct record *r = record_parse(field[7]);
	long long fence = strtoll(field[1], NULL, 10);
	char *member;
	bool full;

	if (r == NULL || !record_has(r, RECORD_ID))
		errx(EX_SOFTWARE, "pop: a task that is no record");
	member = mem_printf("%s#%s", record_text(r, RECORD_ID), field[1]);
	hold_end(p, field[5]);
	if (hold_has(p, member)) {
		free(member);
		record_free(r);
		return NULL;
	}
	if (fence > p->seen)
		p->seen = fence;
	record_set_text(r, RECORD_RUN, p->queue->run);
	record_set_text(r, RECORD_WORKER, p->worker);
	full = p->share < 2 && hold_full(p);
	record_set_int(r, RECORD_SLOT, hold_take(p, member, field[6]) + 1);
	free(member);
	if (*field[6] != '\0')
		record_set_text(r, RECORD_BATCH, field[6]);
	record_set_int(r, RECORD_ATTEMPT, atoi(field[2]));
	record_set_text(r, RECORD_LEASE, field[1]);
	record_set_int(r, RECORD_LEASE_MS, atoll(field[3]));
	if (full)
		let_wait(r, atoll(field[3]));
	record_set_status(r, STATUS_PROCESSING);
	record_set_result(r, RESULT_UNKNOWN);
	queue_set_list(r, RECORD_ATTEMPTS, field[4]);
	return r;
}

static struct record *
stop_record(const struct popper *p, char *field[NOTE_FIELDS])
{
	struct record *r = record_new();

	record_set_text(r, RECORD_ID, field[2]);
	record_set_text(r, RECORD_RUN, p->queue->run);
	record_set_text(r, RECORD_LEASE, field[1]);
	record_set_status(r, STATUS_COMPLETE);
	record_set_result(r, RESULT_UNKNOWN);
	record_set_reason(r, REASON_INTERRUPTED);
	return r;
}

bool
note_take(struct popper *p, struct record **r, enum popped *what)
{
	char *field[NOTE_FIELDS];
	struct note *n;

	*r = NULL;
	while (*r == NULL && (n = shift(p)) != NULL) {
		cut(n->text, field);
		if (strcmp(field[0], "task") == 0) {
			*r = task_record(p, field);
			*what = POP_TASK;
		} else if (strcmp(field[0], "stop") == 0) {
			*r = stop_record(p, field);
			*what = POP_STOP;
		} else {
			hold_end(p, field[1]);
		}
		free(n);
	}
	return *r != NULL;
}
