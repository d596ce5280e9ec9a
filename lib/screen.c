/* screen - a few lines of a terminal that are redrawn in place */
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "clock.h"
#include "mem.h"
#include "screen_impl.h"

#define FRAME_MS 100       /* at least, between two frames */
#define PLAIN_MS 2000      /* and between two plain lines */
#define PLAIN_COLUMNS 1000 /* a dumb terminal breaks its lines itself */
#define HIDE "\033[?25l"
#define SHOW "\033[?25h"

static struct screen *on; /* the one that a signal has to leave */
static pid_t owner;
static char leaving[64]; /* what leaves it, made beforehand */
static volatile sig_atomic_t leaving_len;

static void
measure(struct screen *s)
{
	int columns = s->columns, rows = s->rows;
	struct winsize size;

	s->columns = s->plain ? PLAIN_COLUMNS : 80;
	s->rows = 24;
	if (!s->plain && ioctl(s->fd, TIOCGWINSZ, &size) == 0 &&
	    size.ws_col > 0 && size.ws_row > 0) {
		s->columns = size.ws_col;
		s->rows = size.ws_row;
	}
	s->resized = columns != s->columns || rows != s->rows;
}

/* Leave what is shown as it is, with the cursor below and seen. */
static void
leave(void)
{
	int saved = errno;

	if (on != NULL && getpid() == owner && leaving_len > 0 &&
	    write(on->fd, leaving, (size_t)leaving_len) < 0)
		leaving_len = 0;
	leaving_len = 0;
	errno = saved;
}

static void
leave_and_die(int signo)
{
	leave();
	signal(signo, SIG_DFL);
	raise(signo);
}

static void
leave_and_stop(int signo)
{
	(void)signo;
	leave();
	raise(SIGSTOP);
}

static void
guard(int signo, void (*how)(int))
{
	struct sigaction old, new = {.sa_handler = how, .sa_flags = SA_RESTART};

	sigaction(signo, NULL, &old);
	if (old.sa_handler == SIG_DFL)
		sigaction(signo, &new, NULL);
}

/*
 * A description of our own: it can be locked, and never makes us wait, though
 * others who have the same terminal do.
 */
static int
reopen(int fd)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
}

struct screen *
screen_open(int fd)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
	struct screen *s;
	int own;

	if (!isatty(fd) || on != NULL || (own = reopen(fd)) < 0)
		return NULL;
	setlocale(LC_CTYPE, "");
	s = mem_zalloc(1, sizeof(*s));
	s->fd = own;
	s->plain = term == NULL || *term == '\0' || strcmp(term, "dumb") == 0;
	s->colour = !s->plain && (no_color == NULL || *no_color == '\0');
	s->wide = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	on = s;
	owner = getpid();
	atexit(leave);
	guard(SIGINT, leave_and_die);
	guard(SIGTERM, leave_and_die);
	guard(SIGHUP, leave_and_die);
	guard(SIGQUIT, leave_and_die);
	guard(SIGTSTP, leave_and_stop);
	return s;
}

void
screen_close(struct screen *s, bool keep)
{
	if (s == NULL)
		return;
	if (keep || s->plain)
		leave();
	else if (leaving_len > 0 &&
		 write(s->fd, "\r\033[J" SHOW, sizeof("\r\033[J" SHOW) - 1) < 0)
		leave();
	leaving_len = 0;
	on = NULL;
	close(s->fd);
	buf_free(&s->frame);
	buf_free(&s->shown);
	buf_free(&s->unsent);
	free(s);
}

bool
screen_due(struct screen *s)
{
	return s != NULL && clock_mono_ms() >= s->next_ms;
}

void
screen_delay(struct screen *s, int ms)
{
	if (s != NULL)
		s->next_ms = clock_mono_ms() + ms;
}

void
screen_begin(struct screen *s)
{
	if (s == NULL)
		return;
	measure(s);
	buf_reset(&s->frame);
	s->column = s->lines = 0;
}

/* Whether it is ours to draw on, or has become so. */
static bool
lock(struct screen *s)
{
	if (!s->locked)
		s->locked = flock(s->fd, LOCK_EX | LOCK_NB) == 0 ||
		            errno != EWOULDBLOCK;
	return s->locked;
}

/* Send what there is to send; what the terminal does not take now waits. */
static bool
send(struct screen *s)
{
	ssize_t n = 1;
	size_t sent = 0;

	while (sent < s->unsent.len && n > 0) {
		n = write(s->fd, s->unsent.data + sent, s->unsent.len - sent);
		sent += n > 0 ? (size_t)n : 0;
	}
	if (sent < s->unsent.len) {
		memmove(s->unsent.data, s->unsent.data + sent,
		    s->unsent.len - sent);
		s->unsent.len -= sent;
		return false;
	}
	buf_reset(&s->unsent);
	return true;
}

static void
paint(struct screen *s)
{
	const char *line = s->frame.data, *end;

	buf_puts(&s->unsent, HIDE "\r\033[K");
	for (; *line != '\0'; line = end + 1) {
		end = strchr(line, '\n');
		buf_puts(&s->unsent, "\r\n");
		buf_add(&s->unsent, line, (size_t)(end - line));
		buf_puts(&s->unsent, "\033[K");
	}
	buf_printf(&s->unsent, "\033[J\033[%dA\r", s->lines);
	leaving_len = 0;
	snprintf(leaving, sizeof(leaving), "\033[%dB\r\n" SHOW, s->lines);
	leaving_len = (int)strlen(leaving);
}

/* After a stop, and in another size, the same frame is drawn anew. */
static bool
same(const struct screen *s)
{
	return s->frame.len == s->shown.len &&
	       (s->frame.len == 0 ||
		   memcmp(s->frame.data, s->shown.data, s->frame.len) == 0) &&
	       !s->resized && (s->plain || leaving_len > 0);
}

void
screen_show(struct screen *s)
{
	struct buf old;

	if (s == NULL)
		return;
	if (!same(s) && s->frame.len > 0 && lock(s) && send(s)) {
		if (s->plain)
			buf_add(&s->unsent, s->frame.data, s->frame.len);
		else
			paint(s);
		send(s);
		old = s->shown;
		s->shown = s->frame;
		s->frame = old;
	}
	s->next_ms = clock_mono_ms() + (s->plain ? PLAIN_MS : FRAME_MS);
}
