/* page_impl - what the parts of the page share; not for others */
#ifndef PAGE_IMPL_H
#define PAGE_IMPL_H

#include <stdint.h>
#include <stdio.h>

#include "mem.h"
#include "page.h"
#include "summary.h"
#include "timeline.h"

struct stretch {
	int64_t started, ended; /* -1: unknown, or running */
	uint32_t lane;
	uint8_t kind;
};

/* What is kept of a task. */
struct shown {
	char *row;                /* of the table */
	char *article;            /* NULL: it has none */
	struct stretch *attempts; /* those that began */
	uint32_t attempt_count;
	uint8_t status, result;
};

struct page {
	struct summary *summary;
	struct summary_numbers numbers;
	struct timeline *timeline;
	struct shown *tasks;
	size_t count, room;
	size_t article_bytes;
	struct buf scratch;
	const struct page_look *look;
	FILE *out;
};

/* Write what b holds, and empty it. */
void page_send(struct page *p, struct buf *b);

/* The start of a section; n, unless 0, stands beside its heading. */
void page_section(struct buf *b, const char *id, const char *heading, double n);

/* A task's id: a link to its article, or to its row. */
void page_name(struct page *p, struct buf *b, size_t place);

/* One word for the run, which is also the class of its colour. */
const char *page_mood(const struct page *p);

int64_t page_statuses(const struct page *p, enum status status);

/* A term of a list of facts; nothing for a duration that is NAN. */
void page_duration_fact(
    struct buf *b, const char *name, const char *explained, double ms);

/* The parts of the page, called like what stands for them in page.html. */
void page_headline(struct page *p, struct buf *b);
void page_verdict(struct page *p, struct buf *b);
void page_facts(struct page *p, struct buf *b);
void page_running(struct page *p, struct buf *b);
void page_failures(struct page *p, struct buf *b);
void page_flaky(struct page *p, struct buf *b);
void page_lost(struct page *p, struct buf *b);
void page_timeline(struct page *p, struct buf *b);
void page_durations(struct page *p, struct buf *b);
void page_slowest(struct page *p, struct buf *b);
void page_totals(struct page *p, struct buf *b);

#endif
