/* page: records of any content as HTML, which stays our own markup */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "page.h"

static size_t
count(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

static char *
page_of(const uint8_t *data, size_t size)
{
	struct jsonl *in = jsonl_open(fuzz_fd(data, size), "fuzz");
	struct page_look look = {.refresh_ms = 5000, .now_ms = 1764000000000};
	struct page *p = page_new();
	struct record *r;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	while ((r = record_next(in, RECORD_ANY)) != NULL) {
		page_add(p, r);
		record_free(r);
	}
	page_write(p, out, &look);
	fclose(out);
	page_free(p);
	jsonl_close(in);
	fuzz_promise(strlen(text) == len);
	return text;
}

void
fuzz(const uint8_t *data, size_t size)
{
	static const char *const active[] = {
	    "<script", "<style", "<iframe", "<link", "<img", "<svg onload"};
	static size_t ours[6];
	char *text;
	size_t i;

	if (ours[0] == 0) {
		text = page_of((const uint8_t *)"", 0);
		for (i = 0; i < 6; i++)
			ours[i] = count(text, active[i]);
		free(text);
	}
	text = page_of(data, size);
	for (i = 0; i < 6; i++)
		fuzz_promise(count(text, active[i]) == ours[i]);
	free(text);
}
