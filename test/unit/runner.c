/*
 * runner - the runner table: plans, verdicts and bad tables, each row of
 * test/data a test
 */
#include <err.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "json.h"
#include "jsonl.h"
#include "mem.h"
#include "path.h"
#include "runner.h"

static int tests, failures;
static char root[] = "/tmp/ft-unit-runner-XXXXXX"; /* of this run */
static const char *folder;                         /* of the test data */

static void
ok(bool good, const char *what)
{
	tests++;
	failures += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", tests, what);
}

static int
number(const cJSON *row, const char *name)
{
	const cJSON *n = json_member(row, name);

	return n ? n->valueint : 0;
}

/* A file of that path below the root, with its folders. */
static char *
put(const char *path, const char *content)
{
	char *full = mem_printf("%s/%s", root, path), *slash = full;
	FILE *f;

	while ((slash = strchr(slash + 1, '/')) != NULL) {
		*slash = '\0';
		mkdir(full, 0700);
		*slash = '/';
	}
	f = fopen(full, "w");
	if (f == NULL || fputs(content, f) == EOF || fclose(f) == EOF)
		err(EX_IOERR, "%s", full);
	chmod(full, 0700);
	return full;
}

static int
drop(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag;
	return ftw->level > 0 ? remove(path) : 0;
}

static void
empty_root(void)
{
	nftw(root, drop, 16, FTW_DEPTH | FTW_PHYS);
}

static char *
replace(const char *s, const char *what, const char *by)
{
	struct buf b = {0};
	const char *at;

	buf_puts(&b, "");
	for (; (at = strstr(s, what)) != NULL; s = at + strlen(what)) {
		buf_add(&b, s, (size_t)(at - s));
		buf_puts(&b, by);
	}
	buf_puts(&b, s);
	return b.data;
}

/* The temporary folder's name differs from run to run. */
static char *
without_root(const char *s)
{
	char *escaped = replace(root, "/", "\\\\/"); /* as in JSON */
	char *once = replace(s, escaped, "ROOT"), *twice;

	twice = replace(once, root, "ROOT");
	free(escaped);
	free(once);
	return twice;
}

static void
compare(const cJSON *row, const char *got)
{
	char *wanted = cJSON_PrintUnformatted(json_member(row, "wanted"));
	char *plain = without_root(got);
	bool same = strcmp(wanted, plain) == 0;

	ok(same, json_text(row, "name", ""));
	if (!same)
		printf("# wanted %s\n# got    %s\n", wanted, plain);
	free(wanted);
	free(plain);
}

