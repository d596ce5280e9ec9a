/* jsonl_place - where a value stands in the text of a valid document */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "jsonl.h"

/* What cJSON takes for white space: every control character. */
static const char *
space(const char *s)
{
	while (*s > 0 && *s <= ' ')
		s++;
	return s;
}

/* Past the string, array, object or word at s, in a valid document. */
static const char *
past(const char *s)
{
	size_t depth = 0;

	do {
		if (*s == '"')
			for (s++; *s != '"'; s++)
				s += *s == '\\';
		else if (*s == '{' || *s == '[')
			depth++;
		else if (*s == '}' || *s == ']')
			depth--;
		else if (depth == 0)
			return s + strcspn(s, ",]} \t\r\n");
		s++;
	} while (depth > 0);
	return s;
}

/* The value of a member or element of the value at s; NULL without one. */
static const char *
child(const char *s, const char *key, size_t len)
{
	bool member = *s == '{';
	unsigned long n = member ? 0 : strtoul(key, NULL, 10);
	const char *name;

	if (*s != '{' && *s != '[')
		return NULL;
	for (s = space(s + 1); *s != '}' && *s != ']'; s = space(s)) {
		name = s;
		if (member)
			s = space(space(past(s)) + 1);
		if (member ? strncmp(name + 1, key, len) == 0 &&
				 name[len + 1] == '"'
			   : n-- == 0)
			return s;
		s = space(past(s));
		if (*s == ',')
			s++;
	}
	return NULL;
}

struct jsonl_place
jsonl_place(const char *text, const char *pointer)
{
	struct jsonl_place at = {1, 1};
	const char *s = space(text), *next;
	size_t len;

	while (*pointer == '/') {
		len = strcspn(++pointer, "/");
		next = child(s, pointer, len);
		if (next == NULL)
			break;
		s = next;
		pointer += len;
	}
	for (; text < s; text++, at.column++)
		if (*text == '\n') {
			at.line++;
			at.column = 0;
		}
	return at;
}
