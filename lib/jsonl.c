/* jsonl - one JSON object a line */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "jsonl.h"
#include "mem.h"
#include "utf8.h"

#define CHUNK 65536 /* bytes asked of one read(2) */

struct jsonl {
	int fd;
	char *name;
	struct buf buf;
	size_t start;     /* where the lines not yet taken begin */
	size_t scanned;   /* no newline before this place */
	const char *text; /* the line taken last */
	unsigned long line;
	unsigned long bad;
	bool skipping; /* inside a line that is longer than allowed */
	bool ended;
};

static unsigned long bad_total;

__attribute__((constructor)) static void
hooks(void)
{
	cJSON_Hooks h = {.malloc_fn = mem_alloc, .free_fn = free};

	cJSON_InitHooks(&h);
}

struct jsonl *
jsonl_open(int fd, const char *name)
{
	struct jsonl *in = mem_zalloc(1, sizeof(*in));

	in->fd = fd;
	in->name = mem_strdup(name);
	return in;
}

void
jsonl_close(struct jsonl *in)
{
	if (in == NULL)
		return;
	buf_free(&in->buf);
	free(in->name);
	free(in);
}

unsigned long
jsonl_line(const struct jsonl *in)
{
	return in->line;
}

unsigned long
jsonl_bad(const struct jsonl *in)
{
	return in->bad;
}

unsigned long
jsonl_bad_total(void)
{
	return bad_total;
}

static void
complain(const char *name, unsigned long line, unsigned long column,
    const char *what)
{
	bad_total++;
	warnx("%s:%lu:%lu: %s", name, line, column, what);
}

/* cJSON ends a string at an escaped NUL, so nobody may write one. */
static const char *
escaped_nul(const char *text, size_t len)
{
	const char *end = text + len, *p;

	for (p = text; (p = memchr(p, '\\', (size_t)(end - p))) != NULL; p += 2)
		if (end - p < 2)
			return NULL;
		else if (end - p >= 6 && memcmp(p, "\\u0000", 6) == 0)
			return p;
	return NULL;
}

/* NULL when the bytes may be JSON; else what was expected, and where. */
static const char *
bad_bytes(const char *text, size_t len, size_t *where)
{
	const unsigned char *s = (const unsigned char *)text;
	const char *nul;
	size_t i = 0, n;

	while (i < len) {
		n = utf8_char(s + i, len - i);
		*where = i;
		if (n == 0)
			return "expected valid UTF-8";
		if (s[i] == '\0')
			return "expected no NUL byte";
		i += n;
	}
	nul = escaped_nul(text, len);
	if (nul == NULL)
		return NULL;
	*where = (size_t)(nul - text);
	return "expected no NUL in a string";
}

static bool
too_many(const cJSON *object)
{
	const cJSON *m;
	size_t n = 0;

	for (m = object->child; m != NULL; m = m->next)
		if (++n > JSONL_FIELDS_MAX)
			return true;
	return false;
}

static bool
twice(const cJSON *object)
{
	const cJSON *m, *n;

	for (m = object->child; m != NULL; m = m->next)
		for (n = m->next; n != NULL; n = n->next)
			if (strcmp(m->string, n->string) == 0)
				return true;
	return false;
}

static bool
blank(const char *s, size_t len)
{
	while (len > 0 && isspace((unsigned char)*s))
		s++, len--;
	return len == 0;
}

static cJSON *
parse(const char *text, size_t len, size_t *where, const char **what)
{
	const char *end = NULL;
	cJSON *json;

	*what = bad_bytes(text, len, where);
	if (*what != NULL)
		return NULL;
	json = cJSON_ParseWithLengthOpts(text, len, &end, 0);
	*where = end ? (size_t)(end - text) : 0;
	if (json == NULL) {
		*what = *where + 1 < len ? "expected JSON"
		                         : "expected JSON up to the end";
		return NULL;
	}
	if (!blank(end, len - *where)) {
		*what = "expected nothing after the JSON value";
		cJSON_Delete(json);
		return NULL;
	}
	return json;
}

/* The line's object; NULL after a complaint. */
static cJSON *
object(struct jsonl *in, const char *text, size_t len)
{
	const char *what;
	size_t where = 0;
	cJSON *json = parse(text, len, &where, &what);

	if (json != NULL) {
		where = 0;
		if (!cJSON_IsObject(json))
			what = "expected a JSON object";
		else if (too_many(json))
			what = "expected at most 1024 members";
		else if (twice(json))
			what = "expected every member once";
		else
			return json;
		cJSON_Delete(json);
	}
	in->bad++;
	complain(in->name, in->line, where + 1, what);
	return NULL;
}

