/*
 * text - bytes from anywhere, as text that may be shown
 */
#ifndef TEXT_H
#define TEXT_H

#include <stddef.h>

/*
 * Plain text: escape sequences and control characters but newline and tab are
 * taken out, what is not UTF-8 becomes U+FFFD, white space at the end goes.
 * At most max bytes; what is cut ends in "…". Free it.
 */
char *text_plain(const char *s, size_t max);

#endif
