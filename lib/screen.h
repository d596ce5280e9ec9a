/*
 * screen - a few lines of a terminal that are redrawn in place
 *
 * A frame is composed line by line and then shown. The cursor waits, unseen,
 * on an empty line above the frame: what somebody else writes goes there and
 * scrolls away, a changed width moves nothing, and the next frame stands below
 * again. Nothing here ever waits for the terminal.
 *
 * Of several programs that would draw on one terminal, as in a pipeline, one
 * does at a time: it holds a lock on the terminal (flock(2)) and the others
 * show nothing.
 *
 * TERM=dumb or none: a frame is plain lines and never redrawn. NO_COLOR (set,
 * not empty): no colours.
 */
#ifndef SCREEN_H
#define SCREEN_H

#include <stdbool.h>

struct screen;

enum ink {
	INK_PLAIN,
	INK_STRONG,
	INK_SOFT,
	INK_GOOD,
	INK_BAD,
	INK_WARN,
	INK_BUSY
};

/* NULL, which all of these take, unless fd is a terminal we may write on. */
struct screen *screen_open(int fd);
/* What is shown stays and the cursor stands below it, or it goes away. */
void screen_close(struct screen *s, bool keep);

/* Whether it is time for another frame, so that eyes can follow. */
bool screen_due(struct screen *s);
/* Nothing for so long: what is done at once needs no word. */
void screen_delay(struct screen *s, int ms);

/* A frame, as wide as the terminal now is. */
void screen_begin(struct screen *s);
bool screen_plain(const struct screen *s);
int screen_columns(const struct screen *s);
int screen_column(const struct screen *s);     /* where the line has come to */
int screen_lines_left(const struct screen *s); /* of the frame */

/* Append to the line, as far as there is room; s may be any text. */
void screen_text(struct screen *s, enum ink ink, const char *text);
void screen_printf(struct screen *s, enum ink ink, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same text, cut at its front so that it ends before a column. */
void screen_tail(struct screen *s, enum ink ink, const char *text, int column);
/* Blanks up to a column; one at least, when the line is not empty. */
void screen_tab(struct screen *s, int column);
/* So many columns of a bar; done or still to do. */
void screen_bar(struct screen *s, enum ink ink, int columns, bool done);
void screen_next(struct screen *s); /* the line is whole */

/* Show the frame, unless it is the one that is there. */
void screen_show(struct screen *s);

#endif
