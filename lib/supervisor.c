/* supervisor - the process behind one slot */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "child.h"
#include "clock.h"
#include "folder.h"
#include "launch.h"
#include "mem.h"
#include "supervisor.h"
#include "sweep.h"

#define OFFICE 3        /* the socket to ft-run, beyond stdio */
#define BEREAVED SIGHUP /* ft-run is dead; nobody else's word for it */
#define NEVER INT64_MAX
#define LINGER_MS 500

enum event { DEATH, ORDER, TIME, GONE };

static pid_t boss;
static const char *litter;
static int signals; /* a signalfd */

/* The job at hand. */
static struct order order;
static struct buf text;
static const char *dir, *log_path;
static char **argv, **env;
static pid_t spec; /* also its process group and its session */
static bool over;  /* the spec itself has been reaped */
static bool asked; /* and the polite signal sent */
static int64_t started;
static int64_t cpu_us;
static struct child_end end;

static bool
receive(void *data, size_t size)
{
	ssize_t n;

	if (size == 0)
		return true;
	do
		n = recv(OFFICE, data, size, MSG_WAITALL);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)size;
}

/* Leave the strings where they are, and point at them. */
static char *
point(char **list, size_t count, char *s)
{
	size_t i;

	for (i = 0; i < count; i++) {
		list[i] = s;
		s += strlen(s) + 1;
	}
	list[count] = NULL;
	return s;
}

/* Wait for the next job; false when there will be none. */
static bool
next_job(void)
{
	char *paths[3], *s;

	do
		if (!receive(&order, sizeof(order)))
			return false;
	while (order.what == ORDER_STOP); /* one that came too late */
	if (order.what == ORDER_LEAVE) {
		litter = NULL;
		return false;
	}
	buf_reset(&text);
	buf_reserve(&text, order.size);
	if (!receive(text.data, order.size))
		return false;
	s = point(paths, 2, text.data);
	dir = paths[0];
	log_path = paths[1];
	argv = mem_realloc(argv, (order.argc + 1) * sizeof(*argv));
	s = point(argv, order.argc, s);
	env = mem_realloc(env, (order.envc + 1) * sizeof(*env));
	point(env, order.envc, s);
	return true;
}

