/*
 * verdict_junit - JUnit XML, which nearly every test runner can write
 *
 * There is no schema that all follow, so this looks at test cases only, never
 * at the sums in test suites: a case with <failure> or <error> has failed, one
 * with <skipped> was skipped, and with <flakyFailure> or <flakyError> (Maven)
 * it passed at last. A case with <skipped> and <failure> is one that may fail
 * (todo). One that is called like the spec is no test but the file itself
 * (node --test): it tells a file without tests, or one that did not load. One
 * without a name is neither. One that is skipped though it had an error to
 * print, and whose namesake follows, is a try that was tried again (wdio).
 */
#include <stdlib.h>
#include <string.h>

#include "verdict.h"

struct tag {
	const char *name;
	size_t len;       /* of the name */
	const char *rest; /* the attributes */
	const char *end;  /* the closing bracket */
	bool closing, empty;
};

struct scan {
	const struct evidence *evidence;
	struct verdict *v;
	struct buf name;    /* of the test case */
	struct buf test;    /* its class and name */
	struct buf message; /* of its first failure */
	struct buf body;    /* that failure's text */
	struct buf tried;   /* class and name of a test that may come again */
	bool inside, failed, skipped, flaky, erred;
};

static void
put_char(struct buf *out, unsigned long c)
{
	if (c == 0 || c > 0x10ffff)
		return;
	if (c < 0x80) {
		buf_putc(out, (char)c);
		return;
	}
	if (c < 0x800) {
		buf_putc(out, (char)(0xc0 | c >> 6));
	} else if (c < 0x10000) {
		buf_putc(out, (char)(0xe0 | c >> 12));
		buf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
	} else {
		buf_putc(out, (char)(0xf0 | c >> 18));
		buf_putc(out, (char)(0x80 | (c >> 12 & 0x3f)));
		buf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	buf_putc(out, (char)(0x80 | (c & 0x3f)));
}

/* One entity at s: what it means goes to out, its length comes back. */
static size_t
entity(struct buf *out, const char *s)
{
	static const struct {
		const char *name;
		char means;
	} names[] = {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'},
	    {"&quot;", '"'}, {"&apos;", '\''}};
	char *end = NULL;
	size_t i, len;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		len = strlen(names[i].name);
		if (strncmp(s, names[i].name, len) == 0) {
			buf_putc(out, names[i].means);
			return len;
		}
	}
	if (s[1] == '#' && s[2] == 'x')
		put_char(out, strtoul(s + 3, &end, 16));
	else if (s[1] == '#')
		put_char(out, strtoul(s + 2, &end, 10));
	if (end != NULL && *end == ';')
		return (size_t)(end + 1 - s);
	buf_putc(out, '&');
	return 1;
}

static void
decode(struct buf *out, const char *s, const char *end)
{
	const char *amp;

	while ((amp = memchr(s, '&', (size_t)(end - s))) != NULL) {
		buf_add(out, s, (size_t)(amp - s));
		s = amp + entity(out, amp);
		if (s > end)
			return;
	}
	buf_add(out, s, (size_t)(end - s));
}

static bool
is(const struct tag *t, const char *name)
{
	return strlen(name) == t->len && strncmp(t->name, name, t->len) == 0;
}

/* An attribute's value, decoded and added to out; false without one. */
static bool
attribute(const struct tag *t, const char *name, struct buf *out)
{
	const char *s = t->rest, *close;
	size_t len;

	while (s < t->end) {
		s += strspn(s, " \t\r\n");
		len = strcspn(s, "= \t\r\n>");
		close = s + len + strspn(s + len, "= \t\r\n");
		if (*close != '"' && *close != '\'')
			return false;
		close = strchr(close + 1, *close);
		if (close == NULL || close > t->end)
			return false;
		if (len == strlen(name) && strncmp(s, name, len) == 0) {
			s += len + strspn(s + len, "= \t\r\n") + 1;
			decode(out, s, close);
			return true;
		}
		s = close + 1;
	}
	return false;
}

/* Where a comment, CDATA section or instruction at s ends; NULL: none is. */
static const char *
past_other(const char *s)
{
	static const char *const pairs[][2] = {
	    {"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<?", "?>"}, {"<!", ">"}};
	const char *end;
	size_t i;

	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (strncmp(s, pairs[i][0], strlen(pairs[i][0])) == 0) {
			end = strstr(s + 2, pairs[i][1]);
			return end ? end + strlen(pairs[i][1]) : s + strlen(s);
		}
	return NULL;
}

/* A bracket inside a quoted value does not end a tag. */
static const char *
tag_end(const char *s)
{
	for (; *s != '\0' && *s != '>'; s++)
		if (*s == '"' || *s == '\'') {
			s = strchr(s + 1, *s);
			if (s == NULL)
				return NULL;
		}
	return *s ? s : NULL;
}

