/* coverage - what has run is written down by processes that end at once, too */
#ifndef COVERAGE_H
#define COVERAGE_H

#include <unistd.h>

void __gcov_dump(void);

static inline _Noreturn void
exit_covered(int status)
{
	__gcov_dump();
	_exit(status);
}

#define _exit(status) exit_covered(status)

#endif
