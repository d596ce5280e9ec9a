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

struct wholes {
	struct whole *all;
	size_t count, room;
};

static bool
is_whole(const cJSON *value)
{
	double n = value->valuedouble;

	return cJSON_IsNumber(value) && fabs(n) < WHOLE_MAX && n == trunc(n) &&
	       !(n == 0 && signbit(n));
}

static void
add(struct wholes *w, cJSON *number)
{
	if (w->count == w->room) {
		w->room = w->room ? 2 * w->room : 32;
		w->all = mem_realloc(w->all, w->room * sizeof(*w->all));
	}
	w->all[w->count++].number = number;
}

static void
collect(struct wholes *w, cJSON *value)
{
	for (; value != NULL; value = value->next)
		if (is_whole(value))
			add(w, value);
		else
			collect(w, value->child);
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
	struct wholes w = {0};
	char *text;
	size_t i;

	collect(&w, object->child);
	for (i = 0; i < w.count; i++) {
		text = w.all[i].text;
		snprintf(text, sizeof(w.all[i].text), "%lld",
		    (long long)w.all[i].number->valuedouble);
		become(w.all[i].number, cJSON_Raw, text);
	}
	text = cJSON_PrintBuffered(object, 1024, 0);
	for (i = 0; i < w.count; i++)
		become(w.all[i].number, cJSON_Number, NULL);
	free(w.all);
	if (text == NULL)
		errx(EX_SOFTWARE, "a record that cannot be printed");
	return text;
}
