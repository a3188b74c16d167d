#include "pump.h"

#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	LANE_BYTES = 32 << 10,
	IDLE_MS = 10 * 60 * 1000,
	FULL_WAIT_MS = 20,
	STACK_BYTES = 256 << 10,
};

/* One direction: reads while empty, writes while not. */
struct lane {
	int from, to;
	size_t at, len; /* bytes at..len wait to be written */
	bool ended;
	char data[LANE_BYTES];
};

static bool
would_block(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* False when the connection broke. */
static bool
lane_move(struct lane *l)
{
	ssize_t n;

	if (l->at == l->len) {
		n = read(l->from, l->data, sizeof(l->data));
		if (n < 0)
			return would_block();
		l->at = 0;
		l->len = (size_t)n;
		if (n == 0) {
			l->ended = true;
			shutdown(l->to, SHUT_WR);
			return true;
		}
	}
	n = send(l->to, l->data + l->at, l->len - l->at, MSG_NOSIGNAL);
	if (n < 0)
		return would_block();
	l->at += (size_t)n;
	return true;
}

static struct pollfd
lane_wants(const struct lane *l)
{
	if (l->ended)
		return (struct pollfd){ .fd = -1 };
	if (l->at == l->len)
		return (struct pollfd){ .fd = l->from, .events = POLLIN };
	return (struct pollfd){ .fd = l->to, .events = POLLOUT };
}

void
pump(int a, int b)
{
	AUTO_FREE struct lane *lanes = xcalloc(2, sizeof(*lanes));

	fcntl(a, F_SETFL, O_NONBLOCK);
	fcntl(b, F_SETFL, O_NONBLOCK);
	lanes[0].from = lanes[1].to = a;
	lanes[0].to = lanes[1].from = b;
	while (!lanes[0].ended || !lanes[1].ended) {
		struct pollfd p[2] = { lane_wants(&lanes[0]),
				       lane_wants(&lanes[1]) };
		int n = poll(p, 2, IDLE_MS);

		if (n == 0 || (n < 0 && errno != EINTR))
			return;
		for (int i = 0; n > 0 && i < 2; i++)
			if (p[i].revents && !lane_move(&lanes[i]))
				return;
	}
}

bool
pump_send(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

struct connection {
	int fd;
	pump_serve_fn *serve;
	void *ud;
};

static atomic_int connections;

static void *
run_connection(void *arg)
{
	struct connection c = *(struct connection *)arg;

	free(arg);
	c.serve(c.fd, c.ud);
	atomic_fetch_sub(&connections, 1);
	return NULL;
}

static void
start_connection(int fd, pump_serve_fn *serve, void *ud)
{
	struct connection c = { fd, serve, ud };
	void *arg = xmemdup(&c, sizeof(c));
	pthread_attr_t attr;
	pthread_t thread;

	atomic_fetch_add(&connections, 1);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	if (pthread_create(&thread, &attr, run_connection, arg)) {
		atomic_fetch_sub(&connections, 1);
		free(arg);
		close(fd);
	}
	pthread_attr_destroy(&attr);
}

void
pump_accept(int listen_fd, int stop_fd, pump_serve_fn *serve, void *ud)
{
	for (;;) {
		bool full = atomic_load(&connections) >= PUMP_CONNECTIONS;
		struct pollfd p[] = {
			{ .fd = stop_fd, .events = POLLIN },
			{ .fd = full ? -1 : listen_fd, .events = POLLIN },
		};
		int fd;

		if (poll(p, 2, full ? FULL_WAIT_MS : -1) < 0)
			continue;
		if (p[0].revents)
			return;
		if (!p[1].revents)
			continue;
		fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0)
			start_connection(fd, serve, ud);
	}
}

static bool
file_address(const char *path, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(ret->sun_path))
		return false;
	memcpy(ret->sun_path, path, strlen(path));
	return true;
}

static bool
listen_on(int domain, const struct sockaddr *address, socklen_t len,
	  int *ret_fd, struct err *err)
{
	int fd = socket(domain, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && bind(fd, address, len) == 0 && listen(fd, 64) == 0) {
		*ret_fd = fd;
		return true;
	}
	err_errno(err, errno, "the proxy's socket");
	path_close(&fd);
	return false;
}

bool
pump_listen_file(const char *path, int *ret_fd, struct err *err)
{
	struct sockaddr_un a;

	if (!file_address(path, &a))
		return FAIL(err, ERR_TOOBIG, "%s is too long for a socket",
			    path);
	return listen_on(AF_UNIX, (struct sockaddr *)&a, sizeof(a), ret_fd,
			 err);
}

bool
pump_listen_loopback(int *ret_fd, int *ret_port, struct err *err)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(a);

	if (!listen_on(AF_INET, (struct sockaddr *)&a, len, ret_fd, err))
		return false;
	getsockname(*ret_fd, (struct sockaddr *)&a, &len);
	*ret_port = ntohs(a.sin_port);
	return true;
}

int
pump_connect_file(const char *path)
{
	struct sockaddr_un a;
	int fd;

	if (!file_address(path, &a))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a))) {
		close(fd);
		return -1;
	}
	return fd;
}
