/*
 * scale - many workers of one slot on one server, in one process
 *
 * scale RUN WORKERS TASK_MS SECONDS SERVER_PID
 *
 * Each has the two connections of ft-pop and ft-result and says on them what
 * those say: pop, a wait on a bell, a beat when a task has run for 50 ms, a
 * finish after TASK_MS (the first after a random part of that, so that they do
 * not keep step), and what the pass teaches. When all have begun, the time of
 * SECONDS starts of which it prints NAME TAB VALUE lines.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <time.h>

#include <hiredis/hiredis.h>

#include "lua.h"
#include "mem.h"
#include "record.h"

#define LEASE_MS 60000
#define BEAT_US 50000   /* when the first beat goes out */
#define TEACH_US 500000 /* how long a lesson waits for others */
#define FIELDS 8        /* of a note */

struct worker {
	redisContext *pops, *reports;
	char instance[48], generation[48];
	unsigned long asked;
	long long seen;
	int64_t sent_us, ask_us; /* the last pop; when to ask again if full */
	int64_t beat_us, end_us, teach_us; /* 0: nothing to do */
	int64_t finish_us;                 /* the last end */
	bool popping;
	char *token;
	struct record *task;
	char *taught; /* the id of the task that has passed */
};

struct figures {
	const char *name;
	int64_t *us;
	size_t count, cap;
};

static struct figures pops = {"pop", NULL, 0, 0};
static struct figures hands = {"next task", NULL, 0, 0};
static const char *meta, *run;
static struct worker *workers;
static long count, task_ms;
static bool measuring;
static unsigned long done;

static int64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void
note_time(struct figures *f, int64_t us)
{
	if (!measuring)
		return;
	if (f->count == f->cap) {
		f->cap = f->cap ? 2 * f->cap : 1024;
		f->us = mem_realloc(f->us, f->cap * sizeof(*f->us));
	}
	f->us[f->count++] = us;
}

static void
flush_out(redisContext *c)
{
	int all = 0;

	while (!all)
		if (redisBufferWrite(c, &all) != REDIS_OK)
			errx(EX_UNAVAILABLE, "%s", c->errstr);
}

/* Again while the server's backlog is full. */
static redisContext *
connect_one(void)
{
	const struct timespec moment = {0, 1000000};
	redisContext *c = redisConnectUnix(getenv("REDIS_HOST"));

	while (c != NULL && c->err == REDIS_ERR_IO && errno == EAGAIN) {
		redisFree(c);
		nanosleep(&moment, NULL);
		c = redisConnectUnix(getenv("REDIS_HOST"));
	}
	if (c == NULL || c->err)
		errx(EX_UNAVAILABLE, "%s", c ? c->errstr : "memory");
	fcntl(c->fd, F_SETFL, fcntl(c->fd, F_GETFL) | O_NONBLOCK);
	c->flags &= ~REDIS_BLOCK;
	return c;
}

static void
ask(struct worker *w)
{
	redisAppendCommand(w->pops,
	    "EVALSHA %s 1 %s %s %s 1 %d %s.%lu f %lld 1", embed_pop_lua_sha1,
	    meta, w->instance, w->instance, LEASE_MS, w->instance, ++w->asked,
	    w->seen);
	w->popping = true;
	w->sent_us = now_us();
	flush_out(w->pops);
}

/* As long as it has a task it waits for its own bell, else for the run's. */
static void
wait_for_news(struct worker *w)
{
	int64_t wait_us = w->ask_us - now_us();

	if (wait_us < 1000)
		wait_us = 1000;
	w->popping = false;
	if (w->task != NULL)
		redisAppendCommand(w->pops, "BLMPOP %f 1 ft:{%s}:bell:%s LEFT",
		    (double)wait_us / 1e6, run, w->instance);
	else
		redisAppendCommand(w->pops,
		    "XREAD BLOCK %lld STREAMS ft:{%s}:bell %s",
		    (long long)wait_us / 1000, run, w->generation);
	flush_out(w->pops);
}

static void
begin(struct worker *w, char *note)
{
	char *field[FIELDS];
	int i;

	for (i = 0; i < FIELDS; i++)
		field[i] = i < FIELDS - 1 ? strsep(&note, "\n") : note;
	if (w->task != NULL)
		errx(EX_SOFTWARE, "%s: a second task", w->instance);
	w->token = mem_strdup(field[1]);
	w->seen = strtoll(field[1], NULL, 10);
	w->task = record_parse(field[7]);
	w->beat_us = now_us() + BEAT_US;
	w->end_us = now_us() + task_ms * 1000;
	if (w->asked == 1 && !measuring && task_ms < LEASE_MS)
		w->end_us -= random() % (task_ms * 1000);
	if (w->finish_us != 0)
		note_time(&hands, now_us() - w->finish_us);
	w->finish_us = 0;
}

