/*
 * ft-run - run tasks in slots and say how each ended
 *
 * One loop waits for everything: tasks on standard input, the end of a spec
 * in a slot, the next heartbeat, a signal, and the loss of its own reader. It
 * takes at most one task more than it can start, so that a line which stops a
 * running attempt is never stuck behind tasks.
 */
#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <unistd.h>

#include "attempt.h"
#include "child.h"
#include "clock.h"
#include "folder.h"
#include "jsonl.h"
#include "mem.h"
#include "opt.h"
#include "record.h"
#include "runner.h"

#define SYNOPSIS                                                           \
	"ft-run [-hV] [-j slots] [-C specroot] [-R runners.json]\n"        \
	"              [-o artifacts] [-t timeout] [-g grace] [-d drain] " \
	"[-b beat]"

#define SLOTS_MAX 1024
#define BEAT_MS 20000  /* of a task without a lease */
#define BEAT_MIN_MS 50 /* however short the lease */
#define NEVER INT64_MAX

enum { INPUT, OUTPUT, SIGNALS, FIRST_SLOT }; /* what poll watches */

struct slot {
	struct child *child;
	struct record *task; /* NULL: free */
	struct attempt *attempt;
	int64_t beat_ms, next_beat_ms;
	bool unwanted; /* somebody else has the task: do not hand it back */
};

static const char *specs, *runners, *artifacts;
static char *spec_root, *root, *scratch;
static struct attempt_rules rules = {.timeout_ms = 120000, .grace_ms = 5000};
static int64_t drain_ms = 30000, beat_ms;

static struct slot *slots;
static int slot_count = 1;
static pid_t self;

static struct jsonl *in;
static bool ended; /* the input, as far as it will be read */
static struct record *held;

static enum { WORKING, DRAINING, STOPPING } phase;
static int64_t stop_at_ms = NEVER;
static int signals; /* a signalfd */
static struct pollfd *watched;

static void
say(const struct record *r)
{
	record_write(stdout, r);
	opt_close_stdout();
}

static void
hand_back(struct record *task)
{
	attempt_hand_back(task);
	say(task);
	record_free(task);
}

static bool
busy(void)
{
	int i;

	for (i = 0; i < slot_count; i++)
		if (slots[i].task != NULL)
			return true;
	return false;
}

static struct slot *
free_slot(void)
{
	int i;

	for (i = 0; i < slot_count; i++)
		if (slots[i].task == NULL)
			return &slots[i];
	return NULL;
}

static void
pace(struct slot *s)
{
	int64_t lease_ms = record_int(s->task, RECORD_LEASE_MS, 0);

	s->beat_ms = beat_ms ? beat_ms : lease_ms ? lease_ms / 3 : BEAT_MS;
	if (s->beat_ms < BEAT_MIN_MS)
		s->beat_ms = BEAT_MIN_MS;
	s->next_beat_ms = clock_mono_ms() + s->beat_ms;
}

static void
start(struct slot *s, struct record *task)
{
	struct attempt *a = attempt_new(&rules, task, (int)(s - slots) + 1);

	say(task);
	if (a == NULL) {
		record_free(task);
		return;
	}
	s->task = task;
	s->attempt = a;
	s->unwanted = false;
	pace(s);
	attempt_start(a, s->child);
}

/* A lease that has ended elsewhere; without one it is only an old record. */
static bool
is_order(const struct record *r)
{
	return record_has(r, RECORD_LEASE) &&
	       record_status(r) == STATUS_COMPLETE;
}

static void
obey(const struct record *order)
{
	const char *lease = record_text(order, RECORD_LEASE), *own;
	struct slot *s;

	for (s = slots; s < slots + slot_count; s++) {
		own = s->task ? record_text(s->task, RECORD_LEASE) : NULL;
		if (own == NULL || strcmp(own, lease) != 0)
			continue;
		s->unwanted = true;
		child_stop(s->child, rules.grace_ms);
	}
}

