#include "proxy.h"

#include "base/path.h"
#include "hosts.h"
#include "pump.h"
#include "request.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { HEAD_LIMIT = 32 << 10, HEAD_TIMEOUT_S = 30, STOP_FD = 3 };

/* Reads to the end of the header fields; what came after them (a body)
 * stays in `in` behind head_len. */
static bool
read_head(int fd, struct buf *in, size_t *ret_head_len)
{
	while (in->len < HEAD_LIMIT) {
		ssize_t n = read(fd, buf_reserve(in, 4096), 4096);
		const char *end;

		if (n <= 0)
			return false;
		in->len += (size_t)n;
		buf_terminate(in);
		end = memmem(in->data, in->len, "\r\n\r\n", 4);
		if (end) {
			*ret_head_len = (size_t)(end - in->data) + 4;
			return true;
		}
	}
	return false;
}

static int
connect_one(const struct addrinfo *a)
{
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* To the first address that is allowed and answers. */
static int
connect_host(const struct strv *hosts, const struct host *h, struct err *err)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	AUTO_FREE char *port = xasprintf("%d", h->port);
	struct addrinfo *found;
	bool allowed = false;
	int fd = -1, rc;

	if (!hosts_allow(hosts, h)) {
		FAIL(err, ERR_DENIED, "the step does not declare this host");
		return -1;
	}
	rc = getaddrinfo(h->name, port, &hints, &found);
	if (rc) {
		FAIL(err, ERR_NETWORK, "%s", gai_strerror(rc));
		return -1;
	}
	for (struct addrinfo *a = found; a && fd < 0; a = a->ai_next) {
		if (!hosts_allow_address(hosts, h, a->ai_addr))
			continue;
		allowed = true;
		fd = connect_one(a);
	}
	freeaddrinfo(found);
	if (fd < 0 && !allowed)
		FAIL(err, ERR_DENIED,
		     "it is a private address, which the step must declare "
		     "itself");
	else if (fd < 0)
		err_errno(err, errno, "cannot connect");
	return fd;
}

static void
refuse(int fd, const char *status, const char *host, const char *why)
{
	AUTO(buf) body = BUF_INIT, out = BUF_INIT;

	buf_printf(&body, "agentops sandbox: %s%s%s\n", host, *host ? ": " : "",
		   why);
	buf_printf(&out,
		   "HTTP/1.1 %s\r\nContent-Type: text/plain\r\n"
		   "Content-Length: %zu\r\nConnection: close\r\n\r\n",
		   status, body.len);
	buf_add(&out, body.data, body.len);
	pump_send(fd, out.data, out.len);
}

/* rest: what the client sent behind the head. */
static void
forward(int client, int server, const struct request *r, const char *rest,
	size_t rest_len)
{
	static const char established[] =
		"HTTP/1.1 200 Connection established\r\n\r\n";
	bool ok = r->tunnel ? pump_send(client, established,
					strlen(established)) :
			      pump_send(server, r->head.data, r->head.len);

	if (ok && pump_send(server, rest, rest_len))
		pump(client, server);
}

static void
serve(int fd, void *ud)
{
	const struct strv *hosts = ud;
	const struct timeval limit = { .tv_sec = HEAD_TIMEOUT_S };
	AUTO_FD client = fd;
	AUTO_FD server = -1;
	AUTO(request) r = REQUEST_INIT;
	AUTO(buf) in = BUF_INIT;
	struct err err = ERR_INIT;
	size_t head_len;

	setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (!read_head(client, &in, &head_len) ||
	    !request_parse(in.data, head_len, &r, &err)) {
		refuse(client, "400 Bad Request", "", err.msg);
		return;
	}
	server = connect_host(hosts, &r.host, &err);
	if (server < 0)
		refuse(client,
		       err.code == ERR_DENIED ? "403 Forbidden" :
						"502 Bad Gateway",
		       r.host.name, err.msg);
	else
		forward(client, server, &r, in.data + head_len,
			in.len - head_len);
}

/* The launcher's other pipes must come to their ends without the proxy. */
static void
keep_only(int *listen_fd, int stop_fd)
{
	/* Copies out of the way first: either may be where the other goes. */
	int listen_copy = fcntl(*listen_fd, F_DUPFD, STOP_FD + 2);
	int stop_copy = fcntl(stop_fd, F_DUPFD, STOP_FD + 2);

	dup2(stop_copy, STOP_FD);
	dup2(listen_copy, STOP_FD + 1);
	close_range(STOP_FD + 2, ~0u, 0);
	*listen_fd = STOP_FD + 1;
}

static _Noreturn void
run(const struct strv *hosts, int listen_fd, const struct pipe_ends *life,
    const char *dir)
{
	close(life->out);
	keep_only(&listen_fd, life->in);
	/* Its own session: the launcher decides when it ends. */
	setsid();
	signal(SIGPIPE, SIG_IGN);
	pump_accept(listen_fd, STOP_FD, serve, (void *)hosts);
	path_remove_tree(dir, NULL);
	_exit(0);
}

bool
proxy_start(const struct strv *hosts, const struct pipe_ends *life,
	    struct proxy *ret, struct err *err)
{
	char dir[] = "/tmp/agentops-proxy-XXXXXX";
	AUTO_FREE char *path = NULL;
	AUTO_FD fd = -1;
	pid_t pid;

	if (!mkdtemp(dir))
		return err_errno(err, errno, "cannot make a folder in /tmp");
	path = path_join(dir, "socket");
	pid = pump_listen_file(path, &fd, err) ? fork() : -1;
	if (pid == 0)
		run(hosts, fd, life, dir);
	if (pid < 0) {
		path_remove_tree(dir, NULL);
		return fd < 0 ? false :
				err_errno(err, errno, "cannot fork");
	}
	ret->dir = xstrdup(dir);
	ret->pid = pid;
	return true;
}

void
proxy_release(struct proxy *p)
{
	if (p->dir)
		path_remove_tree(p->dir, NULL);
	free(p->dir);
	p->dir = NULL;
}

static void
relay(int fd, void *ud)
{
	AUTO_FD client = fd;
	AUTO_FD server = pump_connect_file(ud);

	if (server >= 0)
		pump(client, server);
}

bool
relay_start(const char *socket_path, struct err *err)
{
	static const char *const names[] = { "HTTP_PROXY", "HTTPS_PROXY",
					     "http_proxy", "https_proxy" };
	AUTO_FREE char *url = NULL;
	AUTO_FD fd = -1;
	pid_t pid;
	int port;

	if (!pump_listen_loopback(&fd, &port, err))
		return false;
	pid = fork();
	if (pid < 0)
		return err_errno(err, errno, "cannot fork");
	if (pid == 0) {
		pump_accept(fd, -1, relay, (void *)socket_path);
		_exit(0);
	}
	url = xasprintf("http://127.0.0.1:%d", port);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		setenv(names[i], url, 1);
	return true;
}
