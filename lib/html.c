/* html - text that came from anywhere, as harmless HTML */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "html.h"

/* The code point at s, which is valid UTF-8, and its length. */
static uint32_t
decode(const char *s, size_t *len)
{
	const unsigned char *u = (const unsigned char *)s;
	uint32_t c = u[0];
	size_t i;

	*len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	if (*len > 1)
		c &= 0x7fu >> *len;
	for (i = 1; i < *len; i++) {
		if (u[i] == '\0') {
			*len = i;
			return 0xfffd;
		}
		c = c << 6 | (u[i] & 0x3f);
	}
	return c;
}

/* Marks, embeddings, overrides and isolates; separators that break lines. */
static bool
misleads(uint32_t c)
{
	return c == 0x061c || c == 0x200e || c == 0x200f ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
	       (c >= 0x80 && c < 0xa0) || (c >= 0xfff9 && c <= 0xfffb) ||
	       (c & 0xfffe) == 0xfffe || (c >= 0xe0000 && c <= 0xe007f);
}

static void
ascii(struct buf *b, char c)
{
	switch (c) {
	case '&':
		buf_puts(b, "&amp;");
		break;
	case '<':
		buf_puts(b, "&lt;");
		break;
	case '>':
		buf_puts(b, "&gt;");
		break;
	case '"':
		buf_puts(b, "&quot;");
		break;
	case '\'':
		buf_puts(b, "&#39;");
		break;
	case 0x7f:
		buf_puts(b, "␡");
		break;
	default:
		if ((unsigned char)c >= ' ')
			buf_putc(b, c);
		else /* the pictures begin at U+2400 */
			buf_printf(b, "\xe2\x90%c", 0x80 + c);
	}
}

static size_t
character(struct buf *b, const char *s)
{
	size_t len;
	uint32_t c = decode(s, &len);

	if (c < 0x80)
		ascii(b, *s);
	else if (c == 0xfffd)
		buf_puts(b, "\xef\xbf\xbd");
	else if (misleads(c))
		buf_printf(b, "[U+%04X]", (unsigned)c);
	else
		buf_add(b, s, len);
	return len;
}

void
html_text_max(struct buf *b, const char *s, size_t max)
{
	size_t plain, i = 0;

	while (s != NULL && s[i] != '\0') {
		if (i >= max) {
			buf_puts(b, "…");
			return;
		}
		for (plain = i;
		     (s[i] >= '?' || s[i] == ' ') && s[i] < 0x7f && i < max;
		     i++)
			;
		buf_add(b, s + plain, i - plain);
		if (s[i] == '\0' || i >= max)
			continue;
		if (s[i] == '\n' || s[i] == '\t' || s[i] == '\r') {
			buf_putc(b, ' ');
			i++;
		} else {
			i += character(b, s + i);
		}
	}
}

void
html_text(struct buf *b, const char *s)
{
	html_text_max(b, s, SIZE_MAX);
}

/* The length of a terminal's control sequence at s (ECMA-48, 5.4), or 0. */
static size_t
sequence(const char *s)
{
	const char *p = s + 2;

	if (s[0] != '\x1b' || s[1] != '[')
		return 0;
	p += strspn(p, "0123456789:;<=>?");
	p += strspn(p, " !\"#$%&'()*+,-./");
	return *p >= '@' && *p <= '~' ? (size_t)(p + 1 - s) : 0;
}

void
html_block(struct buf *b, const char *s)
{
	size_t skip;

	while (s != NULL && *s != '\0') {
		skip = sequence(s);
		if (skip == 0 && s[0] == '\r' && s[1] == '\n')
			skip = 1;
		if (skip == 0 && (*s == '\n' || *s == '\t')) {
			buf_putc(b, *s);
			skip = 1;
		}
		s += skip ? skip : character(b, s);
	}
}

bool
html_path_safe(const char *s)
{
	size_t len;

	if (*s == '\0' || strpbrk(s, ":\\") != NULL)
		return false;
	for (;;) {
		len = strcspn(s, "/");
		if (len == 0 || (len == 1 && s[0] == '.') ||
		    (len == 2 && s[0] == '.' && s[1] == '.'))
			return false;
		if (s[len] == '\0')
			return true;
		s += len + 1;
	}
}

void
html_path(struct buf *b, const char *s)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~/";

	for (; *s != '\0'; s++)
		if (strchr(plain, *s) != NULL)
			buf_putc(b, *s);
		else
			buf_printf(b, "%%%02X", (unsigned char)*s);
}

void
html_duration(struct buf *b, double ms)
{
	double s = ms / 1000, whole = round(s);

	if (isnan(ms))
		buf_puts(b, "unknown");
	else if (s < 10)
		buf_printf(b, "%.2f s", s);
	else if (s < 59.95)
		buf_printf(b, "%.1f s", s);
	else if (whole < 3600)
		buf_printf(
		    b, "%.0f min %02.0f s", floor(whole / 60), fmod(whole, 60));
	else
		buf_printf(b, "%.0f h %02.0f min", floor(whole / 3600),
		    floor(fmod(whole, 3600) / 60));
}

void
html_time(struct buf *b, int64_t utc_ms)
{
	time_t seconds = utc_ms / 1000;
	struct tm tm;
	char machine[64], human[64];

	if (gmtime_r(&seconds, &tm) == NULL)
		return;
	strftime(machine, sizeof(machine), "%Y-%m-%dT%H:%M:%SZ", &tm);
	strftime(human, sizeof(human), "%e %b %Y, %H:%M:%S UTC", &tm);
	buf_printf(b, "<time datetime=\"%s\">%s</time>", machine,
	    human + (human[0] == ' '));
}
