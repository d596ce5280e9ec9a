/* launch - start a program in its folder, with its environment */
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "launch.h"
#include "mem.h"

static char **env; /* the memory is kept for the next */

static void
set(size_t *count, char *pair)
{
	size_t len = strcspn(pair, "="), i;

	for (i = 0; i < *count; i++)
		if (strncmp(env[i], pair, len + 1) == 0)
			break;
	env[i] = pair;
	*count += i == *count;
}

/* The inherited environment with the program's own over it. */
static void
furnish(char *const *pairs)
{
	size_t count = 0, more = 0, i;

	while (environ[count] != NULL)
		count++;
	while (pairs[more] != NULL)
		more++;
	env = mem_realloc(env, (count + more + 1) * sizeof(*env));
	memcpy(env, environ, count * sizeof(*env));
	for (i = 0; i < more; i++)
		set(&count, pairs[i]);
	env[count] = NULL;
}

/* posix_spawnp looks in the caller's PATH, and the program's is meant. */
static int
spawn(const struct launch *l, pid_t *pid,
    const posix_spawn_file_actions_t *files, const posix_spawnattr_t *attr)
{
	char **inherited = environ;
	int error;

	environ = env;
	error = posix_spawnp(pid, l->argv[0], files, attr, l->argv, env);
	environ = inherited;
	return error;
}

int
launch(const struct launch *l, pid_t *pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none;
	int error;

	furnish(l->env);
	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(
	    &attr, (short)(POSIX_SPAWN_SETSIGMASK |
			   (l->session ? POSIX_SPAWN_SETSID : 0)));
	posix_spawn_file_actions_init(&files);
	if (l->output >= 0) {
		posix_spawn_file_actions_adddup2(
		    &files, l->output, STDOUT_FILENO);
		posix_spawn_file_actions_adddup2(
		    &files, l->output, STDERR_FILENO);
	}
	posix_spawn_file_actions_addchdir_np(&files, l->dir);
	error = spawn(l, pid, &files, &attr);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return error;
}
