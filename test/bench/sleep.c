/* sleep SECONDS - as sleep(1), linked so that its own start costs little */
#include <err.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>

int
main(int argc, char *argv[])
{
	char *rest = "";
	double seconds = argc == 2 ? strtod(argv[1], &rest) : -1;
	struct timespec left;

	if (!(seconds >= 0 && seconds < 1e6) || *rest != '\0')
		errx(EX_USAGE, "usage: sleep SECONDS");
	left.tv_sec = (time_t)seconds;
	left.tv_nsec = (long)((seconds - (double)left.tv_sec) * 1e9);
	if (nanosleep(&left, NULL) != 0)
		err(EX_OSERR, "nanosleep");
	return EX_OK;
}
