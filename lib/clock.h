/*
 * clock - time in milliseconds
 *
 * Waiting and durations use clock_mono_ms, whose zero means nothing; records
 * use clock_utc_ms, milliseconds since 1970 in UTC. Leases use neither: their
 * clock is Redis'.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdbool.h>
#include <stdint.h>

int64_t clock_mono_ms(void);
int64_t clock_utc_ms(void);

/*
 * Read seconds, fractions allowed ("0.25", "90"), as milliseconds; false when
 * s is not one or does not lie in 0 .. CLOCK_MAX_S.
 */
#define CLOCK_MAX_S 31536000 /* a year */
bool clock_parse(const char *s, int64_t *ms);

#endif
