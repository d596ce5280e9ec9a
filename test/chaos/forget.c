/*
 * forget - a disk that has only what was synced, for LD_PRELOAD
 *
 * kill -9 leaves to the system what a program had written, so that it shows
 * nothing of what a machine takes along when its power fails. Here, what is
 * written to an append-only file stays in the program until it is synced.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define FILES 1024

ssize_t write(int fd, const void *data, size_t size);
int fdatasync(int fd);
int close(int fd);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	char *data;
	size_t size;
} pending[FILES];

static void *
real(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

static bool
is_aof(int fd)
{
	char link[64], path[4096];
	ssize_t len;

	if (fd <= STDERR_FILENO || fd >= FILES)
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path) - 1);
	if (len < 0)
		return false;
	path[len] = '\0';
	return strstr(path, ".incr.aof") != NULL;
}

ssize_t
write(int fd, const void *data, size_t size)
{
	ssize_t (*real_write)(int, const void *, size_t) = real("write");

	if (!is_aof(fd))
		return real_write(fd, data, size);
	pthread_mutex_lock(&lock);
	pending[fd].data = realloc(pending[fd].data, pending[fd].size + size);
	if (pending[fd].data == NULL)
		abort();
	memcpy(pending[fd].data + pending[fd].size, data, size);
	pending[fd].size += size;
	pthread_mutex_unlock(&lock);
	return (ssize_t)size;
}

/* What was written before the call; whoever writes meanwhile has to wait. */
static void
flush(int fd)
{
	ssize_t (*real_write)(int, const void *, size_t) = real("write");
	size_t done = 0;
	ssize_t n;

	for (; done < pending[fd].size; done += (size_t)n) {
		n = real_write(
		    fd, pending[fd].data + done, pending[fd].size - done);
		if (n < 0)
			abort();
	}
	pending[fd].size = 0;
}

int
fdatasync(int fd)
{
	int (*real_sync)(int) = real("fdatasync");

	if (is_aof(fd)) {
		pthread_mutex_lock(&lock);
		flush(fd);
		pthread_mutex_unlock(&lock);
	}
	return real_sync(fd);
}

int
close(int fd)
{
	int (*real_close)(int) = real("close");

	if (is_aof(fd)) {
		pthread_mutex_lock(&lock);
		pending[fd].size = 0;
		pthread_mutex_unlock(&lock);
	}
	return real_close(fd);
}