/* A line that outgrew the limit is dropped while it is still being read. */
static void
outgrown(struct jsonl *in)
{
	if (in->buf.len - in->start <= JSONL_LINE_MAX)
		return;
	if (!in->skipping) {
		in->bad++;
		complain(in->name, in->line + 1, JSONL_LINE_MAX,
		    "expected a line of at most 16 MiB");
	}
	in->skipping = true;
	in->buf.len = in->start;
	in->scanned = in->start;
}

static void
compact(struct jsonl *in)
{
	if (in->start == 0)
		return;
	memmove(
	    in->buf.data, in->buf.data + in->start, in->buf.len - in->start);
	in->buf.len -= in->start;
	in->scanned -= in->start;
	in->start = 0;
}

bool
jsonl_fill(struct jsonl *in)
{
	ssize_t n;

	if (in->ended)
		return false;
	compact(in);
	buf_reserve(&in->buf, CHUNK);
	do
		n = read(in->fd, in->buf.data + in->buf.len, CHUNK);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return true;
	if (n < 0)
		err(EX_IOERR, "%s", in->name);
	in->ended = n == 0;
	in->buf.len += (size_t)n;
	return n > 0;
}

/* The next line among the bytes read, without its newline. */
static bool
line(struct jsonl *in, char **text, size_t *len)
{
	char *end;

	if (in->buf.len == in->start)
		return false;
	end =
	    memchr(in->buf.data + in->scanned, '\n', in->buf.len - in->scanned);
	if (end == NULL && !in->ended) {
		in->scanned = in->buf.len;
		outgrown(in);
		return false;
	}
	if (end == NULL)
		end = in->buf.data + in->buf.len;
	*text = in->buf.data + in->start;
	*len = (size_t)(end - *text);
	in->start += *len + (in->start + *len < in->buf.len);
	in->scanned = in->start;
	in->line++;
	return true;
}

cJSON *
jsonl_take(struct jsonl *in)
{
	cJSON *json;
	char *text;
	size_t len;

	while (line(in, &text, &len)) {
		if (in->skipping || blank(text, len)) {
			in->skipping = false;
			continue;
		}
		in->text = text;
		json = object(in, text, len);
		if (json != NULL)
			return json;
	}
	return NULL;
}

cJSON *
jsonl_next(struct jsonl *in)
{
	cJSON *json;

	for (;;) {
		json = jsonl_take(in);
		if (json != NULL)
			return json;
		if (!jsonl_fill(in) && in->start == in->buf.len)
			return NULL;
	}
}

void
jsonl_reject(struct jsonl *in, const char *pointer, const char *format, ...)
{
	struct jsonl_place at = jsonl_place(in->text, pointer);
	va_list ap;
	char *what;

	va_start(ap, format);
	what = mem_vprintf(format, ap);
	va_end(ap);
	in->bad++;
	complain(in->name, in->line, at.column, what);
	free(what);
}

static void
slurp(int fd, const char *name, struct buf *text)
{
	ssize_t n;

	buf_reset(text);
	do {
		buf_reserve(text, CHUNK);
		n = read(fd, text->data + text->len, CHUNK);
		if (n < 0 && errno != EINTR)
			err(EX_IOERR, "%s", name);
		text->len += n > 0 ? (size_t)n : 0;
		text->data[text->len] = '\0';
	} while (n != 0 && text->len <= JSONL_DOCUMENT_MAX);
}

cJSON *
jsonl_document(int fd, const char *name, struct buf *text)
{
	struct jsonl_place at = {1, 1};
	const char *what;
	size_t where = 0, i;
	cJSON *json = NULL;

	slurp(fd, name, text);
	if (text->len > JSONL_DOCUMENT_MAX)
		what = "expected a document of at most 256 MiB";
	else
		json = parse(text->data, text->len, &where, &what);
	if (json != NULL)
		return json;
	for (i = 0; i < where; i++, at.column++)
		if (text->data[i] == '\n') {
			at.line++;
			at.column = 0;
		}
	complain(name, at.line, at.column, what);
	return NULL;
}

bool
jsonl_put(FILE *out, cJSON *object)
{
	char *text = jsonl_print(object);
	bool written;

	written = fputs(text, out) != EOF && putc('\n', out) != EOF;
	free(text);
	return written;
}

void
jsonl_write(FILE *out, cJSON *object)
{
	if (!jsonl_put(out, object))
		err(EX_IOERR, "stdout");
}
