/* ft-pop - take tasks from the queue, each under a lease */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <unistd.h>

#include "opt.h"
#include "queue.h"
#include "record.h"

#define SYNOPSIS                                                       \
	"ft-pop [-hVn] [-r run] [-w worker] [-l lease] [-p patience] " \
	"[-f [-j slots] [-S tasks]]"

enum { EXIT_FINISHED = 1, EXIT_NOTHING = 2, EXIT_TOLD = 128 + SIGTERM };

enum { STOP_SIGNAL, READER, OTHERS };

static struct queue *queue;
static struct popper *popper;
static struct record *written[QUEUE_SHARE_MAX]; /* and not flushed */
static size_t count;
static bool follow;
static struct pollfd others[OTHERS];

/* Signals that end us are read from a descriptor, beside Redis. */
static void
watch_others(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		err(EX_OSERR, "sigprocmask");
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		err(EX_OSERR, "signalfd");
	others[STOP_SIGNAL].fd = fd;
	others[STOP_SIGNAL].events = POLLIN;
	others[READER].fd = STDOUT_FILENO;
}

/* What ends us: told to stop, or nobody reads what we write. */
static bool
told(void)
{
	others[STOP_SIGNAL].revents = 0;
	others[READER].revents = 0;
	if (poll(others, OTHERS, 0) < 0)
		return errno == EINTR;
	return others[STOP_SIGNAL].revents != 0 || others[READER].revents != 0;
}

static void
written_free(void)
{
	while (count > 0)
		record_free(written[--count]);
}

/*
 * What came together goes out together, since a batch shares a start; beyond
 * QUEUE_SHARE_MAX in the next turn.
 */
static bool
deliver(struct record *r)
{
	bool good;

	do {
		written[count++] = r;
		good = record_put(stdout, r);
	} while (good && follow && count < QUEUE_SHARE_MAX &&
		 popper_more(popper, &r));
	if (!good || fflush(stdout) != 0)
		return false;
	written_free();
	return true;
}

static int
leave(int status)
{
	popper_leave(popper);
	return status;
}

static int
undelivered(void)
{
	size_t i;

	warn("stdout");
	for (i = 0; i < count; i++)
		if (record_status(written[i]) == STATUS_PROCESSING)
			popper_hand_back(popper, written[i]);
	written_free();
	return leave(EX_IOERR);
}

static int
ended(void)
{
	if (others[STOP_SIGNAL].revents != 0)
		return leave(EXIT_TOLD);
	warnx("stdout: its reader is gone");
	return leave(EX_IOERR);
}

static int
pop(bool wait)
{
	struct record *r = NULL;

	do {
		switch (popper_next(popper, wait, others, OTHERS, &r)) {
		case POP_TASK:
		case POP_STOP:
			if (!deliver(r))
				return undelivered();
			break;
		case POP_NOTHING:
			return EXIT_NOTHING;
		case POP_FINISHED:
			return EXIT_FINISHED;
		case POP_EVENT:
			return ended();
		}
	} while (follow && !told());
	return follow ? ended() : EX_OK;
}

static const char *
our_name(void)
{
	static char host[OPT_NAME_MAX + 1];

	gethostname(host, OPT_NAME_MAX);
	return opt_name("FT_WORKER", opt_env("FT_WORKER", host));
}

int
main(int argc, char *argv[])
{
	const char *run = NULL, *worker = NULL;
	int64_t lease_ms = QUEUE_LEASE_MS, patience_ms = -1;
	bool wait = true;
	long slots = 1, share = 1;
	int flag, status;

	while ((flag = getopt(argc, argv, "hVr:w:l:p:nfj:S:")) != -1)
		switch (flag) {
		case 'h':
			opt_help(SYNOPSIS);
		case 'V':
			opt_version(queue_about());
		case 'r':
			run = optarg;
			break;
		case 'w':
			worker = opt_name("-w", optarg);
			break;
		case 'l':
			lease_ms = opt_seconds("-l", optarg, 1);
			break;
		case 'n':
			wait = false;
			break;
		case 'f':
			follow = true;
			break;
		case 'j':
			slots = opt_number("-j", optarg, 1, QUEUE_SLOTS_MAX);
			break;
		case 'S':
			share = opt_number("-S", optarg, 1, QUEUE_SHARE_MAX);
			break;
		case 'p':
			patience_ms = opt_seconds("-p", optarg, 0);
			break;
		default:
			opt_usage(SYNOPSIS);
		}
	if (optind != argc || (follow && !wait) ||
	    ((slots > 1 || share > 1) && !follow))
		opt_usage(SYNOPSIS);
	if (worker == NULL)
		worker = our_name();
	watch_others();
	queue = queue_open(run);
	queue_set_patience(queue, patience_ms);
	queue_on_wait(queue, told);
	popper = popper_open(queue, worker, slots, lease_ms, follow, share);
	status = pop(wait);
	popper_close(popper);
	queue_close(queue);
	return status;
}