/* Standard input is the supervisor's own. */
static int
spawn(void)
{
	struct launch l = {
	    .argv = argv, .env = env, .dir = dir, .session = true};
	int error;

	l.output = open(log_path,
	    O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (l.output < 0)
		return errno;
	error = launch(&l, &spec);
	close(l.output);
	return error;
}

static int64_t
microseconds(struct timeval t)
{
	return (int64_t)t.tv_sec * 1000000 + t.tv_usec;
}

static void
conclude(int status)
{
	over = true;
	end.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	end.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	if (!asked)
		end.how = end.signal ? CHILD_SIGNALLED : CHILD_EXITED;
}

/*
 * Collect the dead; false when no child is left. What a process used holds
 * what it has itself waited for, so that the sum counts each of the tree once.
 */
static bool
reap(void)
{
	struct rusage used;
	int status;
	pid_t pid;

	while ((pid = wait4(-1, &status, WNOHANG, &used)) > 0) {
		cpu_us +=
		    microseconds(used.ru_utime) + microseconds(used.ru_stime);
		if (end.max_rss_kb < used.ru_maxrss)
			end.max_rss_kb = used.ru_maxrss;
		if (pid == spec)
			conclude(status);
	}
	return pid == 0;
}

static enum event
wait_until(int64_t until, struct order *news)
{
	struct pollfd fds[] = {{OFFICE, POLLIN, 0}, {signals, POLLIN, 0}};
	struct signalfd_siginfo info[2];
	int64_t left = until - clock_mono_ms();

	if (left <= 0)
		return TIME;
	if (poll(fds, 2, left < INT_MAX ? (int)left : INT_MAX) <= 0)
		return DEATH;
	if (fds[0].revents)
		return receive(news, sizeof(*news)) ? ORDER : GONE;
	if (read(signals, info, sizeof(info)) < 0 && errno != EAGAIN)
		return GONE;
	return getppid() == boss ? DEATH : GONE;
}

/*
 * Nobody is left of those that get the polite signal. The spec may be a
 * wrapper that dies of it at once, before what it started has tidied up.
 */
static bool
settled(void)
{
	return over && (!asked || kill(-spec, 0) < 0);
}

/* Returns when the grace is over. A stopped process is woken to hear it. */
static int64_t
ask(int how, int64_t grace_ms)
{
	if (!asked && grace_ms > 0) {
		kill(-spec, order.polite);
		kill(-spec, SIGCONT);
	}
	if (!asked)
		end.how = how;
	asked = true;
	return clock_mono_ms() + grace_ms;
}

/* Until the spec has ended or has to be killed. */
static enum event
watch(void)
{
	int64_t until = order.timeout_ms ? started + order.timeout_ms : NEVER;
	struct order news;

	while (!settled())
		switch (wait_until(until, &news)) {
		case DEATH:
			reap();
			break;
		case ORDER:
			until = ask(CHILD_STOPPED, news.grace_ms);
			break;
		case TIME:
			if (asked)
				return TIME;
			until = ask(CHILD_TIMED_OUT, order.grace_ms);
			break;
		case GONE:
			return GONE;
		}
	return DEATH;
}

/*
 * What a spec has told to end when it ended itself may do so: xvfb-run does not
 * wait for its Xvfb, which would leave a lock and a socket in /tmp.
 */
static enum event
linger(void)
{
	int64_t until = clock_mono_ms() + LINGER_MS;
	enum event last = DEATH;
	struct order late;

	while (last == DEATH && reap())
		last = wait_until(until, &late);
	return last;
}

/* The other supervisors do the same; the last one finds the folder quiet. */
_Noreturn static void
quit(void)
{
	if (litter != NULL)
		folder_remove(litter);
	_exit(EX_OK);
}

static void
run(void)
{
	enum event last;
	int error;

	end = (struct child_end){.code = -1};
	over = asked = false;
	cpu_us = 0;
	started = clock_mono_ms();
	error = spawn();
	if (error != 0) {
		end.how = CHILD_UNSPAWNED;
		end.code = error;
		return;
	}
	last = watch();
	if (last == DEATH && !asked)
		last = linger();
	if (!sweep(NULL, 0, reap))
		warnx("%s: it left a process that cannot be killed", argv[0]);
	if (last == GONE)
		quit();
	end.cpu_ms = cpu_us / 1000;
	end.duration_ms = clock_mono_ms() - started;
}

static void
default_signals(void)
{
	int sig;

	for (sig = 1; sig <= SIGRTMAX; sig++)
		signal(sig, SIG_DFL);
}

/* From here on a signal is only something to read. */
static void
listen_to_signals(void)
{
	sigset_t set;

	sigfillset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	default_signals();
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, BEREAVED);
	signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (signals < 0)
		err(EX_OSERR, "signalfd");
}

/* Nothing of ft-run's stays open here, or its end would go unnoticed. */
static void
detach(int office)
{
	int null = open("/dev/null", O_RDWR);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0 ||
	    dup3(office, OFFICE, O_CLOEXEC) < 0)
		err(EX_OSERR, "/dev/null");
	closefrom(OFFICE + 1);
}

_Noreturn void
supervisor(int office, pid_t parent, const char *folder)
{
	boss = parent;
	litter = folder;
	detach(office);
	listen_to_signals();
	setsid();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_PDEATHSIG, BEREAVED);
	if (getppid() != boss)
		quit();
	while (next_job()) {
		run();
		if (send(OFFICE, &end, sizeof(end), MSG_NOSIGNAL) < 0)
			break;
	}
	quit();
}
