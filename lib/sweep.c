/* sweep - kill every descendant of this process */
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "mem.h"
#include "sweep.h"

#define QUIET 3     /* looks in a row that found nothing prove it */
#define PAUSE_MS 16 /* the longest between two looks */

struct process {
	pid_t pid, parent;
	bool dead; /* a zombie, as far as its first thread goes */
};

struct table {
	struct process *rows;
	size_t len, cap;
};

/* The command's name stands in parentheses and may itself hold any byte. */
static bool
parse(const char *stat, struct process *p)
{
	const char *s = strrchr(stat, ')');
	char state;
	int parent;

	if (s == NULL || sscanf(s + 1, " %c %d", &state, &parent) != 2)
		return false;
	p->pid = atoi(stat);
	p->parent = parent;
	p->dead = state == 'Z' || state == 'X';
	return true;
}

/* False when the process has ended meanwhile. */
static bool
inspect(int proc, const char *name, struct process *p)
{
	char path[32], stat[512];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%.20s/stat", name);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, stat, sizeof(stat) - 1);
	close(fd);
	if (n <= 0)
		return false;
	stat[n] = '\0';
	return parse(stat, p);
}

static void
append(struct table *t, const struct process *p)
{
	if (t->len == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 256;
		t->rows = mem_realloc(t->rows, t->cap * sizeof(*t->rows));
	}
	t->rows[t->len++] = *p;
}

static int
by_pid(const void *a, const void *b)
{
	const struct process *p = a, *q = b;

	return (p->pid > q->pid) - (p->pid < q->pid);
}

static struct table
look(void)
{
	struct table t = {0};
	struct dirent *entry;
	struct process p;
	DIR *proc = opendir("/proc");

	if (proc == NULL)
		err(EX_OSERR, "/proc");
	while ((entry = readdir(proc)) != NULL)
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    inspect(dirfd(proc), entry->d_name, &p))
			append(&t, &p);
	closedir(proc);
	if (t.len > 0)
		qsort(t.rows, t.len, sizeof(*t.rows), by_pid);
	return t;
}

static bool
listed(const pid_t *pids, size_t count, pid_t pid)
{
	while (count > 0)
		if (pids[--count] == pid)
			return true;
	return false;
}

/* The bound is for a circle, which a table read row by row could hold. */
static bool
descends(const struct table *t, const struct process *p, pid_t ancestor,
    const pid_t *spared, size_t count)
{
	struct process key;
	size_t steps;

	for (steps = 0; p != NULL && steps < t->len; steps++) {
		if (listed(spared, count, p->pid))
			return false;
		if (p->parent == ancestor)
			return true;
		key.pid = p->parent;
		p = bsearch(&key, t->rows, t->len, sizeof(key), by_pid);
	}
	return false;
}

/*
 * How many were alive and got the signal. A zombie gets it too: behind a first
 * thread that has ended others may run.
 */
static size_t
strike(const pid_t *spared, size_t count)
{
	struct table t = look();
	pid_t self = getpid();
	size_t i, struck = 0;

	for (i = 0; i < t.len; i++)
		if (descends(&t, &t.rows[i], self, spared, count) &&
		    kill(t.rows[i].pid, SIGKILL) == 0 && !t.rows[i].dead)
			struck++;
	free(t.rows);
	return struck;
}

static void
pause_ms(long ms)
{
	struct timespec t = {0, ms * 1000000};

	nanosleep(&t, NULL);
}

bool
sweep(const pid_t *spared, size_t count, bool (*reap)(void))
{
	int64_t give_up = clock_mono_ms() + SWEEP_MS;
	long wait = 1;
	int quiet = 0;

	while (reap()) {
		if (clock_mono_ms() > give_up)
			return false;
		quiet = strike(spared, count) > 0 ? 0 : quiet + 1;
		if (quiet == QUIET)
			return !reap();
		pause_ms(wait);
		wait = wait < PAUSE_MS ? wait * 2 : PAUSE_MS;
	}
	return true;
}

size_t
sweep_children(pid_t **pids)
{
	struct table t = look();
	pid_t self = getpid();
	size_t i, n = 0;

	*pids = mem_alloc(t.len * sizeof(**pids));
	for (i = 0; i < t.len; i++)
		if (t.rows[i].parent == self)
			(*pids)[n++] = t.rows[i].pid;
	free(t.rows);
	return n;
}
