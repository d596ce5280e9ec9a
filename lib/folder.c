/* folder - the folders that attempts live in */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "clock.h"
#include "folder.h"
#include "opt.h"
#include "utf8.h"

#define NAME_LEN 200   /* room for an attempt's suffix below NAME_MAX */
#define TWINS_MAX 9999 /* folders of one name */

/* FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/ */
static uint64_t
hash(const char *s)
{
	uint64_t h = 0xcbf29ce484222325;

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3;
	return h;
}

static bool
plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

char *
folder_safe(const char *name)
{
	struct buf b = {0};
	const char *s;

	for (s = name; *s != '\0'; s++)
		if (*s == '/')
			buf_putc(&b, '~');
		else if (plain(*s) && (s > name || *s != '.'))
			buf_putc(&b, *s);
		else
			buf_printf(&b, "+%02X", (unsigned char)*s);
	if (b.len > NAME_LEN) {
		b.len = NAME_LEN;
		buf_printf(&b, "+-%016" PRIx64, hash(name));
	}
	if (b.len == 0)
		buf_putc(&b, '+');
	return b.data;
}

char *
folder_private(void)
{
	char *path = mem_printf("%s/ft-run.XXXXXX", opt_env("TMPDIR", "/tmp"));
	char *real;

	if (mkdtemp(path) == NULL)
		err(EX_IOERR, "%s", path);
	real = folder_root(path);
	free(path);
	return real;
}

/* The folders above the last component of path. */
static bool
parents(char *path)
{
	char *s;

	for (s = path; (s = strchr(s + 1, '/')) != NULL; *s = '/') {
		*s = '\0';
		if (mkdir(path, 0777) < 0 && errno != EEXIST)
			return false;
	}
	return true;
}

char *
folder_root(const char *path)
{
	char *copy = mem_strdup(path), *real;

	if (!parents(copy) || (mkdir(copy, 0777) < 0 && errno != EEXIST))
		err(EX_IOERR, "%s", path);
	free(copy);
	real = realpath(path, NULL);
	if (real == NULL || access(real, W_OK | X_OK) < 0)
		err(EX_IOERR, "%s", path);
	return real;
}

/* The folder that holds the last component of path, open; -1 with errno. */
static int
walk(const char *root, const char *path)
{
	int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC), next;
	const char *slash;
	char *name;

	for (; fd >= 0 && (slash = strchr(path, '/')) != NULL;
	     path = slash + 1) {
		name = mem_strndup(path, (size_t)(slash - path));
		next = mkdirat(fd, name, 0777) == 0 || errno == EEXIST
		           ? openat(fd, name, flags)
		           : -1;
		free(name);
		close(fd);
		fd = next;
	}
	return fd;
}

char *
folder_new(const char *root, const char *path)
{
	size_t above = (size_t)(strrchr(path, '/') + 1 - path);
	int fd = walk(root, path), error = fd < 0 ? errno : EEXIST, twin;
	char *name = mem_strdup(path);

	for (twin = 2; error == EEXIST; twin++) {
		error = mkdirat(fd, name + above, 0777) < 0 ? errno : 0;
		if (error != EEXIST || twin > TWINS_MAX)
			break;
		free(name);
		name = mem_printf("%s.%d", path, twin);
	}
	if (fd >= 0)
		close(fd);
	if (error == 0)
		return name;
	free(name);
	errno = error;
	return NULL;
}

bool
folder_again(const char *path)
{
	return mkdir(path, 0777) == 0 || errno == EEXIST;
}

int
folder_enter(int at, const char *name)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(at, name, flags);

	/* A spec may have locked it. */
	if (fd < 0 && errno == EACCES && fchmodat(at, name, 0700, 0) == 0)
		fd = openat(at, name, flags);
	if (fd >= 0)
		fchmod(fd, 0700);
	return fd;
}

bool
folder_each(int fd, bool (*what)(int at, const char *name))
{
	struct dirent *entry;
	bool done = true;
	DIR *dir;

	if (fd < 0)
		return false;
	dir = fdopendir(fd);
	if (dir == NULL) {
		close(fd);
		return false;
	}
	while ((entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0 &&
		    !what(fd, entry->d_name))
			done = false;
	closedir(dir);
	return done;
}

static bool
discard(int at, const char *name)
{
	int fd;

	if (unlinkat(at, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return true;
	if (errno == ENOTDIR)
		return unlinkat(at, name, 0) == 0 || errno == ENOENT;
	fd = folder_enter(at, name);
	return (fd < 0 ? errno == ENOENT : folder_each(fd, discard)) &&
	       (unlinkat(at, name, AT_REMOVEDIR) == 0 || errno == ENOENT);
}

static void
set_aside(const char *path)
{
	char *aside = mem_printf("%s.%" PRId64, path, clock_mono_ms());

	warn("%s", path);
	if (rename(path, aside) < 0)
		err(EX_IOERR, "%s", path);
	free(aside);
}

void
folder_empty(const char *path)
{
	int fd = folder_enter(AT_FDCWD, path);

	if (fd < 0 && errno == ENOENT)
		return;
	if (!folder_each(fd, discard))
		set_aside(path);
}

/* A link may lead to what is not ours. */
static bool
truncated(const char *path)
{
	int fd = open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	bool done;

	if (fd < 0)
		return errno == ENOENT;
	done = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 &&
	       (st.st_size == 0 || ftruncate(fd, 0) == 0);
	close(fd);
	return done;
}

void
folder_blank(const char *path)
{
	if (!truncated(path) && !discard(AT_FDCWD, path))
		set_aside(path);
}

bool
folder_remove(const char *path)
{
	return discard(AT_FDCWD, path);
}

void
folder_tail(const char *path, size_t max, struct buf *b)
{
	size_t want = max + 3; /* a character begun before them */
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	char *text;
	off_t from;
	ssize_t n;

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
		from = st.st_size > (off_t)want ? st.st_size - (off_t)want : 0;
		text = mem_alloc(want);
		n = pread(fd, text, want, from);
		if (n > 0)
			utf8_clean(b, text, (size_t)n);
		free(text);
	}
	close(fd);
}
