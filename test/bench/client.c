/*
 * client - COUNT tasks of a run taken and passed by one client of lib/queue
 *
 * As ft-pop and ft-result do, it takes on one connection and reports on
 * another, and waits for the next task before it reads what became of the last.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "clock.h"
#include "queue.h"
#include "record.h"

static void
report(struct queue *q, struct record *r)
{
	int64_t now = clock_utc_ms();

	record_set_status(r, STATUS_COMPLETE);
	record_set_result(r, RESULT_PASSED);
	record_set_int(r, RECORD_STARTED_MS, now - 1);
	record_set_int(r, RECORD_FINISHED_MS, now);
	record_set_int(r, RECORD_DURATION_MS, 1);
	queue_report(q, r);
}

static void
check(struct record *verdict)
{
	if (verdict == NULL || record_result(verdict) != RESULT_PASSED)
		errx(EX_SOFTWARE, "a verdict that was not taken");
	record_free(verdict);
}

int
main(int argc, char *argv[])
{
	struct popper *p;
	struct record *r, *verdict = NULL;
	struct queue *q, *reports;
	long i, count;

	if (argc != 3)
		errx(EX_USAGE, "usage: client RUN COUNT");
	q = queue_open(argv[1]);
	reports = queue_open(argv[1]);
	p = popper_open(q, "client", 1, QUEUE_LEASE_MS, true, 1);
	count = atol(argv[2]);
	for (i = 0; i < count; i++) {
		if (popper_next(p, true, NULL, 0, &r) != POP_TASK)
			errx(EX_SOFTWARE, "no task");
		if (i > 0)
			check(
			    verdict ? verdict : queue_reported(reports, true));
		report(reports, r);
		/* the first time, the server may not know the script */
		verdict = queue_reported(reports, i == 0);
	}
	check(verdict ? verdict : queue_reported(reports, true));
	popper_leave(p);
	queue_settle(reports);
	popper_close(p);
	queue_close(reports);
	queue_close(q);
	return 0;
}
