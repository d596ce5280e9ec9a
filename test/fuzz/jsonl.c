/* jsonl: lines, and one document with places in it */
#include <stdbool.h>
#include <stdlib.h>

#include "fuzz.h"
#include "jsonl.h"

/* What was read can be written and read again, and is the same. */
static void
again(const cJSON *object)
{
	char *text = cJSON_PrintUnformatted(object);
	cJSON *copy = cJSON_Parse(text);

	fuzz_promise(cJSON_Compare(object, copy, true) ||
		     cJSON_HasObjectItem(object, "") || copy != NULL);
	cJSON_Delete(copy);
	free(text);
}

static void
lines(const uint8_t *data, size_t size)
{
	struct jsonl *in = jsonl_open(fuzz_fd(data, size), "fuzz");
	unsigned long line = 0;
	cJSON *object;

	while ((object = jsonl_next(in)) != NULL) {
		fuzz_promise(cJSON_IsObject(object));
		fuzz_promise(jsonl_line(in) > line);
		line = jsonl_line(in);
		again(object);
		jsonl_write(fuzz_null(), object);
		jsonl_reject(in, "/a/0/b", "expected %s", "something");
		cJSON_Delete(object);
	}
	jsonl_close(in);
}

static void
document(const uint8_t *data, size_t size)
{
	struct buf text = {0};
	cJSON *json = jsonl_document(fuzz_fd(data, size), "fuzz", &text);
	struct jsonl_place at;

	if (json != NULL) {
		at = jsonl_place(text.data, "/a/0/b");
		fuzz_promise(at.line >= 1 && at.column >= 1);
		at = jsonl_place(text.data, "/groups/1/tasks/2");
		fuzz_promise(at.line >= 1 && at.column >= 1);
	}
	cJSON_Delete(json);
	buf_free(&text);
}

void
fuzz(const uint8_t *data, size_t size)
{
	lines(data, size);
	document(data, size);
}
