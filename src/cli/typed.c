/*
 * Invariants:
 *  1. lines holds what was read and not taken: whole lines and the beginning
 *     of one.
 *  2. The poll handle is active only while a line is waited for. Regular
 *     files cannot be polled and never block: they are read at once.
 *  3. libuv makes what it polls non-blocking, and a terminal's input and
 *     output are often one open file: so it gets an opening of its own.
 *  4. skipping: a line was longer than it may be; what comes up to its end
 *     is dropped.
 */
#include "cli/typed.h"

#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct typed {
	int fd;
	bool own;        /* fd is ours to close */
	uv_poll_t *poll; /* NULL: a file */
	bool polling, ended, skipping;
	struct buf lines;
};

/* Drops what is too long of the line that has no end yet. */
static void
keep_ceiling(struct typed *t)
{
	if (t->lines.len <= TYPED_LINE_MAX ||
	    memchr(t->lines.data, '\n', t->lines.len))
		return;
	buf_truncate(&t->lines, TYPED_LINE_MAX);
	if (!t->skipping)
		buf_addch(&t->lines, '\n');
	t->skipping = true;
}

static void
add_bytes(struct typed *t, const char *p, size_t len)
{
	if (t->skipping) {
		const char *end = memchr(p, '\n', len);

		if (!end)
			return;
		t->skipping = false;
		len -= (size_t)(end + 1 - p);
		p = end + 1;
	}
	buf_add(&t->lines, p, len);
	keep_ceiling(t);
}

static void
read_some(struct typed *t)
{
	char block[4096];
	ssize_t n = read(t->fd, block, sizeof(block));

	if (n > 0)
		add_bytes(t, block, (size_t)n);
	else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		t->ended = true;
}

static void
stop(struct typed *t)
{
	if (t->polling)
		uv_poll_stop(t->poll);
	t->polling = false;
}

static void
on_ready(uv_poll_t *h, int status, int events)
{
	struct typed *t = h->data;

	(void)status;
	(void)events;
	read_some(t);
	if (t->ended ||
	    (t->lines.len && memchr(t->lines.data, '\n', t->lines.len)))
		stop(t);
}

/* A socket has no second opening; it is polled as it is. */
static void
open_again(struct typed *t, int fd)
{
	AUTO_FREE char *path = xasprintf("/proc/self/fd/%d", fd);

	t->fd = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	t->own = t->fd >= 0;
	if (!t->own)
		t->fd = fd;
}

struct typed *
typed_new(struct loop *loop, int fd)
{
	struct typed *t = xcalloc(1, sizeof(*t));
	struct stat st;

	t->fd = fd;
	if (fstat(fd, &st) || S_ISREG(st.st_mode))
		return t;
	open_again(t, fd);
	t->poll = xcalloc(1, sizeof(*t->poll));
	t->poll->data = t;
	if (uv_poll_init(loop_uv(loop), t->poll, t->fd) != 0) {
		free(t->poll);
		t->poll = NULL;
	}
	return t;
}

static void
free_handle(uv_handle_t *h)
{
	free(h);
}

void
typed_free(struct typed *t)
{
	stop(t);
	if (t->poll)
		uv_close((uv_handle_t *)t->poll, free_handle);
	if (t->own)
		close(t->fd);
	buf_release(&t->lines);
	free(t);
}

static char *
cut_line(struct typed *t)
{
	char *end =
		t->lines.len ? memchr(t->lines.data, '\n', t->lines.len) : NULL;
	size_t n = end ? (size_t)(end - t->lines.data) : t->lines.len;
	struct buf rest = BUF_INIT;
	char *line;

	if (!end && !(t->ended && n))
		return NULL;
	line = xstrndup(t->lines.data, n);
	if (end)
		buf_add(&rest, end + 1, t->lines.len - n - 1);
	buf_release(&t->lines);
	t->lines = rest;
	n = strlen(line);
	if (n && line[n - 1] == '\r')
		line[n - 1] = '\0';
	return line;
}

char *
typed_take(struct typed *t)
{
	char *line = cut_line(t);

	while (!line && !t->ended && !t->poll) {
		read_some(t);
		line = cut_line(t);
	}
	if (!line && !t->ended && !t->polling)
		t->polling = uv_poll_start(t->poll, UV_READABLE, on_ready) == 0;
	/* What cannot be polled after all says nothing any more. */
	if (!line && !t->ended && !t->polling)
		t->ended = true;
	return line;
}

bool
typed_ended(const struct typed *t)
{
	return t->ended && !t->lines.len;
}
