/* ft-push - put tasks on the queue */
#include <err.h>
#include <poll.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "display.h"
#include "history.h"
#include "jsonl.h"
#include "mem.h"
#include "opt.h"
#include "queue.h"
#include "record.h"
#include "split.h"

#define SYNOPSIS                                                             \
	"ft-push [-hVk] [-r run] [-H old.jsonl] [-m failures] [-R retries] " \
	"[-s slots] [-p patience]"

#define LULL_MS 100 /* without input: what has come is pushed */

static struct queue *queue;
static struct history *history;
static long retries, slots; /* slots: for how many specs are divided */
static struct record **gathered;
static size_t count, room;
static unsigned long added, known, refused;

static void
pushed(struct record *task, enum pushed what)
{
	if (what == QUEUE_ADDED) {
		added++;
		record_write(stdout, task);
	} else if (what == QUEUE_KNOWN) {
		known++;
	} else {
		refused++;
		warnx("%s: run %s takes nothing new",
		    record_text(task, RECORD_ID), queue_run(queue));
	}
}

/* What a slot's share is can only be told when all are known. */
static void
gather(struct record *task)
{
	if (count == room) {
		room = room ? 2 * room : 256;
		gathered = mem_realloc(gathered, room * sizeof(*gathered));
	}
	gathered[count++] = task;
}

/* Counted now: the answer to its batch may come much later. */
static void
push_one(struct record *task)
{
	queue_push(queue, task);
	display_count();
}

static void
push(struct record *task)
{
	record_drop_state(task);
	record_set_status(task, STATUS_WAITING);
	if (retries > 0 && !record_has(task, RECORD_RETRIES))
		record_set_int(task, RECORD_RETRIES, retries);
	history_apply(history, task);
	if (slots > 0)
		gather(task);
	else
		push_one(task);
}

static void
push_gathered(void)
{
	int64_t *parts;

	queue_expect(queue, gathered, count);
	parts = split_parts(gathered, count, slots);
	queue_divide(queue, gathered, count, parts);
	split_all(gathered, count, parts, push_one);
	free(parts);
	free(gathered);
	gathered = NULL;
}

/* A lull: workers need not wait for what is still to come. */
static void
await_input(void)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

	if (poll(&input, 1, LULL_MS) != 0)
		return;
	queue_push_end(queue);
	if (fflush(stdout) != 0)
		err(EX_IOERR, "stdout");
}

/* False: not all of the tasks were good. */
static bool
push_all(void)
{
	struct jsonl *in = jsonl_open(STDIN_FILENO, "stdin");
	struct record *task;
	bool more, good;

	display_count_open("tasks pushed", 0, true);
	do {
		await_input();
		more = jsonl_fill(in);
		while ((task = record_take(in, RECORD_TASK)) != NULL)
			push(task);
	} while (more);
	if (count > 0)
		push_gathered();
	queue_push_end(queue);
	display_count_close();
	good = jsonl_bad(in) == 0;
	jsonl_close(in);
	return good;
}

static int
finish(bool good, bool keep_open)
{
	if (!good && queue_run(queue) != NULL)
		warnx("run %s stays open: not all of its tasks were good",
		    queue_run(queue));
	else if (!keep_open)
		queue_seal(queue);
	if (isatty(STDERR_FILENO) && queue_run(queue) != NULL)
		warnx("run %s: %lu added, %lu known", queue_run(queue), added,
		    known);
	return jsonl_bad_total() > 0 || refused > 0 ? EX_DATAERR : EX_OK;
}

static int
cancel(void)
{
	queue_cancel(queue);
	return EX_OK;
}

static int
push_run(long budget, bool keep_open)
{
	queue_check_server(queue);
	queue_set_budget(queue, budget);
	queue_on_pushed(queue, pushed);
	return finish(push_all(), keep_open);
}

int
main(int argc, char *argv[])
{
	const char *run = NULL;
	int64_t patience_ms = -1;
	bool keep_open = false;
	long budget = -1;
	int flag, status;

	while ((flag = getopt(argc, argv, "hVr:kH:m:R:s:p:")) != -1)
		switch (flag) {
		case 'h':
			opt_help(SYNOPSIS);
		case 'V':
			opt_version(queue_about());
		case 'r':
			run = optarg;
			break;
		case 'k':
			keep_open = true;
			break;
		case 'H':
			history = history_open(optarg);
			break;
		case 'm':
			budget = opt_number("-m", optarg, 0, 1000000000);
			break;
		case 'R':
			retries =
			    opt_number("-R", optarg, 0, RECORD_RETRIES_MAX);
			break;
		case 's':
			slots = opt_number("-s", optarg, 1, 1000000);
			break;
		case 'p':
			patience_ms = opt_seconds("-p", optarg, 0);
			break;
		default:
			opt_usage(SYNOPSIS);
		}
	if (optind != argc)
		opt_usage(SYNOPSIS);
	queue = budget == 0 ? queue_open(run) : queue_open_push(run);
	queue_set_patience(queue, patience_ms);
	status = budget == 0 ? cancel() : push_run(budget, keep_open);
	queue_close(queue);
	history_close(history);
	opt_flush_stdout();
	return status;
}
