/* clock - time in milliseconds */
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "clock.h"

static int64_t
now(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
clock_mono_ms(void)
{
	return now(CLOCK_MONOTONIC);
}

int64_t
clock_utc_ms(void)
{
	return now(CLOCK_REALTIME);
}

bool
clock_parse(const char *s, int64_t *ms)
{
	char *end;
	double seconds;

	if ((*s < '0' || *s > '9') && *s != '.')
		return false;
	seconds = strtod(s, &end);
	if (end == s || *end != '\0' || !(seconds <= CLOCK_MAX_S))
		return false;
	*ms = llround(seconds * 1000);
	return true;
}