static bool
runnable(const struct record *r)
{
	if (record_has(r, RECORD_SPEC) || record_has(r, RECORD_COMMAND))
		return true;
	jsonl_reject(in, "", "expected a field %s", field_name(RECORD_SPEC));
	return false;
}

static void
dispatch(struct record *task)
{
	struct slot *s = free_slot();

	if (phase != WORKING)
		hand_back(task);
	else if (s != NULL)
		start(s, task);
	else
		held = task;
}

static void
receive(struct record *r)
{
	if (is_order(r))
		obey(r);
	else if (runnable(r)) {
		dispatch(r);
		return;
	}
	record_free(r);
}

static void
take(void)
{
	struct record *r = held;

	held = NULL;
	if (r != NULL)
		dispatch(r);
	while (held == NULL && (r = record_take(in, RECORD_ANY)) != NULL)
		receive(r);
}

static void
finish(struct slot *s)
{
	struct record *task = s->task;
	struct child_end end;

	if (!child_ended(s->child, &end))
		return;
	s->task = NULL;
	if (end.how == CHILD_STOPPED && !s->unwanted) {
		attempt_free(s->attempt);
		hand_back(task);
		return;
	}
	attempt_end(s->attempt, &end);
	say(task);
	record_free(task);
}

static void
stop_all(int64_t grace_ms)
{
	struct slot *s;

	stop_at_ms = NEVER;
	for (s = slots; s < slots + slot_count; s++)
		if (s->task != NULL)
			child_stop(s->child, grace_ms);
}

/* The first TERM lets specs finish, the next does not, one more kills. */
static void
heed(uint32_t signo)
{
	if (phase == STOPPING)
		stop_all(0);
	else if (phase == DRAINING || signo == SIGINT) {
		phase = STOPPING;
		stop_all(rules.grace_ms);
	} else {
		phase = DRAINING;
		stop_at_ms = clock_mono_ms() + drain_ms;
	}
}

static void
hear(void)
{
	struct signalfd_siginfo info;

	if (read(signals, &info, sizeof(info)) == sizeof(info))
		heed(info.ssi_signo);
}

static void
beat(void)
{
	int64_t now = clock_mono_ms();
	struct slot *s;

	for (s = slots; s < slots + slot_count; s++)
		if (s->task != NULL && s->next_beat_ms <= now) {
			say(s->task);
			s->next_beat_ms = now + s->beat_ms;
		}
	if (stop_at_ms <= now)
		stop_all(rules.grace_ms);
}

/* Told to stop, it reads what has come, but waits for no end of the input. */
static bool
impatient(void)
{
	return phase == STOPPING && !busy();
}

/* Milliseconds until the next thing that has its time; poll's -1 is never. */
static int
patience(void)
{
	int64_t next = stop_at_ms, left;
	struct slot *s;

	for (s = slots; s < slots + slot_count; s++)
		if (s->task != NULL && s->next_beat_ms < next)
			next = s->next_beat_ms;
	if (next == NEVER)
		return -1;
	left = next - clock_mono_ms();
	return left <= 0 ? 0 : left < INT_MAX ? (int)left : INT_MAX;
}

static void
watch(void)
{
	int i, ms = impatient() ? 0 : patience();

	watched[INPUT].fd = held != NULL || ended ? -1 : STDIN_FILENO;
	watched[INPUT].events = POLLIN;
	watched[OUTPUT].fd = STDOUT_FILENO;
	watched[SIGNALS].fd = signals;
	watched[SIGNALS].events = POLLIN;
	for (i = 0; i < slot_count; i++) {
		watched[FIRST_SLOT + i].fd =
		    slots[i].task ? child_fd(slots[i].child) : -1;
		watched[FIRST_SLOT + i].events = POLLIN;
	}
	if (poll(watched, (nfds_t)(FIRST_SLOT + slot_count), ms) < 0)
		err(EX_OSERR, "poll");
}

