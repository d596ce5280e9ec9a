/* ft-result - report attempts to the queue: beats, verdicts, hand-backs */
#include <err.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "jsonl.h"
#include "opt.h"
#include "queue.h"
#include "record.h"

#define SYNOPSIS "ft-result [-hV] [-r run] [-p patience]"
#define BATCH 64 /* reports under way at once */

static struct queue *queue;
static const char *only; /* the run that -r names */
static bool deaf;        /* nobody reads what we write */

/*
 * A reader that is gone must not stop the reports: they are what keeps the
 * leases and brings the verdicts.
 */
static void
echo(const struct record *r)
{
	if (deaf || (record_put(stdout, r) && fflush(stdout) == 0))
		return;
	warn("stdout");
	deaf = true;
}

static void
answers(bool wait)
{
	struct record *r;

	while ((r = queue_reported(queue, wait)) != NULL) {
		echo(r);
		record_free(r);
	}
}

static bool
has_verdict(const struct record *r)
{
	enum result result = record_result(r);

	return result == RESULT_PASSED || result == RESULT_FAILED ||
	       result == RESULT_ERROR || result == RESULT_FLAKY;
}

static bool
acceptable(struct jsonl *in, const struct record *r)
{
	if (only != NULL && strcmp(only, record_text(r, RECORD_RUN)) != 0)
		record_reject(in, RECORD_RUN, "expected run %s", only);
	else if (record_status(r) == STATUS_COMPLETE && !has_verdict(r))
		record_reject(in, RECORD_RESULT,
		    "expected the result passed, failed, error or flaky");
	else
		return true;
	return false;
}

static void
report(struct jsonl *in, struct record *r)
{
	if (!acceptable(in, r)) {
		record_free(r);
		return;
	}
	queue_report(queue, r);
	if (queue_unanswered(queue) >= BATCH)
		answers(true);
}

static void
report_all(struct jsonl *in)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	struct record *r;
	bool more = true;

	while (more) {
		queue_wait(queue, &input, 1);
		answers(false);
		if (input.revents == 0)
			continue;
		more = jsonl_fill(in);
		while ((r = record_take(in, RECORD_LEASED)) != NULL)
			report(in, r);
	}
	queue_flush(queue);
	answers(true);
}

int
main(int argc, char *argv[])
{
	int64_t patience_ms = -1;
	struct jsonl *in;
	int flag;

	while ((flag = getopt(argc, argv, "hVr:p:")) != -1)
		switch (flag) {
		case 'h':
			opt_help(SYNOPSIS);
		case 'V':
			opt_version(queue_about());
		case 'r':
			only = opt_name("-r", optarg);
			break;
		case 'p':
			patience_ms = opt_seconds("-p", optarg, 0);
			break;
		default:
			opt_usage(SYNOPSIS);
		}
	if (optind != argc)
		opt_usage(SYNOPSIS);
	/* the last verdicts come after the signal that stops the worker */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	queue = queue_open_history(); /* each record names its run */
	queue_set_patience(queue, patience_ms);
	queue_insist(queue); /* rather than lose a verdict */
	in = jsonl_open(STDIN_FILENO, "stdin");
	report_all(in);
	queue_settle(queue);
	jsonl_close(in);
	flag = queue_unknown(queue) > 0 || jsonl_bad_total() > 0;
	queue_close(queue);
	if (deaf)
		return EX_IOERR;
	opt_flush_stdout();
	return flag ? EX_DATAERR : EX_OK;
}
