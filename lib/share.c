/* share - one start of a runner that several tasks share */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "cache.h"
#include "folder.h"
#include "keep.h"
#include "mem.h"
#include "reporter.h" /* made of reporter.cjs */
#include "share.h"

#define LINE_MAX_LEN 64

struct share {
	const struct attempt_rules *rules;
	char *out, *tmp, *cache, *log, *file, *reporter, *fifo;
	char *heir; /* the first one's folder gets what belongs to all */
	int events;
	char line[LINE_MAX_LEN];
	size_t len;
	struct runner_plan plan; /* of the first one, with the others' specs */
	size_t count, place;     /* of them; of the argument that names them */
	struct child_job job;
};

/* A spec may have made anything there: what is written to is a new file. */
static bool
write_file(const char *path, const char *text)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = folder_remove(path) ? open(path, flags, 0666) : -1;
	size_t len = strlen(text), done = 0;
	ssize_t n = 0;

	if (fd < 0)
		return false;
	while (done < len && (n = write(fd, text + done, len - done)) >= 0)
		done += (size_t)n;
	return close(fd) == 0 && done == len;
}

static bool
furnish(struct share *s)
{
	if (!folder_again(s->out) || !folder_again(s->tmp) ||
	    !write_file(s->reporter, embed_reporter_cjs) ||
	    !folder_remove(s->fifo) || mkfifo(s->fifo, 0600) < 0)
		return false;
	/* open for writing too: it does not end when the runner does */
	s->events = open(s->fifo, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return s->events >= 0;
}

struct share *
share_new(const struct attempt_rules *rules, int slot)
{
	struct share *s = mem_zalloc(1, sizeof(*s));
	int error;

	s->rules = rules;
	s->events = -1;
	s->out = mem_printf("%s/%d.share", rules->scratch, slot);
	s->tmp = mem_printf("%s/%d", rules->scratch, slot);
	s->cache = cache_path(rules->scratch, slot);
	s->log = mem_printf("%s.log", s->out);
	s->file = mem_printf("%s.json", s->out);
	s->reporter = mem_printf("%s.cjs", s->out);
	s->fifo = mem_printf("%s.events", s->out);
	if (furnish(s))
		return s;
	error = errno;
	share_free(s);
	errno = error;
	return NULL;
}

/* It came when that attempt had been judged, and its folder tidied. */
static void
bound_heir(struct share *s)
{
	if (s->heir != NULL && s->rules->artifacts != NULL)
		keep_tidy(s->heir, s->rules->keep_max);
	else if (s->heir != NULL)
		folder_empty(s->heir);
	free(s->heir);
	s->heir = NULL;
}

void
share_reset(struct share *s)
{
	bound_heir(s);
	if (s->plan.argv != NULL)
		runner_plan_free(&s->plan);
	s->count = s->place = 0;
	folder_empty(s->out);
	folder_empty(s->tmp);
	folder_blank(s->log);
}

void
share_free(struct share *s)
{
	if (s == NULL)
		return;
	share_reset(s);
	if (s->events >= 0)
		close(s->events);
	unlink(s->fifo);
	free(s->out);
	free(s->tmp);
	free(s->cache);
	free(s->log);
	free(s->file);
	free(s->reporter);
	free(s->fifo);
	free(s);
}

static size_t
length(char *const *list)
{
	size_t n = 0;

	while (list[n] != NULL)
		n++;
	return n;
}

static bool
equal(char *const *a, char *const *b)
{
	for (; *a != NULL && *b != NULL; a++, b++)
		if (strcmp(*a, *b) != 0)
			return false;
	return *a == *b;
}

/* The argument of the first plan, n specs of which stand together, is i. */
static const char *
argument(const struct share *s, size_t i)
{
	return s->plan.argv[i > s->place ? i + s->count - 1 : i];
}

/* The one argument in which a plan differs from the first; 0: no such one. */
static size_t
difference(const struct share *s, const struct runner_plan *plan)
{
	size_t n = length(plan->argv), i, place = 0;

	if (n != length(s->plan.argv) - (s->count - 1))
		return 0;
	for (i = 0; i < n; i++) {
		if (strcmp(plan->argv[i], argument(s, i)) == 0)
			continue;
		if (place != 0)
			return 0;
		place = i;
	}
	return s->count > 1 && place != s->place ? 0 : place;
}

static bool
named_already(const struct share *s, size_t place, const char *argument)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		if (strcmp(s->plan.argv[place + i], argument) == 0)
			return true;
	return false;
}

