/* runner_judge - an attempt's result, by its result file or exit status */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "json.h"
#include "mem.h"
#include "runner_table.h"
#include "text.h"
#include "verdict.h"

#define RESULT_MAX ((off_t)512 << 20) /* bytes of a result file */
#define DELETE '\177' /* a control character: no message shows it */

/*
 * A spec may leave anything in place of its result: only a file is read, and
 * a NUL, which node --test hands on, does not end it.
 */
static char *
slurp(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	char *data = NULL, *nul;
	size_t len = 0;
	ssize_t n = 0;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size <= RESULT_MAX) {
		data = mem_alloc((size_t)st.st_size + 1);
		while (len < (size_t)st.st_size &&
		       (n = read(fd, data + len, (size_t)st.st_size - len)) > 0)
			len += (size_t)n;
		for (nul = data;
		     (nul = memchr(nul, '\0', (size_t)(data + len - nul)));)
			*nul++ = DELETE;
		data[len] = '\0';
	}
	close(fd);
	return data;
}

static void
add_last_line(struct buf *b, const char *output)
{
	size_t len = strlen(output), from;

	while (len > 0 && output[len - 1] == '\n')
		len--;
	for (from = len; from > 0 && output[from - 1] != '\n'; from--)
		;
	if (len > from)
		buf_printf(b, ": %.*s", (int)(len - from), output + from);
}

/* It ended by itself and left no result: the output may tell why. */
static void
no_result(struct verdict *v, const cJSON *entry, const struct runner_outcome *o,
    const char *output)
{
	const cJSON *reasons = json_member(entry, "reasons");
	enum reason why = verdict_reason(reasons, output);

	if (why == REASON_NONE && o->exit_code > 128 &&
	    sigabbrev_np(o->exit_code - 128) != NULL) {
		verdict_error(v, REASON_SIGNAL,
		    "exit status %d: something in it was killed by SIG%s",
		    o->exit_code, sigabbrev_np(o->exit_code - 128));
		return;
	}
	if (why != REASON_NONE)
		buf_puts(&v->message, verdict_excerpt(reasons, output));
	else
		buf_printf(&v->message,
		    "exit status %d and no result file that can be read",
		    o->exit_code);
	if (why == REASON_NONE)
		add_last_line(&v->message, output);
	verdict_error(v, why ? why : REASON_NO_RESULT, "no result");
}

/* What the entry says of an exit status; NULL: nothing. */
static const char *
exit_word(const cJSON *entry, int exit_code)
{
	char code[16];

	snprintf(code, sizeof(code), "%d", exit_code);
	return json_text(json_member(entry, "exit"), code, NULL);
}

static void
by_exit(struct verdict *v, const cJSON *entry, const struct runner_outcome *o,
    const char *output)
{
	const char *word = exit_word(entry, o->exit_code);

	v->result = word ? result_of(word) : RESULT_NONE;
	if (v->result == RESULT_PASSED)
		return;
	buf_printf(&v->message, "exit status %d", o->exit_code);
	add_last_line(&v->message, output);
	if (v->result == RESULT_NONE)
		verdict_error(v, word ? reason_of(word) : REASON_EXIT, "exit");
}

/* A result file decides, but an exit status that means an error is one. */
static void
by_file(struct verdict *v, const struct runner_plan *plan,
    const struct runner_outcome *o, const char *output)
{
	const cJSON *entry = plan->entry;
	struct evidence e = {.text = slurp(plan->result),
	    .spec = plan->spec ? plan->spec : "",
	    .output = output,
	    .exit_code = o->exit_code,
	    .reasons = json_member(entry, "reasons")};
	const char *format =
		       json_text(json_member(entry, "result"), "format", NULL),
		   *word = exit_word(entry, o->exit_code);

	if (e.text == NULL || !verdict_reader_of(format)(&e, v)) {
		if (word != NULL && reason_of(word))
			by_exit(v, entry, o, output);
		else
			no_result(v, entry, o, output);
	} else if (word != NULL && reason_of(word) &&
		   (v->result != RESULT_ERROR || v->reason == REASON_EXIT)) {
		verdict_error(
		    v, reason_of(word), "exit status %d", o->exit_code);
	}
	free((char *)e.text);
}

static void
by_signal(struct verdict *v, const struct runner_outcome *o)
{
	const char *name = sigabbrev_np(o->signal);

	verdict_error(v, REASON_SIGNAL, "killed by SIG%s%s", name ? name : "?",
	    o->signal == SIGKILL && o->starved
		? ": the system was out of memory"
		: "");
}

