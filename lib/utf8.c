/* utf8 - what is valid UTF-8 (RFC 3629), and how to make it so */
#include "utf8.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

size_t
utf8_char(const unsigned char *s, size_t len)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t n, i;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	n = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (n > len || s[1] < low || s[1] > high)
		return 0;
	for (i = 2; i < n; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return n;
}

/* How many bytes from s on are whole characters, none of them NUL. */
static size_t
sound(const unsigned char *s, size_t len)
{
	size_t i = 0, n;

	for (; i < len && s[i] != '\0'; i += n) {
		n = utf8_char(s + i, len - i);
		if (n == 0)
			break;
	}
	return i;
}

void
utf8_clean(struct buf *b, const char *text, size_t len)
{
	size_t n;

	for (;;) {
		n = sound((const unsigned char *)text, len);
		buf_add(b, text, n);
		if (n == len)
			break;
		buf_puts(b, REPLACEMENT);
		text += n + 1;
		len -= n + 1;
	}
}

const char *
utf8_tail(const char *s, size_t len, size_t max)
{
	const char *p = s;

	if (len > max)
		p += len - max;
	while (p > s && ((unsigned char)*p & 0xc0) == 0x80)
		p++;
	return p;
}
