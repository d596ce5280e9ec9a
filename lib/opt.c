/* opt - what the command line and the environment say */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "clock.h"
#include "opt.h"

/*
 * A standard stream that is closed would be the next thing we open, and
 * records would go to Redis as commands. It gets a descriptor that fails.
 */
__attribute__((constructor)) static void
standard_streams(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null",
			fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			_exit(EX_OSERR);
}

void
opt_help(const char *synopsis)
{
	printf("usage: %s\n", synopsis);
	opt_flush_stdout();
	exit(EX_OK);
}

void
opt_usage(const char *synopsis)
{
	fprintf(stderr, "usage: %s\n", synopsis);
	exit(EX_USAGE);
}

void
opt_version(const char *detail)
{
	printf(
	    "%s (funkytown) %s\n", program_invocation_short_name, FT_VERSION);
	if (detail != NULL)
		printf("%s\n", detail);
	opt_flush_stdout();
	exit(EX_OK);
}

const char *
opt_env(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value != NULL && *value != '\0' ? value : otherwise;
}

int64_t
opt_seconds(const char *where, const char *value, int64_t min_ms)
{
	int64_t ms;

	if (!clock_parse(value, &ms))
		errx(EX_USAGE, "%s: expected seconds, not '%s'", where, value);
	if (ms < min_ms)
		errx(EX_USAGE, "%s: expected at least %g seconds, not '%s'",
		    where, (double)min_ms / 1000, value);
	return ms;
}

long
opt_number(const char *where, const char *value, long min, long max)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(value, &end, 10);
	if (end == value || *end != '\0' || errno != 0 || n < min || n > max ||
	    value[strspn(value, "-0123456789")] != '\0')
		errx(EX_USAGE,
		    "%s: expected a number from %ld to %ld, not '%s'", where,
		    min, max, value);
	return n;
}

bool
opt_is_name(const char *s)
{
	size_t len = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "abcdefghijklmnopqrstuvwxyz0123456789._-");

	return len > 0 && len <= OPT_NAME_MAX && s[len] == '\0';
}

const char *
opt_name(const char *where, const char *value)
{
	if (!opt_is_name(value))
		errx(EX_USAGE,
		    "%s: expected 1 to %d of A-Z a-z 0-9 . _ -, not '%s'",
		    where, OPT_NAME_MAX, value);
	return value;
}

void
opt_flush_stdout(void)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		err(EX_IOERR, "stdout");
}