/* What the process itself tells, before any file; NONE: it just ended. */
static void
by_end(struct verdict *v, const struct runner_plan *plan,
    const struct runner_outcome *o, const struct record *r)
{
	const char *hint = json_text(plan->entry, "install", NULL);

	if (!o->spawned)
		verdict_error(v, REASON_SPAWN, "%s: %s%s%s", plan->argv[0],
		    strerror(o->error), hint ? "; to install: " : "",
		    hint ? hint : "");
	else if (o->timed_out && record_has(r, RECORD_TIMEOUT))
		verdict_error(v, REASON_TIMEOUT,
		    "stopped at its deadline of %g seconds",
		    record_number(r, RECORD_TIMEOUT, 0));
	else if (o->timed_out)
		verdict_error(v, REASON_TIMEOUT, "stopped at its deadline");
	else if (o->interrupted)
		verdict_error(v, REASON_INTERRUPTED, "stopped before its end");
	else if (o->signal != 0)
		by_signal(v, o);
}

/*
 * A spec may have fewer tests than parts, or tests that stay together. The
 * first part has some, unless there are none at all.
 */
static void
spare_part(
    struct verdict *v, const struct runner_outcome *o, const struct record *r)
{
	if (v->reason != REASON_NO_TESTS || o->exit_code != 0 ||
	    record_int(r, RECORD_PART, 1) < 2)
		return;
	v->result = RESULT_PASSED;
	v->reason = REASON_NONE;
	buf_reset(&v->message);
}

/* What would help, before what the runner says. */
static void
add_hint(
    struct verdict *v, const struct runner_plan *plan, const struct record *r)
{
	const char *browser = record_text(r, RECORD_BROWSER), *hint;
	char *said;

	if (v->reason == REASON_NO_TESTS && plan->spec != NULL &&
	    access(plan->spec, F_OK) != 0) {
		buf_reset(&v->message);
		buf_printf(&v->message, "there is no file %s", plan->spec);
		return;
	}
	if (v->reason != REASON_BROWSER || browser == NULL)
		return;
	hint = json_text(
	    json_member(json_member(plan->entry, "browsers"), browser),
	    "install", NULL);
	said = mem_strdup(v->message.data);
	buf_reset(&v->message);
	buf_printf(&v->message, "%s could not be started%s%s\n%s", browser,
	    hint ? "; to install: " : "", hint ? hint : "", said);
	free(said);
}

/* What the system kills is often but a part of the tree, like a browser. */
static void
add_hunger(struct verdict *v, const struct runner_outcome *o)
{
	if (!o->starved || v->result == RESULT_PASSED || o->signal == SIGKILL)
		return;
	buf_printf(&v->message,
	    "%sthe system killed a process here meanwhile, "
	    "since it was out of memory",
	    v->message.len > 0 ? "\n" : "");
}

static void
add_count(cJSON *tests, const char *name, long n)
{
	cJSON_AddNumberToObject(tests, name, (double)n);
}

static void
publish(const struct verdict *v, struct record *r)
{
	cJSON *tests;
	char *plain;

	record_set_result(r, v->result);
	record_set_reason(r, v->reason);
	record_drop(r, RECORD_TESTS);
	record_drop(r, RECORD_MESSAGE);
	if (v->counted) {
		tests = cJSON_CreateObject();
		add_count(tests, "passed", v->passed);
		add_count(tests, "failed", v->failed);
		add_count(tests, "skipped", v->skipped);
		add_count(tests, "flaky", v->flaky);
		record_set_json(r, RECORD_TESTS, tests);
	}
	if (v->message.len == 0)
		return;
	plain = text_plain(v->message.data, RUNNER_MESSAGE_MAX);
	record_set_text(r, RECORD_MESSAGE, plain);
	free(plain);
}

void
runner_judge(const struct runner_plan *plan,
    const struct runner_outcome *outcome, struct record *r)
{
	const char *tail = outcome->output ? outcome->output : "";
	char *output = text_plain(tail, strlen(tail) + 4);
	struct verdict v = {0};

	by_end(&v, plan, outcome, r);
	if (v.result == RESULT_NONE && plan->result != NULL)
		by_file(&v, plan, outcome, output);
	else if (v.result == RESULT_NONE)
		by_exit(&v, plan->entry, outcome, output);
	spare_part(&v, outcome, r);
	add_hint(&v, plan, r);
	add_hunger(&v, outcome);
	publish(&v, r);
	buf_free(&v.message);
	free(output);
}
