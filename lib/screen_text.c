/* screen_text - the lines of a frame, as wide as they will be shown */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "screen_impl.h"
#include "utf8.h"

bool
screen_plain(const struct screen *s)
{
	return s != NULL && s->plain;
}

int
screen_columns(const struct screen *s)
{
	return s ? s->columns - 1 : 0;
}

int
screen_column(const struct screen *s)
{
	return s ? s->column : 0;
}

/* One row is the cursor's, and one more keeps the frame from scrolling. */
int
screen_lines_left(const struct screen *s)
{
	return s ? s->rows - 2 - s->lines : 0;
}

static void
colour(struct screen *s, enum ink ink)
{
	static const char *const codes[] = {
	    "0", "1", "2", "32", "31", "33", "34"};

	if (s->colour && ink != INK_PLAIN)
		buf_printf(&s->frame, "\033[%sm", codes[ink]);
}

static void
uncolour(struct screen *s, enum ink ink)
{
	if (s->colour && ink != INK_PLAIN)
		buf_puts(&s->frame, "\033[0m");
}

static wchar_t
decode(const unsigned char *c, size_t len)
{
	static const unsigned char first[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	unsigned long u = c[0] & first[len];
	size_t i;

	for (i = 1; i < len; i++)
		u = u << 6 | (c[i] & 0x3f);
	return (wchar_t)u;
}

/*
 * The character at text: how many bytes, and how many columns as it will be
 * shown; -1: as a question mark.
 */
static size_t
character(const struct screen *s, const char *text, int *columns)
{
	const unsigned char *c = (const unsigned char *)text;
	size_t len = utf8_char(c, strnlen(text, 4));

	*columns = -1;
	if (len == 0)
		return 1;
	if (len == 1)
		*columns = *c >= ' ' && *c < 0x7f ? 1 : -1;
	else if (s->wide)
		*columns = wcwidth(decode(c, len));
	return len;
}

static int
width(const struct screen *s, const char *text)
{
	int sum = 0, columns;

	while (*text != '\0') {
		text += character(s, text, &columns);
		sum += columns < 0 ? 1 : columns;
	}
	return sum;
}

static void
ellipsis(struct screen *s)
{
	buf_puts(&s->frame, s->wide ? "\u2026" : ">");
	s->column++;
}

/* Text up to a column; what is cut ends in an ellipsis. */
static void
put(struct screen *s, const char *text, int end)
{
	bool fits = s->column + width(s, text) <= end;
	int columns;
	size_t len;

	for (; *text != '\0'; text += len) {
		len = character(s, text, &columns);
		if (s->column + abs(columns) > end - !fits)
			break;
		if (columns < 0)
			buf_putc(&s->frame, '?');
		else
			buf_add(&s->frame, text, len);
		s->column += abs(columns);
	}
	if (!fits && s->column < end)
		ellipsis(s);
}

void
screen_text(struct screen *s, enum ink ink, const char *text)
{
	if (s == NULL || *text == '\0')
		return;
	colour(s, ink);
	put(s, text, screen_columns(s));
	uncolour(s, ink);
}

void
screen_printf(struct screen *s, enum ink ink, const char *format, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	screen_text(s, ink, text);
}

void
screen_tail(struct screen *s, enum ink ink, const char *text, int column)
{
	int room, all, columns;

	if (s == NULL)
		return;
	room = column - s->column;
	all = width(s, text);
	colour(s, ink);
	if (all > room && room > 0) {
		ellipsis(s);
		while (all > room - 1) {
			text += character(s, text, &columns);
			all -= abs(columns);
		}
	}
	put(s, text, column);
	uncolour(s, ink);
}

void
screen_tab(struct screen *s, int column)
{
	if (s == NULL || s->column == 0)
		column = s ? column : 0;
	else if (column <= s->column)
		column = s->column + 1;
	while (
	    s != NULL && s->column < column && s->column < screen_columns(s)) {
		buf_putc(&s->frame, ' ');
		s->column++;
	}
}

void
screen_bar(struct screen *s, enum ink ink, int columns, bool done)
{
	if (s == NULL)
		return;
	colour(s, ink);
	for (; columns > 0 && s->column < screen_columns(s); columns--) {
		if (s->wide)
			buf_puts(&s->frame, done ? "\u2501" : "\u2500");
		else
			buf_putc(&s->frame, done ? '#' : '-');
		s->column++;
	}
	uncolour(s, ink);
}

void
screen_next(struct screen *s)
{
	if (s == NULL)
		return;
	s->column = 0;
	if (s->lines + 2 > s->rows && !s->plain)
		return;
	buf_putc(&s->frame, '\n');
	s->lines++;
}
