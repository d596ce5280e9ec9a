/* spawn COUNT PROGRAM - start it so often, one after the other, and no more */
#include <err.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

int
main(int argc, char *argv[])
{
	long left = argc == 3 ? atol(argv[1]) : 0;
	pid_t pid;

	if (left <= 0)
		errx(EX_USAGE, "usage: spawn COUNT PROGRAM");
	while (left-- > 0)
		if (posix_spawn(&pid, argv[2], NULL, NULL, argv + 2, environ) ||
		    waitpid(pid, NULL, 0) != pid)
			errx(EX_OSERR, "%s", argv[2]);
	return EX_OK;
}
