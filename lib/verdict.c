/* verdict - what an attempt's result file says */
#include <ctype.h>
#include <regex.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "mem.h"
#include "text.h"
#include "verdict.h"

#define REPLACEMENT "\\ufffd"

verdict_reader *
verdict_reader_of(const char *format)
{
	static const struct {
		const char *format;
		verdict_reader *reader;
	} readers[] = {
	    {"playwright", verdict_playwright},
	    {"mocha", verdict_mocha},
	    {"cypress", verdict_cypress},
	    {"junit", verdict_junit},
	};
	size_t i;

	for (i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		if (strcmp(readers[i].format, format) == 0)
			return readers[i].reader;
	return NULL;
}

static bool
matches(const char *expression, const char *text)
{
	regex_t re;
	bool yes;

	if (regcomp(&re, expression, REG_EXTENDED | REG_NOSUB | REG_NEWLINE))
		return false;
	yes = regexec(&re, text, 0, NULL, 0) == 0;
	regfree(&re);
	return yes;
}

enum reason
verdict_reason(const cJSON *reasons, const char *text)
{
	const cJSON *reason, *expression;

	for (reason = json_first(reasons); reason != NULL;
	     reason = reason->next)
		for (expression = json_first(reason); expression != NULL;
		     expression = expression->next)
			if (matches(expression->valuestring, text))
				return reason_of(reason->string);
	return REASON_NONE;
}

const char *
verdict_excerpt(const cJSON *reasons, const char *output)
{
	const char *line = output, *next;
	char *one;
	bool yes;

	for (; *line != '\0'; line = next) {
		next = line + strcspn(line, "\n");
		next += *next == '\n';
		one = mem_strndup(line, (size_t)(next - line));
		yes = verdict_reason(reasons, one) != REASON_NONE;
		free(one);
		if (yes)
			return line + strspn(line, " ");
	}
	return output;
}

void
verdict_error(struct verdict *v, enum reason why, const char *format, ...)
{
	va_list ap;
	char *what;

	v->result = RESULT_ERROR;
	v->reason = why;
	if (v->message.len > 0)
		return;
	va_start(ap, format);
	what = mem_vprintf(format, ap);
	va_end(ap);
	buf_puts(&v->message, what);
	free(what);
}

static const char *
past_space(const char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	return s;
}

/* Keep the first message; one that a reason explains replaces it. */
static void
note(struct verdict *v, enum reason why, const char *name, const char *plain)
{
	if (v->reason == REASON_NONE && why != REASON_NONE) {
		v->result = RESULT_ERROR;
		v->reason = why;
		buf_reset(&v->message);
	}
	if (v->message.len == 0)
		buf_printf(&v->message, "%s%s%s", name, *name ? ": " : "",
		    past_space(plain));
}

void
verdict_failure(const struct evidence *e, struct verdict *v, const char *name,
    const char *message)
{
	char *plain = text_plain(message, SIZE_MAX / 2);
	enum reason why = verdict_reason(e->reasons, plain);

	if (why != REASON_BROWSER && why != REASON_SIGNAL)
		why = REASON_NONE;
	note(v, why, name, plain);
	free(plain);
}

void
verdict_trouble(const struct evidence *e, struct verdict *v,
    const char *message, enum reason otherwise)
{
	char *plain = text_plain(message, SIZE_MAX / 2);
	enum reason why = verdict_reason(e->reasons, plain);

	note(v, why ? why : otherwise, "", plain);
	free(plain);
}

/* The output may tell why. */
static void
no_tests(const struct evidence *e, struct verdict *v)
{
	if (e->exit_code != 0 &&
	    verdict_reason(e->reasons, e->output) != REASON_NONE)
		verdict_trouble(e, v, verdict_excerpt(e->reasons, e->output),
		    REASON_NO_TESTS);
	else
		verdict_error(v, REASON_NO_TESTS, "no tests were run");
}

void
verdict_by_counts(const struct evidence *e, struct verdict *v)
{
	v->counted = true;
	if (v->result != RESULT_NONE)
		return;
	if (v->failed > 0)
		v->result = RESULT_FAILED;
	else if (v->passed + v->flaky + v->skipped == 0)
		no_tests(e, v);
	else if (e->exit_code > 128)
		verdict_error(v, REASON_INTERRUPTED,
		    "exit status %d, and no test failed", e->exit_code);
	else if (e->exit_code != 0)
		verdict_error(v, REASON_EXIT,
		    "exit status %d, and no test failed", e->exit_code);
	else
		v->result = v->flaky > 0 ? RESULT_FLAKY : RESULT_PASSED;
}

long
verdict_number(const cJSON *object, const char *name)
{
	const cJSON *n = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsNumber(n) && n->valuedouble > 0 ? n->valueint : 0;
}

static const char *
past_string(const char *s)
{
	for (s++; *s != '"' && *s != '\0'; s++)
		if (*s == '\\' && s[1] != '\0')
			s++;
	return s + (*s == '"');
}

static const char *
past_value(const char *s)
{
	size_t depth = 0;

	do {
		s = past_space(s);
		if (*s == '"')
			s = past_string(s);
		else if (*s == '{' || *s == '[')
			depth++, s++;
		else if (*s == '}' || *s == ']')
			depth--, s++;
		else if (depth == 0)
			return s + strcspn(s, ",]}");
		else
			s += *s != '\0';
	} while (depth > 0 && *s != '\0');
	return s;
}

/* Members that may be as large as what a spec prints, or tell nothing new. */
static bool
bulky(const char *name, size_t len)
{
	static const char *const names[] = {"\"stdout\"", "\"stderr\"",
	    "\"attachments\"", "\"config\"", "\"steps\"", "\"snippet\""};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
			return true;
	return false;
}

/* The code unit that \uXXXX at s means; 0 when it is not one. */
static unsigned long
unit(const char *s)
{
	char hex[5] = "";

	if (s[0] != '\\' || s[1] != 'u')
		return 0;
	strncpy(hex, s + 2, 4);
	return strspn(hex, "0123456789abcdefABCDEF") == 4
	           ? strtoul(hex, NULL, 16)
	           : 0;
}

/* The code unit or pair at s, or U+FFFD; its length comes back. */
static size_t
add_unit(struct buf *out, const char *s)
{
	unsigned long u = unit(s);
	bool pair =
	    u >> 10 == 0xd800 >> 10 && unit(s + 6) >> 10 == 0xdc00 >> 10;
	size_t n = pair ? 12 : 6;

	if (u == 0 || (u >> 11 == 0xd800 >> 11 && !pair))
		buf_puts(out, REPLACEMENT);
	else
		buf_add(out, s, n);
	return n;
}

/* A copy that has no NUL and no half of a surrogate pair. */
static void
add_string(struct buf *out, const char *s, const char *end)
{
	const char *escape;

	while ((escape = memchr(s, '\\', (size_t)(end - s))) != NULL) {
		buf_add(out, s, (size_t)(escape - s));
		s = escape;
		if (s[1] == 'u' && end - s >= 6) {
			s += add_unit(out, s);
			continue;
		}
		buf_add(out, s, end - s >= 2 ? 2 : 1);
		s += end - s >= 2 ? 2 : 1;
	}
	buf_add(out, s, (size_t)(end - s));
}

cJSON *
verdict_json(const char *s)
{
	struct buf kept = {0};
	const char *end;
	cJSON *json;
	size_t n;

	for (; *s != '\0'; s = end) {
		n = strcspn(s, "\"");
		buf_add(&kept, s, n);
		s += n;
		if (*s == '\0')
			break;
		end = past_string(s);
		add_string(&kept, s, end);
		if (*past_space(end) == ':' && bulky(s, (size_t)(end - s))) {
			buf_puts(&kept, ":null");
			end = past_value(past_space(end) + 1);
		}
	}
	json = kept.data ? cJSON_Parse(kept.data) : NULL;
	buf_free(&kept);
	return json;
}
