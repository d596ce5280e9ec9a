/* keep - what stays of an attempt's folder when the attempt has ended */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "keep.h"
#include "mem.h"
#include "path.h"

#define CUT "\n[%" PRId64 " bytes left out here]\n"
#define CUT_MAX 64 /* bytes of that line */
#define COPY 65536

struct file {
	char *path; /* below the folder */
	int64_t size;
};

/* The folder at hand. */
static const char *top;
static struct buf at_path; /* of the folder that is being walked, ends in / */
static struct file *files;
static size_t count, room;
static int64_t total, log_size;
static mode_t mask;
static struct buf mark;

static void
note(const char *name, const char *why)
{
	buf_printf(&mark, "%s%s: %s\n", at_path.data, name, why);
}

static bool
drop(int at, const char *name, const char *why)
{
	bool gone = unlinkat(at, name, 0) == 0;

	if (gone)
		note(name, why);
	else
		warn("%s/%s%s", top, at_path.data, name);
	return gone;
}

/* On a file system that has no modes of its own, once is enough. */
static void
set_mode(int at, const char *name, mode_t now, mode_t wanted)
{
	static bool told;

	if ((now & 07777) == wanted || fchmodat(at, name, wanted, 0) == 0)
		return;
	if (!told)
		warn("%s/%s%s: its mode", top, at_path.data, name);
	told = true;
}

/* As a target seen from the folder that is being walked. */
static char *
relative(const char *inside)
{
	struct buf b = {0};
	const char *s;

	for (s = at_path.data; *s != '\0'; s++)
		if (*s == '/')
			buf_puts(&b, "../");
	buf_puts(&b, *inside != '\0' ? inside : ".");
	return b.data;
}

static void
relink(int at, const char *name, const char *inside)
{
	char *target = relative(inside);

	if (unlinkat(at, name, 0) < 0 || symlinkat(target, at, name) < 0)
		warn("%s/%s%s", top, at_path.data, name);
	free(target);
}

static void
link_of(int at, const char *name)
{
	char *path = mem_printf("%s/%s%s", top, at_path.data, name), *real;
	char first[1];
	size_t len = strlen(top);

	real = realpath(path, NULL);
	if (real == NULL || !path_is_inside(real, top))
		drop(at, name, "a link that leads out");
	else if (readlinkat(at, name, first, 1) == 1 && *first == '/')
		relink(at, name, real + len + (real[len] == '/'));
	free(real);
	free(path);
}

static void
file_of(int at, const char *name, const struct stat *st)
{
	bool own = st->st_nlink == 1; /* else it may be a file elsewhere */

	if (own)
		set_mode(at, name, st->st_mode, 0666 & ~mask);
	total += st->st_size;
	if (own && at_path.len == 0 && strcmp(name, FOLDER_LOG) == 0) {
		log_size = st->st_size;
		return;
	}
	if (count == room) {
		room = room ? room * 2 : 64;
		files = mem_realloc(files, room * sizeof(*files));
	}
	files[count++] =
	    (struct file){mem_printf("%s%s", at_path.data, name), st->st_size};
}

static bool visit(int at, const char *name);

static void
folder_of(int at, const char *name, const struct stat *st)
{
	size_t len = at_path.len;
	int fd = folder_enter(at, name);

	buf_printf(&at_path, "%s/", name);
	if (!folder_each(fd, visit))
		warn("%s/%s", top, at_path.data);
	at_path.len = len;
	at_path.data[len] = '\0';
	set_mode(at, name, st->st_mode & ~(mode_t)07777, 0777 & ~mask);
}

static bool
visit(int at, const char *name)
{
	struct stat st;

	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	if (S_ISDIR(st.st_mode))
		folder_of(at, name, &st);
	else if (S_ISREG(st.st_mode))
		file_of(at, name, &st);
	else if (S_ISLNK(st.st_mode))
		link_of(at, name);
	else
		drop(at, name, "not a file");
	return true;
}

static int
by_size(const void *a, const void *b)
{
	const struct file *f = a, *g = b;

	return (f->size < g->size) - (f->size > g->size);
}

