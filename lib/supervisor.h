/*
 * supervisor - the process behind one slot
 *
 * It is forked once by child.c and then runs one job after the other, as the
 * orders on its socket say; each job's end goes back as one struct child_end.
 * An end of file on the socket means that ft-run is gone: it kills whatever
 * runs and ends.
 */
#ifndef SUPERVISOR_H
#define SUPERVISOR_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * An order, followed by size bytes of strings, each with its NUL: for RUN the
 * folder, the log, argc arguments and envc "NAME=value"; else none. LEAVE is
 * for an idle one, whose litter is ft-run's to remove.
 */
struct order {
	enum { ORDER_RUN, ORDER_STOP, ORDER_LEAVE } what;
	int polite;
	int64_t timeout_ms; /* 0: none */
	int64_t grace_ms;
	size_t argc, envc, size;
};

/*
 * Be one, in a process just forked by parent. Exit status 0: all is clean. The
 * folder litter goes with it, unless that is NULL.
 */
_Noreturn void supervisor(int office, pid_t parent, const char *litter);

#endif
