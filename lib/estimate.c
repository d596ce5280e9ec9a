/* estimate - how long a task will last, from what passes have taught */
#include <math.h>
#include <string.h>

#include "estimate.h"
#include "mem.h"

enum name { OF_ID, OF_SPEC, OF_GROUP, OF_ALL };

#define RATE 1000 /* of weight */

/* A part is not what its kin are. */
static bool
kin_weighed(const struct record *r)
{
	return record_int(r, RECORD_WEIGHT, 0) > 0 &&
	       !record_has(r, RECORD_WHOLE);
}

void
estimate_names(const struct record *r, char *names[ESTIMATE_NAMES])
{
	const char *group = record_text(r, RECORD_GROUP);
	const char *spec = record_text(r, RECORD_SPEC);
	bool kin =
	    group != NULL && spec != NULL && !record_has(r, RECORD_WHOLE);
	bool weighed = kin_weighed(r);

	names[OF_ID] = mem_strdup(record_text(r, RECORD_ID));
	names[OF_SPEC] = kin ? mem_printf("%s/%s/", group, spec) : NULL;
	names[OF_GROUP] = kin && weighed ? mem_printf("%s//", group) : NULL;
	names[OF_ALL] = weighed ? mem_strdup("//") : NULL;
}

bool
estimate_is_kin(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && name[len - 1] == '/';
}

/* Of a product that may be more than any clock shows. */
static int64_t
scaled(int64_t value, int64_t by, int64_t divisor)
{
	return (int64_t)fmin(
	    RECORD_NUMBER_MAX, (double)value * (double)by / (double)divisor);
}

void
estimate_lesson(
    const struct record *r, int64_t ms, int64_t lesson[ESTIMATE_NAMES])
{
	int64_t weight = record_int(r, RECORD_WEIGHT, 0);
	int64_t rate = weight > 0 ? scaled(ms, RATE, weight) : -1;

	lesson[OF_ID] = lesson[OF_SPEC] = ms;
	lesson[OF_GROUP] = lesson[OF_ALL] = rate;
}

int64_t
estimate_ms(const struct record *r, const int64_t known[ESTIMATE_NAMES])
{
	int64_t weight = record_int(r, RECORD_WEIGHT, 0);
	int i;

	for (i = OF_ID; i <= OF_SPEC; i++)
		if (known[i] >= 0)
			return known[i];
	for (; weight > 0 && i <= OF_ALL; i++)
		if (known[i] >= 0)
			return scaled(known[i], weight, RATE);
	return -1;
}
