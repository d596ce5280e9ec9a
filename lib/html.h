/*
 * html - text that came from anywhere, as harmless HTML
 *
 * Everything is appended to a buffer, escaped for text and for quoted
 * attributes alike. What a reader could not see or would be misled by is made
 * visible: a control character as its picture (␛), a character that turns
 * the writing direction as its number, [U+202E].
 */
#ifndef HTML_H
#define HTML_H

#include <stdbool.h>
#include <stdint.h>

#include "mem.h"

/* One line: newlines and tabs become spaces. NULL is nothing. */
void html_text(struct buf *b, const char *s);
/* The same, cut after max bytes, at a character, with an ellipsis. */
void html_text_max(struct buf *b, const char *s, size_t max);
/* Lines: newlines and tabs stay, a terminal's colours and moves are left out.
 */
void html_block(struct buf *b, const char *s);

/*
 * Whether s is a relative path that stays below its root: no scheme, no
 * leading slash, no backslash, no empty, . or .. component.
 */
bool html_path_safe(const char *s);
/* A path as part of a URL: everything but A-Za-z0-9-._~/ by number. */
void html_path(struct buf *b, const char *s);

/* "0.42 s", "12.3 s", "4 min 05 s", "1 h 02 min"; NAN: "unknown". */
void html_duration(struct buf *b, double ms);
/* A <time> element that reads "24 Nov 2026, 15:27:10 UTC". */
void html_time(struct buf *b, int64_t utc_ms);

#endif
