/* runner_check - whether a user's runner table is one */
#include <err.h>
#include <regex.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "json.h"
#include "jsonl.h"
#include "mem.h"
#include "record.h"
#include "runner_table.h"
#include "verdict.h"

#define NAME_CHARS \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

#define EXPRESSION_MAX 1024 /* bytes of a regular expression */
#define COPIES_MAX 1000     /* of a group that is repeated */

/* What is being checked. */
struct source {
	const char *path;
	const char *text;
	const cJSON *entry; /* whose placeholders are known, or NULL */
	struct buf pointer; /* to the value being checked */
};

static _Noreturn void __attribute__((format(printf, 2, 3)))
expected(struct source *s, const char *format, ...)
{
	struct jsonl_place at = jsonl_place(s->text, s->pointer.data);
	const char *key = strrchr(s->pointer.data, '/');
	va_list ap;
	char *what;

	va_start(ap, format);
	what = mem_vprintf(format, ap);
	va_end(ap);
	errx(EX_DATAERR, "%s:%lu:%lu: %s%sexpected %s", s->path, at.line,
	    at.column, key ? key + 1 : "", key ? ": " : "", what);
}

typedef void check(struct source *s, const cJSON *value);

/* Check each member or element of a value. */
static void
each(struct source *s, const cJSON *value, check *one)
{
	size_t len = s->pointer.len;
	const cJSON *m;
	int i = 0;

	for (m = json_first(value); m != NULL; m = m->next) {
		if (m->string != NULL)
			buf_printf(&s->pointer, "/%s", m->string);
		else
			buf_printf(&s->pointer, "/%d", i++);
		if (m->string == NULL || !cJSON_IsNull(m))
			one(s, m);
		s->pointer.data[s->pointer.len = len] = '\0';
	}
}

static void
check_text(struct source *s, const cJSON *value)
{
	if (!cJSON_IsString(value) || *value->valuestring == '\0')
		expected(s, "a string that is not empty");
}

static void
check_any_text(struct source *s, const cJSON *value)
{
	if (!cJSON_IsString(value))
		expected(s, "a string");
}

static void
check_texts(struct source *s, const cJSON *value)
{
	if (!cJSON_IsArray(value) || value->child == NULL)
		expected(s, "an array of strings that is not empty");
	each(s, value, check_text);
}

static void
check_env(struct source *s, const cJSON *value)
{
	if (!cJSON_IsObject(value))
		expected(s, "an object of strings");
	each(s, value, check_any_text);
}

int
runner_signal(const char *name)
{
	const char *known;
	int number;

	for (number = 1; number < NSIG; number++) {
		known = sigabbrev_np(number);
		if (known != NULL && strcmp(known, name) == 0)
			return number;
	}
	return 0;
}

static void
check_polite(struct source *s, const cJSON *value)
{
	if (!cJSON_IsString(value) || runner_signal(value->valuestring) == 0)
		expected(s, "a signal's name, like INT");
}

/* The others are what becomes of an attempt, not what a runner finds. */
static bool
is_runners_reason(const char *word)
{
	enum reason reason = reason_of(word);

	return reason != REASON_NONE && reason != REASON_REFUSED &&
	       reason != REASON_LOST && reason != REASON_DRAIN;
}

static void
check_verdict(struct source *s, const cJSON *value)
{
	const char *word = cJSON_GetStringValue(value);

	if (word == NULL ||
	    (result_of(word) != RESULT_PASSED &&
		result_of(word) != RESULT_FAILED && !is_runners_reason(word)))
		expected(s, "passed, failed, or a reason that ft-runners(5) "
			    "lists");
}

static void
check_exit(struct source *s, const cJSON *value)
{
	const cJSON *m;

	if (!cJSON_IsObject(value))
		expected(s, "an object from exit status to verdict");
	for (m = json_first(value); m != NULL; m = m->next)
		if (*m->string == '\0' ||
		    m->string[strspn(m->string, "0123456789")] != '\0')
			expected(s, "exit statuses as members, like \"1\"");
	each(s, value, check_verdict);
}

/*
 * Whether compiling an expression takes too much: repeated groups are copied,
 * and copies of copies multiply.
 */
static bool
is_costly(const char *s)
{
	const char *before = "";
	unsigned long copies = 1, most, more;
	char *after;

	if (strlen(s) > EXPRESSION_MAX)
		return true;
	for (; *s != '\0' && copies <= COPIES_MAX; before = s++) {
		most = 1;
		if (*s == '{') {
			most = strtoul(s + 1, &after, 10);
			more = *after == ',' ? strtoul(after + 1, NULL, 10) : 0;
			most = more > most ? more : most;
		} else if (*s == '+' && strchr(")+*?}", *before) != NULL) {
			most = 2;
		}
		copies *= most > 1 ? most : 1;
	}
	return copies > COPIES_MAX;
}

static void
check_expression(struct source *s, const cJSON *value)
{
	regex_t re;

	check_text(s, value);
	if (is_costly(value->valuestring))
		expected(s, "an expression of at most %d bytes and %d copies",
		    EXPRESSION_MAX, COPIES_MAX);
	if (regcomp(&re, value->valuestring, REG_EXTENDED | REG_NOSUB))
		expected(s, "an extended regular expression");
	regfree(&re);
}

static void
check_expressions(struct source *s, const cJSON *value)
{
	const char *reason = strrchr(s->pointer.data, '/') + 1;

	if (!is_runners_reason(reason))
		expected(s, "a reason that ft-runners(5) lists as member");
	if (!cJSON_IsArray(value))
		expected(s, "an array of regular expressions");
	each(s, value, check_expression);
}

