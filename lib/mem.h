/*
 * mem - memory that is always there
 *
 * Every function returns memory or does not return: out of memory is a
 * message and exit status 71 (EX_OSERR). Free with free(3).
 */
#ifndef MEM_H
#define MEM_H

#include <stdarg.h>
#include <stddef.h>

void *mem_alloc(size_t size);
void *mem_zalloc(size_t count, size_t size);
void *mem_realloc(void *p, size_t size);
char *mem_strdup(const char *s);
char *mem_strndup(const char *s, size_t len);
char *mem_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *mem_vprintf(const char *format, va_list ap)
    __attribute__((format(printf, 1, 0)));

/*
 * A growable run of bytes. It starts as {0}, is always followed by a NUL once
 * something was added, and keeps its memory through buf_reset.
 */
struct buf {
	char *data;
	size_t len;
	size_t cap;
};

void buf_reserve(struct buf *b, size_t more); /* room for more, and a NUL */
void buf_add(struct buf *b, const void *data, size_t len);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void buf_reset(struct buf *b);
void buf_free(struct buf *b);

#endif
