/*
 * client - COUNT tasks of a run taken and passed by one client of lib/queue
 *
 * As ft-pop and ft-result do, it takes on one connection and reports on
 * another.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "clock.h"
#include "queue.h"
#include "record.h"

static void
pass(struct queue *q, struct record *r)
{
	int64_t now = clock_utc_ms();

	record_set_status(r, STATUS_COMPLETE);
	record_set_result(r, RESULT_PASSED);
	record_set_int(r, RECORD_STARTED_MS, now - 1);
	record_set_int(r, RECORD_FINISHED_MS, now);
	record_set_int(r, RECORD_DURATION_MS, 1);
	queue_report(q, r);
	r = queue_reported(q);
	if (r == NULL || record_result(r) != RESULT_PASSED)
		errx(EX_SOFTWARE, "a verdict that was not taken");
	record_free(r);
}

int
main(int argc, char *argv[])
{
	struct popper *p;
	struct record *r;
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
		pass(reports, r);
	}
	popper_leave(p);
	queue_settle(reports);
	popper_close(p);
	queue_close(reports);
	queue_close(q);
	return 0;
}
