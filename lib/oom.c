/* oom - how often the system has killed for lack of memory */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"
#include "oom.h"

#define GROUPS "/sys/fs/cgroup"
#define KEY "oom_kill " /* its number follows, in each of these files */
#define MACHINE "/proc/vmstat"
#define FILE_MAX 32768

static int fd = -1; /* read again and again */

/* The number after KEY at the start of a line; -1: there is none. */
static int64_t
count(void)
{
	char text[FILE_MAX], *s;
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return -1;
	text[n] = '\0';
	for (s = text; s != NULL; s = strchr(s, '\n')) {
		s += *s == '\n';
		if (strncmp(s, KEY, strlen(KEY)) == 0)
			return strtoll(s + strlen(KEY), NULL, 10);
	}
	return -1;
}

static bool
use(const char *path)
{
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (count() >= 0)
		return true;
	close(fd);
	fd = -1;
	return false;
}

/* In a container the group may be mounted as the root of all. */
static bool
use_group(const char *mount, const char *group, const char *file)
{
	char *path = mem_printf("%s%s/%s", mount, group, file);
	bool good = use(path);

	free(path);
	if (good)
		return true;
	path = mem_printf("%s/%s", mount, file);
	good = use(path);
	free(path);
	return good;
}

/* A line is "number:controllers:group"; version 2 is 0 and no controllers. */
static bool
use_line(char *line)
{
	char *controllers = strchr(line, ':'), *group;

	group = controllers ? strchr(controllers + 1, ':') : NULL;
	if (group == NULL)
		return false;
	*group++ = '\0';
	group[strcspn(group, "\n")] = '\0';
	if (strstr(controllers, ":memory") != NULL ||
	    strstr(controllers, ",memory") != NULL)
		return use_group(GROUPS "/memory", group, "memory.oom_control");
	return controllers[1] == '\0' &&
	       use_group(GROUPS, group, "memory.events");
}

static void
find(void)
{
	FILE *groups = fopen("/proc/self/cgroup", "re");
	char *line = NULL;
	size_t size = 0;

	while (groups != NULL && fd < 0 && getline(&line, &size, groups) > 0)
		use_line(line);
	free(line);
	if (groups != NULL)
		fclose(groups);
	if (fd < 0)
		use(MACHINE);
}

int64_t
oom_kills(void)
{
	static bool looked;
	int64_t n;

	if (!looked)
		find();
	looked = true;
	n = fd < 0 ? 0 : count();
	return n < 0 ? 0 : n;
}
