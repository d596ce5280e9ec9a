/* fuzz - what the fuzz targets share: the run, and what ends it */
#include <err.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sysexits.h>
#include <unistd.h>

#include "fuzz.h"

#define FDS 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);
void __wrap_free(void *p);
int __wrap_vasprintf(char **text, const char *format, va_list ap);
char *__wrap_strndup(const char *s, size_t max);
char *__wrap_strdup(const char *s);
void __wrap_warnx(const char *format, ...);
void __wrap_warn(const char *format, ...);
_Noreturn void __wrap_errx(int status, const char *format, ...);
_Noreturn void __wrap_err(int status, const char *format, ...);
_Noreturn void __wrap_exit(int status);
_Noreturn void __real_exit(int status);

int fuzz_never = EX_SOFTWARE;

static jmp_buf end;
static bool running; /* or the fuzzer itself wants to exit */
static int fds[FDS], fd_count;

/* What the code under test holds: open addressing, by address. */
static void **held;
static size_t held_count, held_room;

static size_t
cell_of(const void *p)
{
	size_t at = ((uintptr_t)p >> 4) * 0x9e3779b97f4a7c15U % held_room;

	while (held[at] != NULL && held[at] != p)
		at = (at + 1) % held_room;
	return at;
}

static void
grow(void)
{
	void **old = held;
	size_t room = held_room, i;

	held_room = room ? room * 2 : 4096;
	held = __real_calloc(held_room, sizeof(*held));
	for (i = 0; i < room; i++)
		if (old[i] != NULL)
			held[cell_of(old[i])] = old[i];
	__real_free(old);
}

static void *
hold(void *p)
{
	if (p == NULL)
		return NULL;
	if (held_count * 2 >= held_room)
		grow();
	held[cell_of(p)] = p;
	held_count++;
	return p;
}

static void
let_go(void *p)
{
	size_t at, next;
	void *moved;

	if (p == NULL || held_room == 0)
		return;
	at = cell_of(p);
	if (held[at] == NULL)
		return;
	held[at] = NULL;
	held_count--;
	for (next = (at + 1) % held_room; held[next] != NULL;
	     next = (next + 1) % held_room) {
		moved = held[next];
		held[next] = NULL;
		held[cell_of(moved)] = moved;
	}
}

void *
__wrap_malloc(size_t size)
{
	return hold(__real_malloc(size));
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return hold(__real_calloc(count, size));
}

void *
__wrap_realloc(void *p, size_t size)
{
	let_go(p);
	return hold(__real_realloc(p, size));
}

void
__wrap_free(void *p)
{
	let_go(p);
	__real_free(p);
}

static void
free_all(void)
{
	size_t i;

	for (i = 0; i < held_room; i++) {
		__real_free(held[i]);
		held[i] = NULL;
	}
	held_count = 0;
}

int
__wrap_vasprintf(char **text, const char *format, va_list ap)
{
	va_list again;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (len < 0)
		return -1;
	*text = __wrap_malloc((size_t)len + 1);
	return vsnprintf(*text, (size_t)len + 1, format, ap);
}

char *
__wrap_strndup(const char *s, size_t max)
{
	size_t len = strnlen(s, max);
	char *copy = __wrap_malloc(len + 1);

	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

char *
__wrap_strdup(const char *s)
{
	return __wrap_strndup(s, strlen(s));
}

static void
format_away(const char *format, va_list ap)
{
	char text[4096];

	if (format != NULL)
		vsnprintf(text, sizeof(text), format, ap);
}

#define TELL(name)                         \
	void name(const char *format, ...) \
	{                                  \
		va_list ap;                \
                                           \
		va_start(ap, format);      \
		format_away(format, ap);   \
		va_end(ap);                \
	}
TELL(__wrap_warnx)
TELL(__wrap_warn)

#define END(name)                                      \
	void name(int status, const char *format, ...) \
	{                                              \
		va_list ap;                            \
                                                       \
		va_start(ap, format);                  \
		format_away(format, ap);               \
		va_end(ap);                            \
		fuzz_promise(status != fuzz_never);    \
		longjmp(end, 1);                       \
	}
END(__wrap_errx)
END(__wrap_err)

void
__wrap_exit(int status)
{
	if (!running)
		__real_exit(status);
	fuzz_promise(status != fuzz_never);
	longjmp(end, 1);
}

int
fuzz_fd(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	ssize_t written;

	fuzz_promise(fd >= 0 && fd_count < FDS);
	fds[fd_count++] = fd;
	written = write(fd, data, size);
	fuzz_promise(written == (ssize_t)size);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

FILE *
fuzz_null(void)
{
	static FILE *null;

	if (null == NULL)
		null = fopen("/dev/null", "we");
	return null;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	running = true;
	if (setjmp(end) == 0)
		fuzz(data, size);
	else
		free_all();
	running = false;
	while (fd_count > 0)
		close(fds[--fd_count]);
	return 0;
}
