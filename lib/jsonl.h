/*
 * jsonl - one JSON object a line
 *
 * The only place that meets a malformed line. A line that is not one object
 * in valid UTF-8 is reported on stderr as "program: name:line:column: what was
 * expected" (columns count bytes from 1), left out and counted; reading goes
 * on with the next. Blank lines are skipped. A last line without its newline
 * is read like any other.
 */
#ifndef JSONL_H
#define JSONL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <cjson/cJSON.h>

#include "mem.h"

#define JSONL_LINE_MAX (16 << 20)      /* bytes of a line */
#define JSONL_DOCUMENT_MAX (256 << 20) /* bytes of a whole document */
#define JSONL_FIELDS_MAX 1024          /* members of the line's object */
#define JSONL_DEPTH_MAX CJSON_NESTING_LIMIT

struct jsonl;

/* name is what messages call it. The descriptor stays the caller's. */
struct jsonl *jsonl_open(int fd, const char *name);
void jsonl_close(struct jsonl *in);

/* The next object, waiting for it; NULL at the end. Free: cJSON_Delete. */
cJSON *jsonl_next(struct jsonl *in);

/*
 * The two halves of jsonl_next, for callers that wait with poll(2): one
 * read(2), false at the end of the input; and the next object among the lines
 * already read, NULL when there is none.
 */
bool jsonl_fill(struct jsonl *in);
cJSON *jsonl_take(struct jsonl *in);

/*
 * Report the object taken last as bad, at the value that the JSON pointer
 * names ("/retries"), or at the nearest thing around it that exists.
 */
void jsonl_reject(struct jsonl *in, const char *pointer, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

unsigned long jsonl_line(const struct jsonl *in); /* taken last, from 1 */
unsigned long jsonl_bad(const struct jsonl *in);  /* lines left out so far */

/* The lines left out by all readers of this process. */
unsigned long jsonl_bad_total(void);

/*
 * Read a whole file as one JSON document; its text stays in *text for
 * jsonl_place. On bad data it reports the place and returns NULL.
 */
cJSON *jsonl_document(int fd, const char *name, struct buf *text);

/* Where the value that a JSON pointer names stands in a valid document. */
struct jsonl_place {
	unsigned long line, column;
};
struct jsonl_place jsonl_place(const char *text, const char *pointer);

/* The text of a line, without its end; free(3) it. */
char *jsonl_print(cJSON *object);
/* Write one line; a failure is a message and exit status 74 (EX_IOERR). */
void jsonl_write(FILE *out, cJSON *object);
/* The same for whoever goes on without a reader: false, and errno, instead. */
bool jsonl_put(FILE *out, cJSON *object);

#endif
