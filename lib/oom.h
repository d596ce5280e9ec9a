/*
 * oom - how often the system has killed for lack of memory
 */
#ifndef OOM_H
#define OOM_H

#include <stdint.h>

/*
 * Such kills so far in this process' control group, version 1 or 2; on the
 * whole machine where the group does not count them. The kernel counts before
 * it kills, so whoever has seen a death can ask. Only the difference between
 * two calls means something; 0 where it cannot be told.
 */
int64_t oom_kills(void);

#endif
