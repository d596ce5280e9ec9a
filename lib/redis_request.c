/* redis_request - requests as the protocol wants them */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "redis_impl.h"

struct request *
request_command(const char *name)
{
	struct request *q = mem_zalloc(1, sizeof(*q));

	request_text(q, name);
	return q;
}

struct request *
request_script(struct redis_script *s, const char *key)
{
	struct request *q = mem_zalloc(1, sizeof(*q));

	q->script = s;
	request_text(q, "1");
	request_text(q, key);
	return q;
}

struct request *
request_shared(struct request *q)
{
	q->shared = true;
	return q;
}

void
request_add(struct request *q, const void *data, size_t len)
{
	buf_printf(&q->args, "$%zu\r\n", len);
	buf_add(&q->args, data, len);
	buf_puts(&q->args, "\r\n");
	q->count++;
}

void
request_text(struct request *q, const char *s)
{
	request_add(q, s, strlen(s));
}

void
request_int(struct request *q, int64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)n);
	request_text(q, text);
}

void
request_free(struct request *q)
{
	buf_free(&q->args);
	free(q);
}
