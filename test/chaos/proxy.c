/*
 * proxy LISTEN SERVER [WORD] - between two Unix sockets, a network with faults
 *
 * USR1 cuts every connection. USR2 holds everything back for a while. HUP
 * loses replies for a moment: a connection is cut when the server answers on
 * it, after the request has been carried out. ALRM swallows all replies while
 * the connections stay, until the next ALRM. With a WORD, no reply is lost on a
 * connection before a request has held it.
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
static const char *word;
static bool asked[FIRST + 2 * PAIRS]; /* by the pair's client: for the word */

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
	memcpy(address->sun_path, path, strlen(path) + 1);
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
	asked[client] = asked[count];
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
	asked[count] = word == NULL;
	fds[count++] = (struct pollfd){client, POLLIN, 0};
	fds[count++] = (struct pollfd){fd, POLLIN, 0};
}

/* From one side to the other; false when the connection is gone. */
static bool
carry(nfds_t i)
{
	bool reply = (i - FIRST) % 2;
	nfds_t client = reply ? i - 1 : i;
	int to = fds[reply ? client : client + 1].fd;
	char data[65536], *p = data;
	ssize_t n = read(fds[i].fd, data, sizeof(data)), sent;

	if (n > 0 && !reply && word != NULL &&
	    memmem(data, (size_t)n, word, strlen(word)) != NULL)
		asked[client] = true;
	if (n > 0 && reply && asked[client] && now_ms() < lose_until_ms)
		return false;
	if (n > 0 && reply && asked[client] && mute)
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
	nfds_t i;

	if (poll(fds, count, -1) < 0 && errno != EINTR)
		err(71, "poll");
	if (fds[SIGNALS].revents)
		heed();
	for (i = count; i-- > FIRST;)
		if (i < count && fds[i].revents != 0) {
			fds[i].revents = 0;
			if (!carry(i))
				cut(i);
		}
	if (fds[DOOR].revents)
		admit(server);
}

int
main(int argc, char *argv[])
{
	struct sockaddr_un address;
	sigset_t set;

	if (argc != 3 && argc != 4)
		errx(64, "usage: proxy LISTEN SERVER [WORD]");
	word = argv[3];
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