static const char *
text_at(const redisReply *r, size_t i)
{
	if (r->type != REDIS_REPLY_ARRAY || i >= r->elements ||
	    r->element[i]->type != REDIS_REPLY_STRING)
		errx(EX_SOFTWARE, "an answer that makes no sense");
	return r->element[i]->str;
}

static void
popped(struct worker *w, const redisReply *r)
{
	const char *what = text_at(r, 0);

	note_time(&pops, now_us() - w->sent_us);
	if (strcmp(what, "norun") == 0 || strcmp(what, "finished") == 0)
		errx(EX_SOFTWARE, "the run is %s", what);
	snprintf(w->generation, sizeof(w->generation), "%s", text_at(r, 2));
	w->ask_us = now_us() + r->element[1]->integer * 1000;
	if (strcmp(what, "task") == 0)
		begin(w, r->element[3]->str);
	wait_for_news(w);
}

/* A hand-over fills the slot; what else there is to hear, pop tells. */
static void
heard(struct worker *w, const redisReply *r)
{
	const redisReply *notes =
	    r->type == REDIS_REPLY_ARRAY && r->elements == 2 ? r->element[1]
							     : NULL;

	if (notes != NULL && w->finish_us != 0 &&
	    strncmp(text_at(notes, 0), "task\n", 5) == 0) {
		begin(w, notes->element[0]->str);
		wait_for_news(w);
	} else {
		ask(w);
	}
}

static redisReply *
answer(redisContext *c)
{
	void *reply = NULL;

	if (redisGetReplyFromReader(c, &reply) != REDIS_OK)
		errx(EX_UNAVAILABLE, "%s", c->errstr);
	if (reply != NULL && ((redisReply *)reply)->type == REDIS_REPLY_ERROR)
		errx(EX_SOFTWARE, "%s", ((redisReply *)reply)->str);
	return reply;
}

static void
read_in(struct worker *w, bool reports)
{
	redisContext *c = reports ? w->reports : w->pops;
	redisReply *r;

	if (redisBufferRead(c) != REDIS_OK)
		errx(EX_UNAVAILABLE, "%s", c->errstr);
	while ((r = answer(c)) != NULL) {
		if (!reports && w->popping)
			popped(w, r);
		else if (!reports)
			heard(w, r);
		else if (r->type == REDIS_REPLY_ARRAY &&
			 (strcmp(text_at(r, 0), "stale") == 0 ||
			     strcmp(text_at(r, 0), "late") == 0))
			errx(EX_SOFTWARE, "%s: it lost a task", w->instance);
		freeReplyObject(r);
	}
}

static void
beat(struct worker *w)
{
	redisAppendCommand(w->reports, "EVALSHA %s 1 %s %s %s %s %lld 1",
	    embed_beat_lua_sha1, meta, record_text(w->task, RECORD_ID),
	    w->token, w->instance, 1764000000000LL);
	flush_out(w->reports);
	w->beat_us = now_us() + LEASE_MS / 3 * 1000;
}

static void
finish(struct worker *w)
{
	const char *id = record_text(w->task, RECORD_ID);
	char *whole;

	record_set_status(w->task, STATUS_COMPLETE);
	record_set_result(w->task, RESULT_PASSED);
	record_set_int(w->task, RECORD_DURATION_MS, task_ms);
	record_set_text(w->task, RECORD_LEASE, w->token);
	record_set_text(w->task, RECORD_OUTPUT,
	    "Running 3 tests using 1 worker\n\n  3 passed (0.9s)\n");
	whole = record_print(w->task);
	w->finish_us = now_us();
	redisAppendCommand(w->reports,
	    "EVALSHA %s 1 %s %s %s %s complete passed %s %s {} %ld",
	    embed_finish_lua_sha1, meta, id, w->token, w->instance, "", whole,
	    task_ms);
	flush_out(w->reports);
	free(whole);
	free(w->taught);
	w->taught = mem_strdup(id);
	w->teach_us = now_us() + TEACH_US;
	record_free(w->task);
	free(w->token);
	w->task = NULL;
	w->token = NULL;
	w->end_us = w->beat_us = 0;
	done += measuring;
}

static void
teach(struct worker *w)
{
	redisAppendCommand(w->reports, "EVALSHA %s 1 ft:history %s %ld",
	    embed_history_lua_sha1, w->taught, task_ms);
	flush_out(w->reports);
	w->teach_us = 0;
}

static void
tend(struct worker *w, int64_t now)
{
	if (w->end_us != 0 && w->end_us <= now)
		finish(w);
	else if (w->beat_us != 0 && w->beat_us <= now)
		beat(w);
	if (w->teach_us != 0 && w->teach_us <= now)
		teach(w);
}

