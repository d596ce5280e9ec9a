/* child - a spec's process and everything that it starts */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "child.h"
#include "clock.h"
#include "mem.h"
#include "oom.h"
#include "supervisor.h"
#include "sweep.h"

#define NEVER INT64_MAX
#define WAKE_MS 2000 /* what a supervisor may overstay */
#define KILL_MS (SWEEP_MS + 2000)

struct child {
	pid_t pid; /* the supervisor; 0 when it has been reaped */
	int fd;
	int64_t started_ms; /* on the monotonic clock */
	int64_t oom_kills;  /* when the job started */
	const char *litter;
	int64_t due_ms; /* when its end is overdue */
	bool stopped;   /* by child_stop */
	enum { PATIENT, WOKEN, KILLED } haste;
	struct child *next;
};

static struct child *children;
static pid_t *elders; /* what ran before: a shell may have exec'd us */
static size_t elder_count;
static struct buf message;

/* Whose orphans become our children, so that sweep finds them. */
static void
adopt(void)
{
	siginfo_t info;

	signal(SIGCHLD, SIG_DFL);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		err(EX_OSERR, "subreaper");
	if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0)
		elder_count = sweep_children(&elders);
}

static void
launch(struct child *c)
{
	pid_t parent = getpid();
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		err(EX_OSERR, "socketpair");
	c->pid = fork();
	if (c->pid < 0)
		err(EX_OSERR, "fork");
	if (c->pid == 0)
		supervisor(pair[1], parent, c->litter);
	close(pair[1]);
	c->fd = pair[0];
}

static void
forget(pid_t pid)
{
	struct child *c;
	size_t i;

	for (i = 0; i < elder_count; i++)
		if (elders[i] == pid)
			elders[i] = 0;
	for (c = children; c != NULL; c = c->next)
		if (c->pid == pid)
			c->pid = 0;
}

static bool
reap(void)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		forget(pid);
	return pid == 0;
}

/* What a supervisor that died under its job has left is ours now. */
static void
sweep_orphans(void)
{
	size_t count = elder_count;
	struct child *c;
	pid_t *kin;

	for (c = children; c != NULL; c = c->next)
		count++;
	kin = mem_alloc(count * sizeof(*kin));
	if (elder_count > 0)
		memcpy(kin, elders, elder_count * sizeof(*kin));
	count = elder_count;
	for (c = children; c != NULL; c = c->next)
		if (c->pid != 0)
			kin[count++] = c->pid;
	sweep(kin, count, reap);
	free(kin);
}

/*
 * Its orphans are ours only when it is a zombie, somewhat later than the end
 * of file on the socket.
 */
static void
bury(struct child *c)
{
	int status = -1;

	close(c->fd);
	if (c->pid != 0)
		kill(c->pid, SIGCONT); /* one that is stopped cannot end */
	while (c->pid != 0 && waitpid(c->pid, &status, 0) < 0)
		if (errno != EINTR)
			break;
	c->pid = 0;
	if (status != EX_OK)
		sweep_orphans();
}

struct child *
child_new(const char *litter)
{
	struct child *c = mem_zalloc(1, sizeof(*c));

	c->litter = litter;
	c->due_ms = NEVER;
	if (children == NULL)
		adopt();
	launch(c);
	c->next = children;
	children = c;
	return c;
}

void
child_free(struct child *c)
{
	struct child **link = &children;

	bury(c);
	while (*link != c)
		link = &(*link)->next;
	*link = c->next;
	free(c);
	if (children == NULL) {
		free(elders);
		elders = NULL;
		elder_count = 0;
		buf_free(&message);
	}
}

static size_t
pack(char *const *strings)
{
	size_t n;

	for (n = 0; strings[n] != NULL; n++)
		buf_add(&message, strings[n], strlen(strings[n]) + 1);
	return n;
}

static bool
say(const struct child *c, const void *data, size_t len)
{
	const char *p = data;
	ssize_t n;

	for (; len > 0; p += n, len -= (size_t)n) {
		n = send(c->fd, p, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n < 0)
			return false;
	}
	return true;
}

void
child_start(struct child *c, const struct child_job *job)
{
	struct order o = {.what = ORDER_RUN,
	    .polite = job->polite,
	    .timeout_ms = job->timeout_ms,
	    .grace_ms = job->grace_ms};

	c->oom_kills = oom_kills();
	buf_reset(&message);
	buf_add(&message, &o, sizeof(o));
	buf_add(&message, job->dir, strlen(job->dir) + 1);
	buf_add(&message, job->log, strlen(job->log) + 1);
	o.argc = pack(job->argv);
	o.envc = pack(job->env);
	o.size = message.len - sizeof(o);
	memcpy(message.data, &o, sizeof(o));
	while (!say(c, message.data, message.len)) {
		bury(c);
		launch(c);
	}
	c->started_ms = clock_mono_ms();
	c->stopped = false;
	c->haste = PATIENT;
	c->due_ms = job->timeout_ms == 0 ? NEVER
	                                 : c->started_ms + job->timeout_ms +
	                                       job->grace_ms + WAKE_MS;
}

void
child_stop(struct child *c, int64_t grace_ms)
{
	struct order o = {.what = ORDER_STOP, .grace_ms = grace_ms};
	int64_t due = clock_mono_ms() + grace_ms + WAKE_MS;

	say(c, &o, sizeof(o));
	c->stopped = true;
	if (c->haste == PATIENT && due < c->due_ms)
		c->due_ms = due;
}

void
child_dismiss(struct child *c)
{
	struct order o = {.what = ORDER_LEAVE};

	say(c, &o, sizeof(o));
}

int64_t
child_due_ms(const struct child *c)
{
	return c->due_ms;
}

/* When it is killed its job becomes ours, and the end is that of a lost one. */
void
child_hurry(struct child *c)
{
	bool woken = c->haste == PATIENT;

	if (c->pid != 0)
		kill(c->pid, woken ? SIGCONT : SIGKILL);
	c->haste = woken ? WOKEN : KILLED;
	c->due_ms = woken ? clock_mono_ms() + KILL_MS : NEVER;
}

void
child_reap(void)
{
	reap();
}

int
child_fd(const struct child *c)
{
	return c->fd;
}

/* The end of one whose supervisor has died, maybe by our own hand. */
static void
lose(struct child *c, struct child_end *end)
{
	*end = (struct child_end){.how = CHILD_LOST, .code = -1, .cpu_ms = -1};
	if (c->haste == KILLED)
		end->how = c->stopped ? CHILD_STOPPED : CHILD_TIMED_OUT;
	bury(c);
	launch(c);
	end->duration_ms = clock_mono_ms() - c->started_ms;
}

bool
child_ended(struct child *c, struct child_end *end)
{
	ssize_t n = recv(c->fd, end, sizeof(*end), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n != sizeof(*end))
		lose(c, end);
	end->oom_kills = oom_kills() - c->oom_kills;
	c->due_ms = NEVER;
	return true;
}
