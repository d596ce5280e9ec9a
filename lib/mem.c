/* mem - memory that is always there */
#include <err.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "mem.h"

static void *
sure(void *p)
{
	if (p == NULL)
		err(EX_OSERR, "memory");
	return p;
}

void *
mem_alloc(size_t size)
{
	return sure(malloc(size ? size : 1));
}

void *
mem_zalloc(size_t count, size_t size)
{
	return sure(calloc(count ? count : 1, size ? size : 1));
}

void *
mem_realloc(void *p, size_t size)
{
	return sure(realloc(p, size ? size : 1));
}

char *
mem_strdup(const char *s)
{
	return sure(strdup(s));
}

char *
mem_strndup(const char *s, size_t len)
{
	return sure(strndup(s, len));
}

char *
mem_vprintf(const char *format, va_list ap)
{
	char *s;

	if (vasprintf(&s, format, ap) < 0)
		err(EX_OSERR, "memory");
	return s;
}

char *
mem_printf(const char *format, ...)
{
	va_list ap;
	char *s;

	va_start(ap, format);
	s = mem_vprintf(format, ap);
	va_end(ap);
	return s;
}

void
buf_reserve(struct buf *b, size_t more)
{
	size_t cap = b->cap ? b->cap : 256;

	if (more >= SIZE_MAX / 2 - b->len)
		errx(EX_OSERR, "memory: %zu bytes more is too much", more);
	while (cap < b->len + more + 1)
		cap *= 2;
	if (cap == b->cap)
		return;
	b->data = mem_realloc(b->data, cap);
	b->cap = cap;
}

void
buf_add(struct buf *b, const void *data, size_t len)
{
	buf_reserve(b, len);
	if (len > 0)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void
buf_puts(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_putc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

/* Most of what is printed is short, and fits at the first try. */
void
buf_printf(struct buf *b, const char *format, ...)
{
	va_list ap;
	size_t room;
	int len;

	buf_reserve(b, 64);
	room = b->cap - b->len;
	va_start(ap, format);
	len = vsnprintf(b->data + b->len, room, format, ap);
	va_end(ap);
	if (len < 0)
		err(EX_SOFTWARE, "format");
	if ((size_t)len >= room) {
		buf_reserve(b, (size_t)len);
		va_start(ap, format);
		vsnprintf(b->data + b->len, (size_t)len + 1, format, ap);
		va_end(ap);
	}
	b->len += (size_t)len;
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	if (b->data != NULL)
		b->data[0] = '\0';
}

void
buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){0};
}
