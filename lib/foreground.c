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

static char *scratch;
static pid_t spec;
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

/* Returns the signal that told us to end, or 0. */
static int
wait_for_end(const sigset_t *set)
{
	int sig;

	for (;;) {
		reap();
		if (over)
			return 0;
		sig = sigwaitinfo(set, NULL);
		if (sig == SIGTERM || sig == SIGHUP)
			return sig;
	}
}

/* The tree may hold children from before, of a shell that exec'd us. */
static int
run(const struct child_job *job, struct child_end *end)
{
	struct launch l = {
	    .argv = job->argv, .env = job->env, .dir = job->dir, .output = -1};
	int64_t started = clock_mono_ms();
	pid_t *elders;
	size_t count;
	sigset_t set;
	int told;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGCHLD, SIG_DFL);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	count = sweep_children(&elders);
	*end = (struct child_end){.how = CHILD_UNSPAWNED, .code = -1};
	end->code = launch(&l, &spec);
	if (end->code != 0)
		return FOREGROUND_UNSTARTED;
	told = wait_for_end(&set);
	sweep(elders, count, reap);
	free(elders);
	end->how = told                  ? CHILD_STOPPED
	           : WIFSIGNALED(status) ? CHILD_SIGNALLED
	                                 : CHILD_EXITED;
	end->code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	end->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	end->duration_ms = clock_mono_ms() - started;
	return told ? 128 + told : end->signal ? 128 + end->signal : end->code;
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
	struct record *task = find(in, id);
	int code = FOREGROUND_UNSTARTED;
	struct child_end end;
	struct attempt *a;

	face_terminal();
	rules->scratch = scratch = folder_private();
	atexit(leave);
	a = attempt_new(rules, task, 1);
	if (a != NULL) {
		code = run(attempt_job(a), &end);
		attempt_end(a, &end);
	}
	tell(task);
	record_free(task);
	return code;
}
