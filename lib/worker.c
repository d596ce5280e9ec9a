/* worker - the loop that runs tasks in slots */
#include <err.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <unistd.h>

#include "child.h"
#include "clock.h"
#include "display.h"
#include "mem.h"
#include "pile.h"
#include "prefetch.h"
#include "record.h"
#include "slots.h"
#include "worker.h"

#define SIGHT_MS 1000 /* the ages of specs on a terminal, in seconds */

enum { INPUT, OUTPUT, SIGNALS, FIRST_SLOT }; /* what poll watches */

static const struct worker_rules *rules;
static struct jsonl *in;
static bool ended; /* the input, as far as it will be read */
static struct record *held;

static enum { WORKING, DRAINING, STOPPING } phase;
static int64_t stop_at_ms = SLOTS_NEVER;
static int signals; /* a signalfd */
static struct pollfd *watched;

/* A lease that has ended elsewhere; without one it is only an old record. */
static bool
is_order(const struct record *r)
{
	return record_has(r, RECORD_LEASE) &&
	       record_status(r) == STATUS_COMPLETE;
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
	if (phase != WORKING)
		slots_hand_back(task);
	else if (rules->share > 1 && !record_has(task, RECORD_LEASE))
		pile_add(task);
	else if (slots_free(task))
		slots_start(task);
	else if (prefetch_may(task))
		prefetch_add(task);
	else
		held = task;
}

static void
receive(struct record *r)
{
	if (is_order(r))
		slots_obey(r);
	else if (runnable(r)) {
		dispatch(r);
		return;
	}
	record_free(r);
}

static void
take_some(void)
{
	struct record *r = held;

	while (!prefetch_empty() && slots_vacant())
		slots_start(prefetch_take());
	held = NULL;
	if (r != NULL)
		dispatch(r);
	while (held == NULL && (r = record_take(in, RECORD_ANY)) != NULL)
		receive(r);
	while (ended && !pile_empty() && slots_vacant())
		pile_take(rules->slots, rules->share, slots_start);
}

/* A batch that is over, or cannot be started at all, leaves its slot. */
static void
take(void)
{
	slots_go();
	do
		take_some();
	while (slots_go());
}

static void
hand_back_waiting(void)
{
	pile_each(slots_hand_back);
	while (!prefetch_empty())
		slots_hand_back(prefetch_take());
}

static void
stop(int64_t grace_ms)
{
	hand_back_waiting();
	stop_at_ms = SLOTS_NEVER;
	slots_stop(grace_ms);
}

static void
heed(uint32_t signo)
{
	if (phase == STOPPING)
		stop(0);
	else if (phase == DRAINING || signo == SIGINT) {
		phase = STOPPING;
		stop(rules->attempt.grace_ms);
	} else {
		phase = DRAINING;
		hand_back_waiting();
		slots_drain();
		stop_at_ms = clock_mono_ms() + rules->drain_ms;
	}
}

static void
hear(void)
{
	struct signalfd_siginfo info;

	if (read(signals, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGCHLD)
		child_reap();
	else
		heed(info.ssi_signo);
}

/* Told to stop, it reads what has come, but waits for no end of the input. */
static bool
impatient(void)
{
	return phase == STOPPING && !slots_busy();
}

/* Milliseconds until the next thing that has its time; poll's -1 is never. */
static int
patience(void)
{
	int64_t next = slots_next_ms(), left;

	if (stop_at_ms < next)
		next = stop_at_ms;
	if (prefetch_due_ms() < next)
		next = prefetch_due_ms();
	if (display_on() && slots_busy() && clock_mono_ms() + SIGHT_MS < next)
		next = clock_mono_ms() + SIGHT_MS;
	if (next == SLOTS_NEVER)
		return -1;
	left = next - clock_mono_ms();
	return left <= 0 ? 0 : left < INT_MAX ? (int)left : INT_MAX;
}

static nfds_t
count(void)
{
	return (nfds_t)(FIRST_SLOT + rules->slots * SLOTS_WATCHED);
}

static void
watch(void)
{
	int ms = impatient() ? 0 : patience();

	watched[INPUT].fd = held != NULL || ended ? -1 : STDIN_FILENO;
	watched[INPUT].events = POLLIN;
	watched[OUTPUT].fd = STDOUT_FILENO;
	watched[SIGNALS].fd = signals;
	watched[SIGNALS].events = POLLIN;
	slots_watch(watched + FIRST_SLOT);
	if (poll(watched, count(), ms) < 0)
		err(EX_OSERR, "poll");
}

static void
step(void)
{
	watch();
	if (watched[OUTPUT].revents)
		errx(EX_IOERR, "stdout: nobody reads it");
	if (watched[SIGNALS].revents)
		hear();
	slots_collect(watched + FIRST_SLOT);
	if (watched[INPUT].revents)
		ended = !jsonl_fill(in);
	else if (impatient())
		ended = true;
	slots_tend();
	if (stop_at_ms <= clock_mono_ms())
		stop(rules->attempt.grace_ms);
	while (prefetch_due_ms() <= clock_mono_ms())
		slots_hand_back(prefetch_take());
	take();
	display_show();
}

static void
catch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD); /* an orphan's, where this is init */
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (signals < 0)
		err(EX_OSERR, "signalfd");
}

void
worker_run(struct jsonl *input, struct worker_rules *r)
{
	in = input;
	rules = r;
	watched = mem_zalloc(count(), sizeof(*watched));
	catch_signals();
	slots_open(&r->attempt, r->slots, r->beat_ms);
	display_open("ft-run");
	while (!ended || held != NULL || slots_busy() || !pile_empty())
		step();
	display_close();
}
