/*
 * page - the report of a run, one HTML file that needs nothing else
 *
 * Records are added in the order they were written; the newest with an id is
 * that task's state. A task is rendered when it is added, and only its HTML
 * is kept: a row of the table, and for one that failed, was flaky or lost its
 * worker an article with message, output and attempts.
 *
 * The page makes no request. Its policy (Content-Security-Policy, in the page
 * itself) allows only the style and the script that are in it, by their
 * hashes. The skeleton, the style and the script are lib/report/.
 */
#ifndef PAGE_H
#define PAGE_H

#include <stdint.h>
#include <stdio.h>

#include "record.h"

struct page;

struct page *page_new(void);
void page_free(struct page *p);
void page_add(struct page *p, const struct record *r);

struct page_look {
	const char *title;  /* NULL: the run's name */
	int64_t refresh_ms; /* while the run goes on; 0: never */
	int64_t now_ms;     /* UTC: when the page was made */
};

/*
 * Write it, once. Write errors stay in out. A run that goes on is timed up to
 * now when the page refreshes, else up to the newest time in its records.
 */
void page_write(struct page *p, FILE *out, const struct page_look *look);

#endif
