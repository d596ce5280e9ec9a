/*
 * proxy LISTEN SERVER - between two Unix sockets, a network with faults
 *
 * USR1 cuts every connection. USR2 holds everything back for a while. HUP
 * loses replies for a moment: a connection is cut when the server answers on
 * it, after the request has been carried out. ALRM swallows all replies while
 * the connections stay, until the next ALRM.
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define PAIRS 512
#define HOLD_MS 700
#define LOSE_MS 300 /* how long replies are lost after HUP */

enum { SIGNALS, DOOR, FIRST };

static struct pollfd fds[FIRST + 2 * PAIRS];
static nfds_t count = FIRST; /* client and server of a pair side by side */
static long long lose_until_ms;
static bool mute;

static long long
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int
unix_socket(const char *path, struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(address->sun_path))
		errx(64, "%s: too long for a socket", path);
	strcpy(address->sun_path, path);
	if (fd < 0)
		err(71, "socket");
	return fd;
}

static void
cut(nfds_t i)
{
	nfds_t client = i - (i - FIRST) % 2;

	close(fds[client].fd);
	close(fds[client + 1].fd);
	count -= 2;
	fds[client] = fds[count];
	fds[client + 1] = fds[count + 1];
}

static void
admit(const char *server)
{
	struct sockaddr_un address;
	int client = accept4(fds[DOOR].fd, NULL, NULL, SOCK_CLOEXEC);
	int fd = unix_socket(server, &address);

	if (client < 0 || count + 2 > FIRST + 2 * PAIRS ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		close(client);
		close(fd);
		return;
	}
	fds[count++] = (struct pollfd){client, POLLIN, 0};
	fds[count++] = (struct pollfd){fd, POLLIN, 0};
}

/* False when the connection is gone. */
static bool
carry(int from, int to, bool swallow)
{
	char data[65536], *p = data;
	ssize_t n = read(from, data, sizeof(data)), sent;

	if (swallow && n > 0)
		return true;
	for (; n > 0; p += sent, n -= sent) {
		sent = send(to, p, (size_t)n, MSG_NOSIGNAL);
		if (sent < 0)
			return false;
	}
	return n == 0 && p > data;
}

static void
heed(void)
{
	struct signalfd_siginfo info;
	struct timespec hold = {0, HOLD_MS * 1000000L};

	if (read(fds[SIGNALS].fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGUSR1)
		while (count > FIRST)
			cut(FIRST);
	else if (info.ssi_signo == SIGUSR2)
		nanosleep(&hold, NULL);
	else if (info.ssi_signo == SIGALRM)
		mute = !mute;
	else
		lose_until_ms = now_ms() + LOSE_MS;
}

static void
step(const char *server)
{
	nfds_t i, other;
	bool reply;

	if (poll(fds, count, -1) < 0 && errno != EINTR)
		err(71, "poll");
	for (i = count; i-- > FIRST;) {
		if (i >= count || fds[i].revents == 0)
			continue;
		fds[i].revents = 0;
		other = (i - FIRST) % 2 ? i - 1 : i + 1;
		reply = other < i;
		if ((reply && now_ms() < lose_until_ms) ||
		    !carry(fds[i].fd, fds[other].fd, reply && mute))
			cut(i);
	}
	if (fds[DOOR].revents)
		admit(server);
	if (fds[SIGNALS].revents)
		heed();
}

int
main(int argc, char *argv[])
{
	struct sockaddr_un address;
	sigset_t set;

	if (argc != 3)
		errx(64, "usage: proxy LISTEN SERVER");
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fds[SIGNALS].fd = signalfd(-1, &set, SFD_CLOEXEC);
	fds[SIGNALS].events = fds[DOOR].events = POLLIN;
	fds[DOOR].fd = unix_socket(argv[1], &address);
	if (bind(fds[DOOR].fd, (struct sockaddr *)&address, sizeof(address)) <
		0 ||
	    listen(fds[DOOR].fd, 128) < 0)
		err(71, "%s", argv[1]);
	for (;;)
		step(argv[2]);
}
