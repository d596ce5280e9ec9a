/* ft-stats - the numbers of a run, or all of its tasks */
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "display.h"
#include "figures.h"
#include "fold.h"
#include "jsonl.h"
#include "newest.h"
#include "opt.h"
#include "progress.h"
#include "queue.h"
#include "record.h"
#include "screen.h"
#include "summary.h"

#define SYNOPSIS \
	"ft-stats [-hVaceflq] [-r run] [-s summary] [-p patience] [file ...]"
#define TICK_MS 500 /* between two looks at a run that is followed */

static struct queue *queue;
static struct summary *summary;
static struct fold *fold;
static struct newest *newest; /* the lines of files, for -a */
static bool tasks, counters, follow, quiet, verdict, runs;
static const char *beside;    /* where -s puts the summary */
static struct screen *screen; /* where a run is followed by eyes */

/* Of a divided spec nothing before all of it is known. */
static void
add_whole(const struct record *r)
{
	if (r == NULL)
		return;
	summary_add(summary, r);
	if (tasks)
		record_write(stdout, r);
}

static void
add(struct record *r)
{
	add_whole(fold_add(fold, r));
	display_count();
}

static void
keep_whole(const struct record *r)
{
	size_t place;

	if (r == NULL)
		return;
	place = summary_add(summary, r);
	if (tasks)
		newest_put(newest, place, r);
}

static void
flush(void)
{
	if (fflush(stdout) != 0)
		err(EX_IOERR, "stdout");
}

static void
print(FILE *out, cJSON *json)
{
	jsonl_write(out, json);
	cJSON_Delete(json);
	flush();
}

static void
print_summary(void)
{
	print(stdout, summary_json(summary));
}

/* The summary beside the records, of the same moment. */
static void
put_beside(void)
{
	FILE *out;

	if (beside == NULL)
		return;
	if ((out = fopen(beside, "we")) == NULL)
		err(EX_IOERR, "%s", beside);
	print(out, summary_json(summary));
	if (fclose(out) != 0)
		err(EX_IOERR, "%s", beside);
}

static int
judge(bool over, bool passed)
{
	if (quiet && !over)
		return 1;
	return verdict && !passed ? 1 : EX_OK;
}

static bool
all_passed(const struct queue_look *l)
{
	return l->total > 0 && l->passed + l->flaky == l->total;
}

/* What a follower is told: a view for eyes, or a line when it is another. */
static void
tell(const struct queue_look *l, bool changed)
{
	if (screen != NULL) {
		if (l->over || screen_due(screen))
			progress_summary(screen, summary);
	} else if (!tasks && (l->over || changed)) {
		print_summary();
	}
	flush();
}

/* One step of following: what is news goes into the summary. */
static void
catch_up(struct queue_look *l, int64_t *seen)
{
	struct queue_look old = *l;

	queue_look(queue, l);
	queue_each_active(queue, add);
	*seen += queue_each_done(queue, *seen, add);
	if (l->cancelled > 0 && l->over)
		queue_each(queue, add);
	if (l->over)
		fold_rest(fold, add_whole);
	figures_tell(summary, queue_run(queue), l);
	queue_publish(queue, l);
	tell(l, l->done != old.done || l->processing != old.processing ||
		    l->cancelled != old.cancelled);
}

/* A window that changes its size ends the waiting, and nothing else. */
static void
wait_a_tick(void)
{
	struct pollfd reader = {.fd = STDOUT_FILENO, .events = 0};
	struct timespec tick = {.tv_nsec = TICK_MS * 1000000L};
	sigset_t all_but_winch;

	sigprocmask(SIG_BLOCK, NULL, &all_but_winch);
	sigdelset(&all_but_winch, SIGWINCH);
	if (ppoll(&reader, 1, &tick, &all_but_winch) > 0 &&
	    (reader.revents & POLLERR))
		errx(EX_IOERR, "stdout: its reader is gone");
}

static void
wake(int signo)
{
	(void)signo;
}

static void
open_screen(void)
{
	struct sigaction winch = {.sa_handler = wake};
	sigset_t set;

	if (tasks || (screen = screen_open(STDOUT_FILENO)) == NULL)
		return;
	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigaction(SIGWINCH, &winch, NULL);
}

