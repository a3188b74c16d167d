/*
 * Invariants
 *  1. One file description of our own, non-blocking, watched by one poll
 *     handle: for reading while the tty is taken, for writing while bytes
 *     are queued. Nothing due means no wake-up.
 *  2. `rescue` describes the tty exactly while it is taken. It alone is
 *     read by the crash handler, which allocates nothing and calls only
 *     async-signal-safe functions.
 *  3. After a hangup the handle is stopped for good.
 *
 *	new -> (take -> give)... -> free
 */
#include "ui/term_tty.h"

#include "base/buf.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum {
	READ_SIZE = 16 << 10,
	READS_MAX = 8, /* in one turn of the loop */
	QUEUE_MAX = 16 << 20,
	LEAVE_SIZE = 512,
	LEAVE_MS = 1000, /* to write out what is queued */
	RESCUE_MS = 200,
};

struct tty {
	int fd;
	uv_poll_t poll;
	int events;
	struct tty_events on;
	struct termios cooked;
	struct buf queue;
	size_t sent;   /* bytes of queue that are out */
	bool entering; /* queue is what enters, and goes with the next bytes */
	char *enter;
	char leave[LEAVE_SIZE];
	size_t leave_len;
	bool taken, dead;
};

/* --- crash ----------------------------------------------------------------- */

static struct {
	volatile sig_atomic_t active;
	pid_t pid; /* a child between fork and exec owns no tty */
	int fd;
	struct termios cooked;
	char leave[LEAVE_SIZE];
	size_t leave_len;
} rescue;

static const int crash_signals[] = { SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE };

/* Async-signal-safe. A tty that takes nothing is not waited for long. */
static void
write_all(int fd, const char *s, size_t len, int timeout_ms)
{
	while (len) {
		ssize_t n = write(fd, s, len);
		struct pollfd p = { fd, POLLOUT, 0 };

		if (n > 0) {
			s += n;
			len -= (size_t)n;
		} else if (n < 0 && errno == EINTR) {
			continue;
		} else if (n >= 0 || errno != EAGAIN ||
			   poll(&p, 1, timeout_ms) <= 0) {
			return;
		}
	}
}

static void
rescue_now(void)
{
	if (!rescue.active || rescue.pid != getpid())
		return;
	rescue.active = 0;
	write_all(rescue.fd, rescue.leave, rescue.leave_len, RESCUE_MS);
	tcsetattr(rescue.fd, TCSANOW, &rescue.cooked);
}

/* The handler was reset by SA_RESETHAND: the signal ends us now. */
static void
on_crash(int signum)
{
	rescue_now();
	raise(signum);
}

/* On a stack of its own, for when the stack is what ran out. */
static void
catch_crashes(void)
{
	static bool done;
	static _Alignas(16) char stack[64 << 10];
	stack_t ss = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction sa = { .sa_handler = on_crash };

	if (done)
		return;
	done = true;
	sigaltstack(&ss, NULL);
	sa.sa_flags = (int)(SA_RESETHAND | SA_NODEFER | SA_ONSTACK);
	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < ARRAY_LEN(crash_signals); i++)
		sigaction(crash_signals[i], &sa, NULL);
	atexit(rescue_now);
}

static void
arm_rescue(const struct tty *t)
{
	rescue.active = 0;
	rescue.pid = getpid();
	rescue.fd = t->fd;
	rescue.cooked = t->cooked;
	memcpy(rescue.leave, t->leave, t->leave_len);
	rescue.leave_len = t->leave_len;
	rescue.active = 1;
}

/* --- opening -------------------------------------------------------------- */

/* The device behind stdout; /dev/tty where its name cannot be opened (another
 * mount namespace, su). */
static int
open_device(void)
{
	const int flags = O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
	char name[256];
	int fd = -1;

	if (ttyname_r(STDOUT_FILENO, name, sizeof(name)) == 0)
		fd = open(name, flags);
	return fd >= 0 ? fd : open("/dev/tty", flags);
}

struct tty *
tty_new(struct loop *l, const struct tty_events *events, struct err *err)
{
	struct tty *t;
	struct termios cooked;
	int fd;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		FAIL(err, ERR_ENV,
		     "%s is not a terminal; the full screen "
		     "needs one (agentops --help lists what works without)",
		     isatty(STDIN_FILENO) ? "stdout" : "stdin");
		return NULL;
	}
	fd = open_device();
	if (fd < 0 || tcgetattr(fd, &cooked)) {
		err_errno(err, errno, "cannot open the terminal");
		path_close(&fd);
		return NULL;
	}
	t = xcalloc(1, sizeof(*t));
	t->fd = fd;
	t->cooked = cooked;
	t->on = *events;
	if (uv_poll_init(loop_uv(l), &t->poll, fd)) {
		FAIL(err, ERR_ENV, "the terminal cannot be waited for");
		close(fd);
		free(t);
		return NULL;
	}
	t->poll.data = t;
	return t;
}

static void
on_closed(uv_handle_t *h)
{
	struct tty *t = h->data;

	close(t->fd);
	free(t->enter);
	buf_release(&t->queue);
	free(t);
}

void
tty_free(struct tty *t)
{
	if (!t)
		return;
	tty_give(t);
	uv_close((uv_handle_t *)&t->poll, on_closed);
}

void
tty_set_modes(struct tty *t, const char *enter, const char *leave)
{
	size_t len = strlen(leave);

	free(t->enter);
	t->enter = xstrdup(enter);
	t->leave_len = len < LEAVE_SIZE ? len : 0;
	memcpy(t->leave, leave, t->leave_len);
	if (t->taken)
		arm_rescue(t);
}

/* --- bytes ----------------------------------------------------------------- */