static void
check_reasons(struct source *s, const cJSON *value)
{
	if (!cJSON_IsObject(value))
		expected(s, "an object from reason to regular expressions");
	each(s, value, check_expressions);
}

static void
check_format(struct source *s, const cJSON *value)
{
	if (!cJSON_IsString(value) || !verdict_reader_of(value->valuestring))
		expected(s, "playwright, mocha, cypress or junit");
}

static void
check_placeholder(struct source *s, const cJSON *value)
{
	if (!cJSON_IsString(value) && !cJSON_IsNumber(value))
		expected(s, "a string or a number");
}

static void
check_words(struct source *s, const cJSON *value)
{
	if (!cJSON_IsObject(value))
		expected(s, "an object of placeholders");
	each(s, value, check_placeholder);
}

static void
check_viewports(struct source *s, const cJSON *value)
{
	if (!cJSON_IsObject(value))
		expected(s, "an object from viewport to placeholders");
	each(s, value, check_words);
}

static void
check_browser_member(struct source *s, const cJSON *value)
{
	const char *key = value->string;

	if (strcmp(key, "need") == 0 || strcmp(key, "prefix") == 0)
		check_texts(s, value);
	else
		check_placeholder(s, value);
}

static void
check_browser(struct source *s, const cJSON *value)
{
	if (!cJSON_IsObject(value))
		expected(s, "an object of placeholders");
	each(s, value, check_browser_member);
}

static void
check_browsers(struct source *s, const cJSON *value)
{
	if (!cJSON_IsObject(value))
		expected(s, "an object from browser to placeholders");
	each(s, value, check_browser);
}

struct member {
	const char *name;
	check *check;
};

static check *
check_of(const struct member *members, size_t count, const char *name)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(members[i].name, name) == 0)
			return members[i].check;
	return NULL;
}

static void
check_result_member(struct source *s, const cJSON *value)
{
	static const struct member members[] = {
	    {"format", check_format}, {"file", check_text}};
	check *known = check_of(members, 2, value->string);

	if (known == NULL)
		expected(s, "the members format and file");
	else
		known(s, value);
}

static void
check_result(struct source *s, const cJSON *value)
{
	if (!cJSON_IsObject(value))
		expected(s, "an object of format and file");
	each(s, value, check_result_member);
}

static void
check_entry_member(struct source *s, const cJSON *value)
{
	static const struct member members[] = {
	    {"match", check_texts},
	    {"folder", check_texts},
	    {"argv", check_texts},
	    {"share", check_texts},
	    {"split", check_texts},
	    {"env", check_env},
	    {"viewports", check_viewports},
	    {"browsers", check_browsers},
	    {"polite", check_polite},
	    {"result", check_result},
	    {"exit", check_exit},
	    {"reasons", check_reasons},
	    {"install", check_text},
	};
	check *known = check_of(
	    members, sizeof(members) / sizeof(members[0]), value->string);

	if (known == NULL)
		expected(s, "no such member: ft-runners(5) lists them");
	else
		known(s, value);
}

static void
check_entry(struct source *s, const cJSON *value)
{
	const char *name = value->string ? value->string : "";

	if (*name == '\0' || name[strspn(name, NAME_CHARS)] != '\0')
		expected(s, "a runner's name of A-Z a-z 0-9 . _ -");
	if (!cJSON_IsObject(value))
		expected(s, "an object");
	each(s, value, check_entry_member);
}

void
runner_check(const char *path, const char *text, const cJSON *table)
{
	struct source s = {.path = path, .text = text};

	buf_puts(&s.pointer, "");
	if (!cJSON_IsObject(table))
		expected(&s, "an object from runner to entry");
	each(&s, table, check_entry);
	buf_free(&s.pointer);
}

/* The placeholders of a template must be known. */
static void
check_template(struct source *s, const cJSON *value)
{
	char *name = cJSON_IsString(value)
	                 ? runner_unknown_word(s->entry, value->valuestring)
	                 : NULL;

	if (name != NULL)
		expected(s,
		    "no placeholder {%s}: ft-runners(5) lists "
		    "them",
		    name);
}

static void
check_templates(struct source *s)
{
	static const char *const members[] = {
	    "argv", "share", "split", "env", "result"};
	size_t len = s->pointer.len, i;
	const cJSON *m;

	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		buf_printf(&s->pointer, "/%s", members[i]);
		each(s, json_member(s->entry, members[i]), check_template);
		s->pointer.data[s->pointer.len = len] = '\0';
	}
	for (m = json_first(json_member(s->entry, "browsers")); m != NULL;
	     m = m->next) {
		buf_printf(&s->pointer, "/browsers/%s/prefix", m->string);
		each(s, json_member(m, "prefix"), check_template);
		s->pointer.data[s->pointer.len = len] = '\0';
	}
}

void
runner_check_whole(const char *path, const char *text, const cJSON *entry)
{
	struct source s = {.path = path, .text = text, .entry = entry};
	const cJSON *result = json_member(entry, "result");

	buf_printf(&s.pointer, "/%s", entry->string);
	if (!cJSON_HasObjectItem(entry, "argv"))
		expected(&s, "a member argv");
	if (result == NULL && !cJSON_HasObjectItem(entry, "exit"))
		expected(&s, "a member result or exit");
	if (result != NULL && !cJSON_HasObjectItem(result, "format"))
		expected(&s, "a member format in result");
	if (result != NULL && !cJSON_HasObjectItem(result, "file"))
		expected(&s, "a member file in result");
	check_templates(&s);
	buf_free(&s.pointer);
}