/* The largest first: that leaves the most files. */
static void
drop_files(int at, int64_t max)
{
	char why[64];
	size_t i;

	if (count > 0)
		qsort(files, count, sizeof(*files), by_size);
	at_path.len = 0;
	at_path.data[0] = '\0';
	for (i = 0; i < count && total > max; i++) {
		snprintf(why, sizeof(why), "%" PRId64 " bytes, too large",
		    files[i].size);
		if (drop(at, files[i].path, why))
			total -= files[i].size;
	}
}

/* Half of what may stay is its beginning. */
static int64_t
head(int64_t max)
{
	return max / 2;
}

static int64_t
tail(int64_t max)
{
	return max - head(max) - CUT_MAX;
}

static bool
move(int fd, int64_t from, int64_t to, int64_t len)
{
	char bytes[COPY];
	ssize_t n;

	for (; len > 0; len -= n, from += n, to += n) {
		n = pread(fd, bytes, sizeof(bytes), from);
		if (n <= 0 || pwrite(fd, bytes, (size_t)n, to) != n)
			return false;
	}
	return ftruncate(fd, to) == 0;
}

static int64_t
cut(int at, int64_t max)
{
	int fd = openat(at, FOLDER_LOG, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	int64_t left_out = log_size - head(max) - tail(max);
	char line[CUT_MAX];
	int len = snprintf(line, sizeof(line), CUT, left_out);
	bool done;

	done = fd >= 0 && pwrite(fd, line, (size_t)len, head(max)) == len &&
	       move(fd, log_size - tail(max), head(max) + len, tail(max));
	if (!done)
		warn("%s/%s", top, FOLDER_LOG);
	if (fd >= 0)
		close(fd);
	if (!done)
		return 0;
	buf_printf(&mark, "%s: %" PRId64 " bytes of its middle\n", FOLDER_LOG,
	    left_out);
	return left_out;
}

/* A log has half of the room at least, and all that others do not need. */
static void
fit(int at, int64_t max)
{
	int64_t others = total - log_size;
	int64_t log_max = max - (others < max / 2 ? others : max / 2);

	if (log_size > log_max)
		total -= cut(at, log_max);
	drop_files(at, max);
}

/* A folder that got more after its attempt's end is tidied once more. */
static void
leave_mark(int at)
{
	int fd = openat(at, KEEP_MARK,
	    O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
	    0666);
	struct buf text = {0};
	struct stat st;
	/* with another name it may be a file elsewhere */
	bool ours = fd >= 0 && fstat(fd, &st) == 0 && st.st_nlink == 1;

	if (ours && st.st_size == 0)
		buf_puts(&text, "Not all that the attempt left is here.\n");
	buf_add(&text, mark.data, mark.len);
	if (!ours || write(fd, text.data, text.len) != (ssize_t)text.len)
		warn("%s/%s", top, KEEP_MARK);
	buf_free(&text);
	if (fd >= 0)
		close(fd);
}

static void
forget(void)
{
	while (count > 0)
		free(files[--count].path);
	free(files);
	files = NULL;
	room = 0;
	buf_free(&at_path);
	buf_free(&mark);
}

/* A spec may have removed its folder, or put a link in its place. */
static int
enter(const char *folder)
{
	int fd = folder_enter(AT_FDCWD, folder);

	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP) &&
	    unlink(folder) == 0)
		note(".", "a link or a file in the place of the folder");
	else if (fd >= 0 || errno != ENOENT)
		return fd;
	return mkdir(folder, 0777) < 0 ? -1 : folder_enter(AT_FDCWD, folder);
}

int64_t
keep_tidy(const char *folder, int64_t max)
{
	int64_t all;
	int fd;

	umask(mask = umask(0));
	top = folder;
	total = log_size = 0;
	buf_puts(&at_path, "");
	fd = enter(folder);
	if (fd < 0 || !folder_each(dup(fd), visit))
		warn("%s", folder);
	if (fd < 0) {
		forget();
		return 0;
	}
	fchmod(fd, 0777 & ~mask);
	all = total;
	if (max > 0 && total > max)
		fit(fd, max);
	if (mark.len > 0)
		leave_mark(fd);
	close(fd);
	forget();
	return all - total;
}

void
keep_bound(const char *log, int64_t max)
{
	int fd = open(log, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 &&
	    st.st_size > max)
		fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		    head(max), st.st_size - tail(max) - head(max));
	close(fd);
}
