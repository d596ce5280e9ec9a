/*
 * utf8 - what is valid UTF-8 (RFC 3629), and how to make it so
 */
#ifndef UTF8_H
#define UTF8_H

#include <stddef.h>

#include "mem.h"

/* The length of the character at s (len > 0), 0 when it is not one. */
size_t utf8_char(const unsigned char *s, size_t len);

/*
 * Append text as valid UTF-8 without NUL: each byte that does not belong
 * becomes U+FFFD.
 */
void utf8_clean(struct buf *b, const char *text, size_t len);

/* The longest end of s that has at most max bytes and whole characters. */
const char *utf8_tail(const char *s, size_t len, size_t max);

#endif