static void
insert(struct share *s, size_t place, const char *spec)
{
	size_t n = length(s->plan.argv), at = place + s->count;
	char **argv = mem_realloc(s->plan.argv, (n + 2) * sizeof(*argv));

	memmove(argv + at + 1, argv + at, (n + 1 - at) * sizeof(*argv));
	argv[at] = mem_strdup(spec);
	s->plan.argv = argv;
	s->place = place;
	s->count++;
}

static bool
append(struct share *s, const struct runner_plan *plan)
{
	size_t place;

	if (plan->entry != s->plan.entry || strcmp(plan->dir, s->plan.dir) ||
	    !equal(plan->env, s->plan.env))
		return false;
	place = difference(s, plan);
	if (place == 0 || named_already(s, place, plan->argv[place]))
		return false;
	insert(s, place, plan->argv[place]);
	return true;
}

bool
share_join(struct share *s, struct record *task)
{
	struct runner_where here = {.spec_root = s->rules->spec_root,
	    .out = s->out,
	    .tmp = s->tmp,
	    .cache = s->cache,
	    .share = s->file,
	    .reporter = s->reporter};
	struct runner_plan plan;
	bool fits;

	if (!runner_plan(s->rules->table, task, &here, &plan))
		return false;
	if (s->count == 0) {
		s->plan = plan;
		s->count = 1;
		return true;
	}
	fits = append(s, &plan);
	runner_plan_free(&plan);
	return fits;
}

static char *
describe(struct share *s, struct attempt *const *attempts, size_t count)
{
	cJSON *all = cJSON_CreateObject(), *specs, *one;
	struct attempt_place at;
	char *text;
	size_t i;

	cJSON_AddStringToObject(all, "events", s->fifo);
	cJSON_AddStringToObject(all, "out", s->out);
	specs = cJSON_AddArrayToObject(all, "specs");
	for (i = 0; i < count; i++) {
		one = cJSON_CreateObject();
		cJSON_AddItemToArray(specs, one);
		if (attempts[i] == NULL)
			continue;
		at = attempt_place(attempts[i]);
		if (s->heir == NULL)
			s->heir = mem_strdup(at.out);
		cJSON_AddStringToObject(one, "spec", at.spec);
		cJSON_AddStringToObject(one, "out", at.out);
		cJSON_AddStringToObject(one, "result", at.result);
		cJSON_AddStringToObject(one, "log", at.log);
	}
	text = cJSON_PrintUnformatted(all);
	cJSON_Delete(all);
	return text;
}

const struct child_job *
share_job(struct share *s, struct attempt *const *attempts, size_t count)
{
	char *text = describe(s, attempts, count);
	bool told = write_file(s->file, text);

	free(text);
	if (!told)
		return NULL;
	s->job = (struct child_job){.argv = s->plan.argv,
	    .env = s->plan.env,
	    .dir = s->plan.dir,
	    .log = s->log,
	    .polite = s->plan.polite,
	    .grace_ms = s->rules->grace_ms};
	return &s->job;
}

void
share_look(const struct share *s)
{
	keep_bound(s->log, ATTEMPT_LOG_MAX);
}

int
share_fd(const struct share *s)
{
	return s->events;
}

/* A spec may write to the pipe as well: what makes no sense is no event. */
static bool
parse(const struct share *s, struct share_event *e)
{
	unsigned long member;

	if (sscanf(s->line, "begin %lu", &member) == 1)
		e->what = SHARE_BEGIN;
	else if (sscanf(s->line, "end %lu %d", &member, &e->code) == 2)
		e->what = SHARE_END;
	else
		return false;
	e->member = member;
	return member < s->count;
}

bool
share_event(struct share *s, struct share_event *e)
{
	char c;

	while (read(s->events, &c, 1) == 1) {
		if (c != '\n') {
			if (s->len < sizeof(s->line) - 1)
				s->line[s->len++] = c;
			continue;
		}
		s->line[s->len] = '\0';
		s->len = 0;
		if (parse(s, e))
			return true;
	}
	return false;
}
