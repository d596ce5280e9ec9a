/*
 * opt - what the command line and the environment say
 *
 * A value that cannot be used is a message that names where it came from, and
 * exit status 64 (EX_USAGE).
 */
#ifndef OPT_H
#define OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* -h: the synopsis on stdout, exit 0; a wrong call: on stderr, exit 64. */
_Noreturn void opt_help(const char *synopsis);
_Noreturn void opt_usage(const char *synopsis);
/* -V: name and version on stdout, exit 0. detail may be NULL. */
_Noreturn void opt_version(const char *detail);

/* The value of an environment variable; an empty one counts as unset. */
const char *opt_env(const char *name, const char *otherwise);

/* Seconds, as milliseconds, at least min_ms; where is "-t" or "FT_RUN". */
int64_t opt_seconds(const char *where, const char *value, int64_t min_ms);
/* A whole number in min .. max. */
long opt_number(const char *where, const char *value, long min, long max);
/* A run's or a worker's name: [A-Za-z0-9._-]{1,64}. */
#define OPT_NAME_MAX 64
bool opt_is_name(const char *s);
const char *opt_name(const char *where, const char *value);

/* Flush stdout and say so when that fails: exit status 74 (EX_IOERR). */
void opt_flush_stdout(void);

#endif
