/* jsonl_print - the text of a line */
#include <err.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "jsonl.h"
#include "mem.h"

#define WHOLE_MAX 1e15 /* from here on cJSON prints an exponent */

/*
 * cJSON prints a number as a double and reads it back, to see whether its
 * digits sufficed. A whole number is given to it as raw text meanwhile.
 */
struct whole {
	cJSON *number;
	char text[24];
};

static struct whole *wholes; /* the memory is kept for the next */
static size_t count, room;

static bool
is_whole(const cJSON *value)
{
	double n = value->valuedouble;

	return cJSON_IsNumber(value) && fabs(n) < WHOLE_MAX && n == trunc(n) &&
	       !(n == 0 && signbit(n));
}

static void
collect(cJSON *value)
{
	for (; value != NULL; value = value->next) {
		collect(value->child);
		if (!is_whole(value))
			continue;
		if (count == room) {
			room = room ? 2 * room : 64;
			wholes = mem_realloc(wholes, room * sizeof(*wholes));
		}
		wholes[count++].number = value;
	}
}

static void
become(cJSON *value, int type, char *text)
{
	value->type = (value->type & ~0xff) | type;
	value->valuestring = text;
}

char *
jsonl_print(cJSON *object)
{
	char *text;
	size_t i;

	count = 0;
	collect(object->child);
	for (i = 0; i < count; i++) {
		snprintf(wholes[i].text, sizeof(wholes[i].text), "%lld",
		    (long long)wholes[i].number->valuedouble);
		become(wholes[i].number, cJSON_Raw, wholes[i].text);
	}
	text = cJSON_PrintBuffered(object, 1024, 0);
	for (i = 0; i < count; i++)
		become(wholes[i].number, cJSON_Number, NULL);
	if (text == NULL)
		errx(EX_SOFTWARE, "a record that cannot be printed");
	return text;
}