static void on_poll(uv_poll_t *h, int status, int events);

static void
watch(struct tty *t)
{
	int events = 0;

	if (t->taken && !t->dead)
		events = UV_READABLE | UV_DISCONNECT;
	if (events && tty_busy(t))
		events |= UV_WRITABLE;
	if (events == t->events)
		return;
	t->events = events;
	if (events)
		uv_poll_start(&t->poll, events, on_poll);
	else
		uv_poll_stop(&t->poll);
}

static void
hang_up(struct tty *t)
{
	if (t->dead)
		return;
	t->dead = true;
	buf_reset(&t->queue);
	t->sent = 0;
	watch(t);
	t->on.on_hangup(t->on.ud);
}

/* Writes what the device takes. False when it is gone. */
static bool
send_queue(struct tty *t)
{
	while (t->sent < t->queue.len) {
		ssize_t n = write(t->fd, t->queue.data + t->sent,
				  t->queue.len - t->sent);

		if (n > 0)
			t->sent += (size_t)n;
		else if (n < 0 && errno == EINTR)
			continue;
		else if (n < 0 && errno == EAGAIN)
			return true;
		else
			return false;
	}
	buf_reset(&t->queue);
	t->sent = 0;
	return true;
}

bool
tty_busy(const struct tty *t)
{
	return !t->entering && t->sent < t->queue.len;
}

void
tty_write(struct tty *t, const void *bytes, size_t len)
{
	if (t->dead || !t->taken || !len || len > QUEUE_MAX - t->queue.len)
		return;
	buf_add(&t->queue, bytes, len);
	t->entering = false;
	/* A hangup is told by the poll, not from inside a call. */
	if (!send_queue(t))
		buf_reset(&t->queue);
	watch(t);
}

static void
read_some(struct tty *t)
{
	char bytes[READ_SIZE];

	for (int i = 0; i < READS_MAX && t->taken && !t->dead; i++) {
		ssize_t n = read(t->fd, bytes, sizeof(bytes));

		if (n > 0)
			t->on.on_bytes(t->on.ud, bytes, (size_t)n);
		else if (n < 0 && errno == EINTR)
			continue;
		else if (n < 0 && errno == EAGAIN)
			return;
		else
			hang_up(t);
		if (n < (ssize_t)sizeof(bytes))
			return;
	}
}

static void
on_poll(uv_poll_t *h, int status, int events)
{
	struct tty *t = h->data;

	if (status < 0) {
		hang_up(t);
		return;
	}
	if (events & UV_WRITABLE) {
		if (!send_queue(t)) {
			hang_up(t);
			return;
		}
		watch(t);
		if (!tty_busy(t))
			t->on.on_drained(t->on.ud);
	}
	if (events & (UV_READABLE | UV_DISCONNECT))
		read_some(t);
}

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void
tty_absorb(struct tty *t, int timeout_ms, bool (*done)(void *ud), void *ud)
{
	int64_t end = now_ms() + timeout_ms;

	while (!t->dead && t->taken && !done(ud)) {
		struct pollfd p = { t->fd, POLLIN, 0 };
		int64_t left = end - now_ms();

		if (left <= 0 || poll(&p, 1, (int)left) <= 0 ||
		    p.revents & (POLLHUP | POLLERR))
			return;
		read_some(t);
	}
}

/* --- taking and giving ------------------------------------------------------ */

static bool
set_attributes(struct tty *t, const struct termios *to)
{
	while (tcsetattr(t->fd, TCSANOW, to))
		if (errno != EINTR)
			return false;
	return true;
}

static bool
set_raw(struct tty *t)
{
	struct termios raw = t->cooked;

	cfmakeraw(&raw);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	return set_attributes(t, &raw);
}

bool
tty_taken(const struct tty *t)
{
	return t->taken && !t->dead;
}

bool
tty_retake(struct tty *t)
{
	if (!tty_taken(t) || !set_raw(t))
		return false;
	tty_write(t, t->enter, strlen(t->enter));
	return true;
}

bool
tty_take(struct tty *t, struct err *err)
{
	if (t->dead)
		return FAIL(err, ERR_IO, "the terminal is gone");
	catch_crashes();
	arm_rescue(t);
	if (!set_raw(t)) {
		rescue.active = 0;
		return err_errno(err, errno, "cannot set up the terminal");
	}
	t->taken = true;
	buf_addstr(&t->queue, t->enter);
	t->entering = true;
	watch(t);
	return true;
}

void
tty_give(struct tty *t)
{
	if (!t->taken)
		return;
	if (!t->dead) {
		/* A picture cut off in its middle is ended by t->leave. */
		write_all(t->fd, t->queue.data + t->sent,
			  t->queue.len - t->sent, LEAVE_MS);
		write_all(t->fd, t->leave, t->leave_len, RESCUE_MS);
	}
	buf_reset(&t->queue);
	t->sent = 0;
	t->entering = false;
	rescue.active = 0;
	set_attributes(t, &t->cooked);
	t->taken = false;
	watch(t);
}

void
tty_size(const struct tty *t, int *ret_columns, int *ret_rows,
	 int *ret_pixels_x, int *ret_pixels_y)
{
	struct winsize w = { 0 };

	if (ioctl(t->fd, TIOCGWINSZ, &w) || !w.ws_col || !w.ws_row)
		w = (struct winsize){ .ws_col = 80, .ws_row = 24 };
	*ret_columns = w.ws_col;
	*ret_rows = w.ws_row;
	*ret_pixels_x = w.ws_xpixel;
	*ret_pixels_y = w.ws_ypixel;
}

char
tty_erase(const struct tty *t)
{
	return (char)t->cooked.c_cc[VERASE];
}
