/* rerun - how to repeat an attempt by hand */
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "rerun.h"
#include "utf8.h"

/* Characters that no shell minds, whatever stands around them. */
#define HARMLESS "%+,-./0123456789:=@_"

static size_t
folder_at(const char *s, const char *folder)
{
	size_t len = strlen(folder);

	return strncmp(s, folder, len) == 0 && !isalnum((unsigned char)s[len])
	           ? len
	           : 0;
}

/*
 * The length of a folder at s that will be gone, and what stands for it; 0:
 * there is none.
 */
static size_t
passing(const char *s, const struct runner_where *where, const char **instead)
{
	size_t len = folder_at(s, where->cache);

	*instead = len ? "\"$out\"/cache" : "\"$out\"";
	/* tmp last: the others' names begin with it */
	if (len == 0)
		len = folder_at(s, where->out);
	return len ? len : folder_at(s, where->tmp);
}

static bool
plain(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!isascii(s[i]) || (!isalpha((unsigned char)s[i]) &&
					  strchr(HARMLESS, s[i]) == NULL))
			return false;
	return true;
}

static void
quote(struct buf *b, const char *s, size_t len)
{
	size_t i;

	if (plain(s, len)) {
		buf_add(b, s, len);
		return;
	}
	buf_putc(b, '\'');
	for (i = 0; i < len; i++)
		if (s[i] == '\'')
			buf_puts(b, "'\\''");
		else
			buf_putc(b, s[i]);
	buf_putc(b, '\'');
}

static void
word(struct buf *b, const char *s, const struct runner_where *where)
{
	const char *from = s, *instead;
	size_t len;

	if (*s == '\0')
		buf_puts(b, " ''");
	else
		buf_putc(b, ' ');
	while (*s != '\0') {
		len = passing(s, where, &instead);
		if (len == 0) {
			s++;
			continue;
		}
		quote(b, from, (size_t)(s - from));
		buf_puts(b, instead);
		s += len;
		from = s;
	}
	quote(b, from, (size_t)(s - from));
}

static bool
is_text(const char *s, size_t len)
{
	size_t n = 1;

	for (; len > 0 && n > 0; s += n, len -= n)
		n = utf8_char((const unsigned char *)s, len);
	return n > 0;
}

char *
rerun_command(const struct runner_plan *plan, const struct runner_where *where)
{
	struct buf b = {0};
	size_t i;

	buf_puts(&b, "(out=$(mktemp -d) && cd");
	word(&b, plan->dir, where);
	buf_puts(&b, " && env");
	for (i = 0; plan->env[i] != NULL; i++)
		word(&b, plan->env[i], where);
	for (i = 0; plan->argv[i] != NULL; i++)
		word(&b, plan->argv[i], where);
	buf_putc(&b, ')');
	if (b.len <= RERUN_MAX && is_text(b.data, b.len))
		return b.data;
	buf_free(&b);
	return NULL;
}