static bool
next_tag(const char **at, struct tag *t)
{
	const char *s = *at, *other;

	while ((s = strchr(s, '<')) != NULL) {
		other = past_other(s);
		if (other != NULL) {
			s = other;
			continue;
		}
		t->closing = s[1] == '/';
		t->name = s + 1 + t->closing;
		t->len = strcspn(t->name, " \t\r\n/>");
		t->rest = t->name + t->len;
		t->end = tag_end(t->rest);
		if (t->end == NULL)
			return false;
		t->empty = t->end[-1] == '/';
		*at = t->end + 1;
		return true;
	}
	return false;
}

/* The text that follows a tag, up to the next one. */
static void
content(const struct tag *t, struct buf *out)
{
	const char *s = t->end + 1, *end;

	while (*s != '\0') {
		if (strncmp(s, "<![CDATA[", 9) == 0) {
			end = strstr(s, "]]>");
			if (end == NULL)
				return;
			buf_add(out, s + 9, (size_t)(end - s) - 9);
			s = end + 3;
		} else if (*s == '<') {
			return;
		} else {
			end = s + strcspn(s, "<");
			decode(out, s, end);
			s = end;
		}
	}
}

static void
start(struct scan *scan, const struct tag *t)
{
	scan->inside = true;
	scan->failed = scan->skipped = scan->flaky = scan->erred = false;
	buf_reset(&scan->message);
	buf_reset(&scan->body);
	buf_reset(&scan->name);
	buf_puts(&scan->name, "");
	attribute(t, "name", &scan->name);
	buf_reset(&scan->test);
	attribute(t, "classname", &scan->test);
	buf_printf(&scan->test, "\n%s", scan->name.data);
}

/* Not a test but the file, or (wdio) whatever came before its tests. */
static bool
is_file(const struct scan *scan)
{
	size_t len = strlen(scan->evidence->spec), n = scan->name.len;
	const char *tail;

	if (n == 0 || n > len)
		return n == 0;
	tail = scan->evidence->spec + len - n;
	return strcmp(tail, scan->name.data) == 0 &&
	       (n == len || tail[-1] == '/');
}

/* If the runner does not know why, the file's output tells. */
static void
file_failed(const struct scan *scan)
{
	const struct evidence *e = scan->evidence;
	const char *said =
	    scan->body.len ? scan->body.data : scan->message.data;

	if (verdict_reason(e->reasons, said) == REASON_NONE)
		said = verdict_excerpt(e->reasons, e->output);
	verdict_trouble(e, scan->v, said, REASON_CONFIG);
}

/* This case is the retry of the one before, which then counts no more. */
static bool
again(struct scan *scan)
{
	bool yes = scan->tried.len > 0 &&
	           strcmp(scan->tried.data, scan->test.data) == 0;

	buf_reset(&scan->tried);
	if (yes)
		scan->v->skipped--;
	return yes;
}

static void
skip(struct scan *scan)
{
	scan->v->skipped++;
	if (scan->erred)
		buf_puts(&scan->tried, scan->test.data);
}

static void
finish(struct scan *scan)
{
	bool retried;

	if (!scan->inside)
		return;
	scan->inside = false;
	retried = again(scan);
	if (is_file(scan)) {
		if (scan->failed)
			file_failed(scan);
	} else if (scan->skipped) {
		skip(scan);
	} else if (scan->failed) {
		scan->v->failed++;
		verdict_failure(scan->evidence, scan->v, scan->name.data,
		    scan->message.data);
	} else if (scan->flaky || retried) {
		scan->v->flaky++;
	} else {
		scan->v->passed++;
	}
}

/* The message names the trouble; the text, often a stack, tells it all. */
static void
failure(struct scan *scan, const struct tag *t)
{
	if (scan->failed)
		return;
	scan->failed = true;
	buf_puts(&scan->message, "");
	attribute(t, "message", &scan->message);
	if (!t->empty)
		content(t, &scan->body);
	if (scan->message.len == 0 && scan->body.len > 0)
		buf_puts(&scan->message, scan->body.data);
	if (scan->message.len == 0)
		attribute(t, "type", &scan->message);
}

static void
visit(struct scan *scan, const struct tag *t)
{
	if (is(t, "testcase")) {
		if (!t->closing)
			start(scan, t);
		if (t->closing || t->empty)
			finish(scan);
	} else if (t->closing || !scan->inside) {
		return;
	} else if (is(t, "failure") || is(t, "error")) {
		failure(scan, t);
	} else if (is(t, "skipped")) {
		scan->skipped = true;
	} else if (is(t, "flakyFailure") || is(t, "flakyError")) {
		scan->flaky = true;
	} else if (is(t, "system-err")) {
		scan->erred = true;
	}
}

bool
verdict_junit(const struct evidence *e, struct verdict *v)
{
	struct scan scan = {.evidence = e, .v = v};
	const char *at = e->text;
	bool complete = false;
	struct tag t;

	while (next_tag(&at, &t)) {
		complete = (t.closing || t.empty) &&
		           (is(&t, "testsuites") || is(&t, "testsuite"));
		visit(&scan, &t);
	}
	if (complete)
		verdict_by_counts(e, v);
	buf_free(&scan.name);
	buf_free(&scan.test);
	buf_free(&scan.message);
	buf_free(&scan.body);
	buf_free(&scan.tried);
	return complete;
}
