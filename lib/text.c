/* text - bytes from anywhere, as text that may be shown */
#include <stdbool.h>
#include <string.h>

#include "mem.h"
#include "text.h"
#include "utf8.h"

#define ESC '\033'
#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */
#define ELLIPSIS "\xe2\x80\xa6"    /* U+2026 */

/* The length of the escape sequence (ECMA-48) at s. */
static size_t
escape(const char *s)
{
	size_t n = 2;

	if (s[1] == '\0')
		return 1;
	if (s[1] == '[') {
		while (s[n] >= 0x20 && s[n] <= 0x3f)
			n++;
		return n + (s[n] >= 0x40 && s[n] <= 0x7e);
	}
	if (strchr("]PX^_", s[1]) == NULL)
		return n;
	while (s[n] != '\0' && s[n] != '\a' && s[n] != ESC)
		n++;
	if (s[n] == ESC && s[n + 1] == '\\')
		return n + 2;
	return n + (s[n] == '\a');
}

static bool
is_control(const char *s, size_t len)
{
	unsigned char c = (unsigned char)s[0], d = (unsigned char)s[1];

	if (len == 2)
		return c == 0xc2 && d < 0xa0;
	return len == 1 && (c < 0x20 || c == 0x7f) && c != '\n' && c != '\t';
}

static void
trim(struct buf *b)
{
	while (b->len > 0 && strchr(" \t\n", b->data[b->len - 1]) != NULL)
		b->data[--b->len] = '\0';
}

/* Cut before a character, so that the ellipsis fits too. */
static void
cut(struct buf *b, size_t max)
{
	size_t len = max - strlen(ELLIPSIS);

	while (len > 0 && ((unsigned char)b->data[len] & 0xc0) == 0x80)
		len--;
	b->len = len;
	trim(b);
	buf_puts(b, ELLIPSIS);
}

char *
text_plain(const char *s, size_t max)
{
	size_t left = strlen(s), n;
	struct buf out = {0};

	buf_reserve(&out, 0);
	out.data[0] = '\0';
	for (; left > 0 && out.len <= max; s += n, left -= n) {
		n = *s == ESC ? escape(s)
		              : utf8_char((const unsigned char *)s, left);
		if (n == 0)
			buf_puts(&out, REPLACEMENT);
		else if (*s != ESC && !is_control(s, n))
			buf_add(&out, s, n);
		n += n == 0;
	}
	trim(&out);
	if (out.len > max)
		cut(&out, max);
	return out.data;
}