static void
work_until(int64_t end_us)
{
	static struct pollfd *fds;
	long i;

	if (fds == NULL)
		fds = mem_zalloc(2 * (size_t)count, sizeof(*fds));
	for (i = 0; i < 2 * count; i++) {
		fds[i].fd = i % 2 ? workers[i / 2].reports->fd
		                  : workers[i / 2].pops->fd;
		fds[i].events = POLLIN;
	}
	while (now_us() < end_us) {
		if (poll(fds, 2 * (nfds_t)count, 1) > 0)
			for (i = 0; i < 2 * count; i++)
				if (fds[i].revents != 0)
					read_in(&workers[i / 2], i % 2 == 1);
		for (i = 0; i < count; i++)
			tend(&workers[i], now_us());
	}
	if (!measuring)
		return;
	free(fds);
	fds = NULL;
}

static int
by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void
print(struct figures *f)
{
	if (f->count == 0)
		return;
	qsort(f->us, f->count, sizeof(*f->us), by_size);
	printf("%s ms, median\t%.3f\n", f->name,
	    (double)f->us[f->count / 2] / 1000);
	printf("%s ms, 99 %%\t%.3f\n", f->name,
	    (double)f->us[f->count * 99 / 100] / 1000);
	free(f->us);
}

static double
server_s(const char *pid)
{
	char *path = mem_printf("/proc/%s/schedstat", pid);
	FILE *f = fopen(path, "r");
	double ns;

	if (f == NULL || fscanf(f, "%lf", &ns) != 1)
		err(EX_NOINPUT, "%s", path);
	fclose(f);
	free(path);
	return ns / 1e9;
}

static void
load_script(redisContext *c, const char *text)
{
	void *reply;

	redisAppendCommand(c, "SCRIPT LOAD %s", text);
	if (redisGetReply(c, &reply) != REDIS_OK)
		errx(EX_UNAVAILABLE, "%s", c->errstr);
	freeReplyObject(reply);
}

/* Two connections each are more than a process may usually have. */
static void
allow_connections(void)
{
	struct rlimit most;

	if (getrlimit(RLIMIT_NOFILE, &most) < 0)
		err(EX_OSERR, "getrlimit");
	most.rlim_cur = most.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &most) < 0)
		err(EX_OSERR, "setrlimit");
}

static void
hire(void)
{
	redisContext *c = redisConnectUnix(getenv("REDIS_HOST"));
	long i;

	if (c == NULL || c->err)
		errx(EX_UNAVAILABLE, "%s", c ? c->errstr : "memory");
	load_script(c, embed_pop_lua);
	load_script(c, embed_beat_lua);
	load_script(c, embed_finish_lua);
	load_script(c, embed_history_lua);
	redisFree(c);
	workers = mem_zalloc((size_t)count, sizeof(*workers));
	for (i = 0; i < count; i++) {
		snprintf(workers[i].instance, sizeof(workers[i].instance),
		    "w%ld.1.%08lx", i, random());
		workers[i].pops = connect_one();
		workers[i].reports = connect_one();
	}
	for (i = 0; i < count; i++)
		ask(&workers[i]);
}

static void
dismiss(void)
{
	long i;

	for (i = 0; i < count; i++) {
		redisFree(workers[i].pops);
		redisFree(workers[i].reports);
		record_free(workers[i].task);
		free(workers[i].token);
		free(workers[i].taught);
	}
	free(workers);
}

int
main(int argc, char *argv[])
{
	char *key;
	double seconds, cpu;
	int64_t from;

	if (argc != 6 || getenv("REDIS_HOST") == NULL)
		errx(EX_USAGE,
		    "usage: scale RUN WORKERS TASK_MS SECONDS SERVER_PID");
	run = argv[1];
	meta = key = mem_printf("ft:{%s}:meta", run);
	count = atol(argv[2]);
	task_ms = atol(argv[3]);
	seconds = atof(argv[4]);
	allow_connections();
	hire();
	work_until(now_us() + 1000000 + (task_ms < 5000 ? task_ms * 2000 : 0));
	cpu = server_s(argv[5]);
	measuring = true;
	from = now_us();
	work_until(from + (int64_t)(seconds * 1e6));
	seconds = (double)(now_us() - from) / 1e6;
	cpu = server_s(argv[5]) - cpu;
	printf("tasks a second\t%.1f\n", (double)done / seconds);
	printf("pops a second\t%.1f\n", (double)pops.count / seconds);
	printf("redis, %% of a core\t%.2f\n", 100 * cpu / seconds);
	if (done > 0)
		printf("redis, us a task\t%.1f\n", 1e6 * cpu / (double)done);
	print(&pops);
	print(&hands);
	dismiss();
	free(key);
	return 0;
}
