/* text: bytes of any kind, as names, as plain text, and as a spec's source */
#include <stdlib.h>
#include <string.h>

#include "folder.h"
#include "fuzz.h"
#include "text.h"
#include "utf8.h"
#include "weight.h"

/* Whether all of it is UTF-8. */
static bool
valid(const char *s)
{
	size_t len = strlen(s), at, n;

	for (at = 0; at < len; at += n)
		if ((n = utf8_char((const unsigned char *)s + at, len - at)) ==
		    0)
			return false;
	return true;
}

static void
plain(const char *s, size_t max)
{
	char *text = text_plain(s, max);
	const char *p;

	fuzz_promise(strlen(text) <= max && valid(text));
	for (p = text; *p != '\0'; p++)
		fuzz_promise(
		    (unsigned char)*p >= ' ' || *p == '\n' || *p == '\t');
	free(text);
}

static void
clean(const char *s, size_t len)
{
	struct buf b = {0};
	const char *tail;

	buf_puts(&b, "");
	utf8_clean(&b, s, len);
	fuzz_promise(strlen(b.data) == b.len && valid(b.data));
	tail = utf8_tail(b.data, b.len, 7);
	fuzz_promise(strlen(tail) <= 7 && valid(tail));
	buf_free(&b);
}

/* One component of a path, never a hidden one, "." or "..". */
static void
name(const char *s)
{
	char *safe = folder_safe(s);

	fuzz_promise(*safe != '\0' && *safe != '.' &&
		     strchr(safe, '/') == NULL && strlen(safe) < 240);
	free(safe);
}

void
fuzz(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	size_t max = size > 0 ? data[0] : 0;

	memcpy(text, data, size);
	text[size] = '\0';
	fuzz_promise(weight_text(text, size) >= (int64_t)size);
	clean(text, size);
	plain(text, max + 3);
	name(text);
	free(text);
}