static int
follow_run(void)
{
	struct queue_look l;
	int64_t seen;

	open_screen();
	queue_look(queue, &l);
	seen = l.done;
	queue_each(queue, add);
	figures_tell(summary, queue_run(queue), &l);
	l.processing = -1;
	for (;;) {
		catch_up(&l, &seen);
		if (l.over) {
			screen_close(screen, true);
			return judge(true, all_passed(&l));
		}
		wait_a_tick();
	}
}

static void
print_run(const char *run, const struct queue_look *l)
{
	print(stdout, figures_json(run, l));
}

static int
read_run(void)
{
	struct queue_look l;

	if (runs) {
		queue_each_run(queue, print_run);
		return EX_OK;
	}
	queue_look(queue, &l);
	if (counters && !quiet)
		print_run(queue_run(queue), &l);
	if (counters || quiet)
		return judge(l.over, all_passed(&l));
	if (follow)
		return follow_run();
	display_count_open("tasks read", l.total, tasks);
	queue_each(queue, add);
	fold_rest(fold, add_whole);
	display_count_close();
	figures_tell(summary, queue_run(queue), &l);
	if (!tasks)
		print_summary();
	put_beside();
	return judge(l.over, all_passed(&l));
}

static int
ask_queue(const char *run, int64_t patience_ms)
{
	int status;

	queue = queue_open(run);
	queue_set_patience(queue, patience_ms);
	status = read_run();
	queue_close(queue);
	return status;
}

static void
read_file(const char *path)
{
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct record *r;
	struct jsonl *in;

	if (fd < 0)
		err(EX_NOINPUT, "%s", path);
	in = jsonl_open(fd, standard ? "stdin" : path);
	while ((r = record_next(in, RECORD_ANY)) != NULL) {
		keep_whole(fold_add(fold, r));
		record_free(r);
		display_count();
	}
	jsonl_close(in);
	if (!standard)
		close(fd);
}

static int
read_files(char *paths[])
{
	int status;

	newest = newest_new();
	if (!quiet)
		display_count_open("records read", 0, false);
	for (; *paths != NULL; paths++)
		read_file(*paths);
	display_count_close();
	fold_rest(fold, keep_whole);
	if (tasks && !quiet)
		newest_write(newest, stdout);
	else if (!quiet)
		print_summary();
	put_beside();
	newest_free(newest);
	status = judge(summary_finished(summary), summary_passed(summary));
	return jsonl_bad_total() > 0 ? EX_DATAERR : status;
}

/* Flags that do not go together. */
static bool
at_odds(bool files, bool named)
{
	if (files && (named || follow || counters || runs))
		return true;
	if ((counters || runs) && (tasks || follow))
		return true;
	if (beside != NULL && (!tasks || follow))
		return true;
	return runs && (counters || quiet || verdict || named);
}

int
main(int argc, char *argv[])
{
	const char *run = NULL;
	int64_t patience_ms = -1;
	int flag, status;

	while ((flag = getopt(argc, argv, "hVr:s:p:aceflq")) != -1)
		switch (flag) {
		case 'h':
			opt_help(SYNOPSIS);
		case 'V':
			opt_version(queue_about());
		case 'r':
			run = optarg;
			break;
		case 's':
			beside = optarg;
			break;
		case 'p':
			patience_ms = opt_seconds("-p", optarg, 0);
			break;
		case 'a':
			tasks = true;
			break;
		case 'c':
			counters = true;
			break;
		case 'f':
			follow = true;
			break;
		case 'l':
			runs = true;
			break;
		case 'e':
			verdict = true;
			break;
		case 'q':
			quiet = true;
			break;
		default:
			opt_usage(SYNOPSIS);
		}
	if (at_odds(optind != argc, run != NULL))
		opt_usage(SYNOPSIS);
	summary = summary_new();
	fold = fold_new();
	if (optind != argc)
		status = read_files(argv + optind);
	else
		status = ask_queue(run, patience_ms);
	summary_free(summary);
	fold_free(fold);
	opt_flush_stdout();
	return status;
}