static void
each(const char *name, void (*test)(const cJSON *row))
{
	char *path = mem_printf("%s/%s", folder, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct jsonl *in;
	cJSON *row;

	if (fd < 0)
		err(EX_NOINPUT, "%s", path);
	in = jsonl_open(fd, path);
	while ((row = jsonl_next(in)) != NULL) {
		test(row);
		cJSON_Delete(row);
		empty_root();
	}
	ok(jsonl_bad(in) == 0, name);
	jsonl_close(in);
	close(fd);
	free(path);
}

static struct runner_table *
table_of(const cJSON *row)
{
	char *json, *path;
	struct runner_table *t;

	if (json_member(row, "table") == NULL)
		return runner_open(NULL);
	json = cJSON_Print(json_member(row, "table"));
	path = put("runners.json", json);
	t = runner_open(path);
	free(json);
	free(path);
	return t;
}

static struct record *
task_of(const cJSON *row)
{
	char *json = cJSON_PrintUnformatted(json_member(row, "task"));
	struct record *r = record_parse(json);

	free(json);
	return r;
}

static cJSON *
strings(char **list)
{
	cJSON *array = cJSON_CreateArray();

	for (; *list != NULL; list++)
		cJSON_AddItemToArray(array, cJSON_CreateString(*list));
	return array;
}

static char *
describe(const struct runner_plan *plan)
{
	cJSON *o = cJSON_CreateObject();
	char *json;

	cJSON_AddItemToObject(o, "argv", strings(plan->argv));
	cJSON_AddItemToObject(o, "env", strings(plan->env));
	cJSON_AddStringToObject(o, "dir", plan->dir);
	cJSON_AddNumberToObject(o, "polite", plan->polite);
	if (plan->result != NULL)
		cJSON_AddStringToObject(o, "result", plan->result);
	json = cJSON_PrintUnformatted(o);
	cJSON_Delete(o);
	return json;
}

/* What a run has added to a record. */
static char *
outcome_of(const struct record *r)
{
	static const enum field fields[] = {
	    RECORD_RESULT, RECORD_REASON, RECORD_TESTS, RECORD_MESSAGE};
	cJSON *o = cJSON_CreateObject();
	char *json;
	size_t i;

	for (i = 0; i < 4; i++)
		if (record_has(r, fields[i]))
			cJSON_AddItemToObject(o, field_name(fields[i]),
			    cJSON_Duplicate(record_json(r, fields[i]), 1));
	json = cJSON_PrintUnformatted(o);
	cJSON_Delete(o);
	return json;
}

static void
test_plan(const cJSON *row)
{
	struct runner_table *t = table_of(row);
	struct record *r = task_of(row);
	struct runner_where where = {.spec_root = root,
	    .out = "/out",
	    .tmp = "/tmp/t",
	    .cache = "/tmp/c"};
	struct runner_plan plan;
	const cJSON *file;
	char *got;

	for (file = json_first(json_member(row, "files")); file != NULL;
	     file = file->next)
		free(put(file->valuestring, ""));
	if (runner_plan(t, r, &where, &plan)) {
		got = describe(&plan);
		runner_plan_free(&plan);
	} else {
		got = outcome_of(r);
	}
	compare(row, got);
	free(got);
	record_free(r);
	runner_close(t);
}

/* The result file: JSON as it stands, or a text that may be none. */
static char *
result_of_row(const cJSON *row)
{
	const cJSON *file = json_member(row, "file");
	char *content, *path;

	if (file == NULL)
		return mem_printf("%s/no-such-result", root);
	content = cJSON_IsString(file) ? mem_strdup(file->valuestring)
	                               : cJSON_Print(file);
	path = put("result", content);
	free(content);
	return path;
}

static void
judge(const struct runner_table *t, struct record *r, const cJSON *row)
{
	struct runner_where where = {.spec_root = root,
	    .out = "/out",
	    .tmp = "/tmp/t",
	    .cache = "/tmp/c"};
	struct runner_outcome o = {.spawned = json_member(row, "errno") == NULL,
	    .error = number(row, "errno"),
	    .timed_out = json_member(row, "timed_out") != NULL,
	    .interrupted = json_member(row, "interrupted") != NULL,
	    .starved = json_member(row, "starved") != NULL,
	    .exit_code = json_member(row, "signal") ? -1 : number(row, "exit"),
	    .signal = number(row, "signal"),
	    .output = json_text(row, "output", "")};
	struct runner_plan plan;

	if (!runner_plan(t, r, &where, &plan))
		return;
	if (plan.result != NULL) {
		free(plan.result);
		plan.result = result_of_row(row);
	}
	runner_judge(&plan, &o, r);
	runner_plan_free(&plan);
}

static void
test_verdict(const cJSON *row)
{
	static const char *const files[] = {"node_modules/.bin/playwright",
	    "node_modules/.bin/mocha", "node_modules/.bin/cypress",
	    "node_modules/.bin/wdio", "x", "bin/chromium", "bin/chromedriver"};
	struct runner_table *t = table_of(row);
	struct record *r = task_of(row);
	char *got;
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		free(put(files[i], ""));
	judge(t, r, row);
	got = outcome_of(r);
	compare(row, got);
	free(got);
	record_free(r);
	runner_close(t);
}

/* Run runner_open in a child, for it exits; what it says goes to out. */
static int
open_table(const char *path, struct buf *out)
{
	char chunk[4096];
	int ends[2], status;
	ssize_t n;
	pid_t pid;

	if (pipe(ends) != 0 || fflush(stdout) != 0 || (pid = fork()) < 0)
		err(EX_OSERR, "pipe");
	if (pid == 0) {
		dup2(ends[1], STDERR_FILENO);
		runner_close(runner_open(path));
		_exit(EX_OK);
	}
	close(ends[1]);
	buf_puts(out, "");
	while ((n = read(ends[0], chunk, sizeof(chunk))) > 0)
		buf_add(out, chunk, (size_t)n);
	close(ends[0]);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
test_bad_table(const cJSON *row)
{
	char *path = put("t.json", json_text(row, "table", "")), *what;
	struct buf said = {0};
	int status = open_table(path, &said);
	char *plain = without_root(said.data);
	bool good = status == EX_DATAERR &&
	            strstr(plain, json_text(row, "wanted", "")) != NULL;

	what = mem_printf(
	    "a table with %s is refused", json_text(row, "name", ""));
	ok(good, what);
	if (!good)
		printf("# status %d, %s# wanted %s\n", status, plain,
		    json_text(row, "wanted", ""));
	free(what);
	free(plain);
	free(path);
	buf_free(&said);
}

static void
test_missing_table(void)
{
	struct buf said = {0};

	ok(open_table("/no/such/table", &said) == EX_NOINPUT,
	    "a table that is not there is 66");
	buf_free(&said);
}

int
main(int argc, char **argv)
{
	char *path;

	folder = argc > 1 ? argv[1] : "test/data";
	if (mkdtemp(root) == NULL)
		err(EX_IOERR, "%s", root);
	path = mem_printf("%s/bin", root);
	setenv("PATH", path, 1);
	free(path);
	each("plans.jsonl", test_plan);
	each("verdicts.jsonl", test_verdict);
	each("bad-tables.jsonl", test_bad_table);
	test_missing_table();
	empty_root();
	rmdir(root);
	printf("1..%d\n", tests);
	return failures > 0;
}
