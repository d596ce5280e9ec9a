/*
 * launch - start a program in its folder, with its environment
 */
#ifndef LAUNCH_H
#define LAUNCH_H

#include <stdbool.h>
#include <sys/types.h>

struct launch {
	char *const *argv; /* ends with NULL; argv[0] is looked up in PATH */
	char *const *env;  /* "NAME=value" over the inherited environment */
	const char *dir;   /* its working folder */
	int output;        /* its stdout and stderr; -1: those of the caller */
	bool session;      /* it leads a session of its own */
};

/*
 * Start it, with no signal blocked. Returns 0, or an errno that says why it
 * could not be started.
 */
int launch(const struct launch *l, pid_t *pid);

#endif
