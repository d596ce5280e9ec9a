/* foreground - one task by hand, for whoever looks into a failure */
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "clock.h"
#include "folder.h"
#include "foreground.h"
#include "launch.h"
#include "record.h"
#include "sweep.h"

/* How it ended, and the signal that told ft-run to end it, or 0. */
struct end {
	struct child_end child;
	int told;
};

static char *scratch;
static sigset_t set; /* what is waited for */
static pid_t spec;   /* to its guard; the guard to ft-run */
static bool over;
static int status; /* as wait(2) has it */

static void
leave(void)
{
	if (!folder_remove(scratch))
		warn("%s", scratch);
}

/* Its newest record. */
static struct record *
find(struct jsonl *in, const char *id)
{
	struct record *r, *found = NULL;
	const char *own;

	while ((r = record_next(in, RECORD_ANY)) != NULL) {
		own = record_text(r, RECORD_ID);
		if (own == NULL || strcmp(own, id) != 0) {
			record_free(r);
			continue;
		}
		record_free(found);
		found = r;
	}
	if (found == NULL)
		errx(EX_NOINPUT, "stdin: no task '%s'", id);
	if (!record_has(found, RECORD_SPEC) &&
	    !record_has(found, RECORD_COMMAND))
		errx(EX_DATAERR, "stdin: task '%s' has no %s", id,
		    field_name(RECORD_SPEC));
	return found;
}

/* Standard input has brought the records; a task wants the terminal there. */
static void
face_terminal(void)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (fd < 0 || dup2(fd, STDIN_FILENO) < 0)
		err(EX_OSERR, "/dev/null");
	close(fd);
}

static bool
reap(void)
{
	int how;
	pid_t pid;

	while ((pid = waitpid(-1, &how, WNOHANG)) > 0)
		if (pid == spec) {
			over = true;
			status = how;
		}
	return pid == 0;
}

/*
 * Wait for the end of the process that spec names. Returns the signal that
 * told us to end meanwhile, or 0; it is passed on, or else is the end.
 */
static int
wait_for_end(bool pass_on)
{
	int sig, told = 0;

	for (;;) {
		reap();
		if (over)
			return told;
		sig = sigwaitinfo(&set, NULL);
		if (sig != SIGTERM && sig != SIGHUP)
			continue;
		told = sig;
		if (!pass_on)
			return told;
		kill(spec, sig);
	}
}

static void
catch_signals(void)
{
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
}

static void
run(const struct child_job *job, struct end *e)
{
	struct launch l = {
	    .argv = job->argv, .env = job->env, .dir = job->dir, .output = -1};
	int64_t started = clock_mono_ms();

	e->child = (struct child_end){.how = CHILD_UNSPAWNED, .cpu_ms = -1};
	e->child.code = launch(&l, &spec);
	if (e->child.code != 0)
		return;
	e->told = wait_for_end(false);
	sweep(NULL, 0, reap);
	e->child.how = e->told               ? CHILD_STOPPED
	               : WIFSIGNALED(status) ? CHILD_SIGNALLED
	                                     : CHILD_EXITED;
	e->child.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	e->child.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	e->child.duration_ms = clock_mono_ms() - started;
}

/* It sees to it that nothing is left, even if ft-run is killed. */
_Noreturn static void
guard(const struct child_job *job, int report, pid_t parent)
{
	struct end e = {.told = 0};

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_PDEATHSIG, SIGHUP);
	if (getppid() == parent)
		run(job, &e);
	signal(SIGPIPE, SIG_IGN);
	if (write(report, &e, sizeof(e)) != sizeof(e) || getppid() != parent)
		folder_remove(scratch);
	_exit(EX_OK);
}

/* There may be children from before, of a shell that exec'd us. */
static void
run_guarded(const struct child_job *job, struct end *e)
{
	pid_t self = getpid(), *elders;
	size_t count = sweep_children(&elders);
	int report[2];

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (pipe2(report, O_CLOEXEC) < 0)
		err(EX_OSERR, "pipe");
	spec = fork();
	if (spec < 0)
		err(EX_OSERR, "fork");
	if (spec == 0)
		guard(job, report[1], self);
	close(report[1]);
	wait_for_end(true);
	sweep(elders, count, reap);
	free(elders);
	if (read(report[0], e, sizeof(*e)) != sizeof(*e))
		*e = (struct end){.child = {.how = CHILD_LOST, .cpu_ms = -1}};
	close(report[0]);
}

static int
code_of(const struct end *e)
{
	if (e->child.how == CHILD_UNSPAWNED)
		return FOREGROUND_UNSTARTED;
	if (e->child.how == CHILD_LOST)
		return EX_OSERR;
	if (e->told)
		return 128 + e->told;
	return e->child.signal ? 128 + e->child.signal : e->child.code;
}

static void
tell(const struct record *r)
{
	const char *message = record_text(r, RECORD_MESSAGE);
	const char *reason = reason_name(record_reason(r));

	warnx("%s: %s%s%s%s%s", record_text(r, RECORD_ID),
	    result_name(record_result(r)), *reason ? " " : "", reason,
	    message ? ": " : "", message ? message : "");
}

int
foreground_run(struct jsonl *in, const char *id, struct attempt_rules *rules)
{
	static struct record *task; /* these outlive the guard's fork */
	static struct attempt *a;
	int code = FOREGROUND_UNSTARTED;
	struct end e;

	task = find(in, id);
	face_terminal();
	rules->scratch = scratch = folder_private();
	atexit(leave);
	a = attempt_new(rules, task, 1);
	if (a != NULL) {
		catch_signals();
		run_guarded(attempt_job(a), &e);
		code = code_of(&e);
		attempt_end(a, &e.child);
	}
	tell(task);
	if (a != NULL)
		attempt_free(a);
	record_free(task);
	return code;
}