static void
step(void)
{
	int i;

	watch();
	if (watched[OUTPUT].revents)
		errx(EX_IOERR, "stdout: nobody reads it");
	if (watched[SIGNALS].revents)
		hear();
	for (i = 0; i < slot_count; i++)
		if (watched[FIRST_SLOT + i].revents)
			finish(&slots[i]);
	if (watched[INPUT].revents)
		ended = !jsonl_fill(in);
	else if (impatient())
		ended = true;
	beat();
	take();
}

/* However this process ends, it leaves no spec and no folder behind. */
static void
leave(void)
{
	struct slot *s;

	if (getpid() != self) /* a supervisor has no business here */
		return;
	stop_all(0);
	for (s = slots; s < slots + slot_count; s++) {
		if (s->child != NULL)
			child_free(s->child);
		if (s->task != NULL)
			attempt_free(s->attempt);
	}
	folder_remove(scratch);
}

static void
open_slots(void)
{
	int i;

	slots = mem_zalloc((size_t)slot_count, sizeof(*slots));
	watched =
	    mem_zalloc((size_t)(FIRST_SLOT + slot_count), sizeof(*watched));
	if (artifacts != NULL)
		rules.artifacts = root = folder_root(artifacts);
	rules.scratch = scratch = folder_private();
	self = getpid();
	atexit(leave);
	for (i = 0; i < slot_count; i++)
		slots[i].child = child_new();
}

static void
catch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (signals < 0)
		err(EX_OSERR, "signalfd");
}

static const char *
worker(void)
{
	static char host[256];
	const char *name = opt_env("FT_WORKER", NULL);

	if (name != NULL)
		return opt_name("FT_WORKER", name);
	if (gethostname(host, sizeof(host) - 1) < 0)
		err(EX_OSERR, "host name");
	return host;
}

/* What is opened first would take the place of one that is closed. */
static void
check_stdio(void)
{
	if (fcntl(STDIN_FILENO, F_GETFD) < 0)
		err(EX_IOERR, "stdin");
	if (fcntl(STDOUT_FILENO, F_GETFD) < 0)
		err(EX_IOERR, "stdout");
}

static void
prepare(void)
{
	check_stdio();
	spec_root = realpath(specs, NULL);
	if (spec_root == NULL)
		err(EX_NOINPUT, "%s", specs);
	rules.spec_root = spec_root;
	rules.table = runner_open(runners);
	rules.worker = worker();
	in = jsonl_open(STDIN_FILENO, "stdin");
	catch_signals();
	open_slots();
}

static void
option(int c)
{
	switch (c) {
	case 'j':
		slot_count = (int)opt_number("-j", optarg, 1, SLOTS_MAX);
		break;
	case 'C':
		specs = optarg;
		break;
	case 'R':
		runners = optarg;
		break;
	case 'o':
		artifacts = optarg;
		break;
	case 't':
		rules.timeout_ms = opt_seconds("-t", optarg, 0);
		break;
	case 'g':
		rules.grace_ms = opt_seconds("-g", optarg, 0);
		break;
	case 'd':
		drain_ms = opt_seconds("-d", optarg, 0);
		break;
	case 'b':
		beat_ms = opt_seconds("-b", optarg, BEAT_MIN_MS);
		break;
	case 'h':
		opt_help(SYNOPSIS);
	case 'V':
		opt_version(NULL);
	default:
		opt_usage(SYNOPSIS);
	}
}

int
main(int argc, char *argv[])
{
	int c;

	specs = opt_env("SPEC_ROOT", ".");
	artifacts = opt_env("FT_ARTIFACTS", NULL);
	while ((c = getopt(argc, argv, "hVj:C:R:o:t:g:d:b:")) != -1)
		option(c);
	if (argc > optind)
		opt_usage(SYNOPSIS);
	prepare();
	while (!ended || held != NULL || busy())
		step();
	return jsonl_bad_total() > 0 ? EX_DATAERR : EX_OK;
}
