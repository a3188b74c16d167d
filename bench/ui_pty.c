#include "ui_pty.h"

#include "base/clock.h"
#include "base/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { START_MS = 20000, STATUS_BYTES = 1 << 16 };

static void __attribute__((noreturn)) die(const struct pty *p, const char *what)
{
	fprintf(stderr, "bench_ui: %s; last seen: %.*s\n", what,
		p->seen.len < 400 ? (int)p->seen.len : 400, buf_str(&p->seen));
	exit(2);
}

void
pty_die_with_parent(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

void
pty_start(struct pty *p, char *const *argv)
{
	struct winsize size = { .ws_col = PTY_COLUMNS, .ws_row = PTY_ROWS };

	*p = (struct pty){ .began_us = clock_mono_us() };
	p->sent_us = p->began_us;
	p->pid = forkpty(&p->fd, NULL, NULL, &size);
	if (p->pid < 0)
		die(p, "no pseudo-terminal");
	if (p->pid == 0) {
		pty_die_with_parent();
		execv(argv[0], argv);
		_exit(127);
	}
	/* A hangup must reach it whoever is started later. */
	fcntl(p->fd, F_SETFD, FD_CLOEXEC);
}

/* True when something came within so long. */
static bool
take(struct pty *p, int timeout_ms)
{
	struct pollfd f = { p->fd, POLLIN, 0 };
	char bytes[1 << 16];
	ssize_t n;

	if (poll(&f, 1, timeout_ms) <= 0)
		return false;
	n = read(p->fd, bytes, sizeof(bytes));
	if (n <= 0)
		die(p, "the program ended");
	p->last_us = clock_mono_us();
	buf_add(&p->seen, bytes, (size_t)n);
	return true;
}

void
pty_send(struct pty *p, const char *keys)
{
	size_t len = strlen(keys);

	while (take(p, 0))
		;
	buf_reset(&p->seen);
	p->sent_us = clock_mono_us();
	if (write(p->fd, keys, len) != (ssize_t)len)
		die(p, "keys are not taken");
}

void
pty_quiet(struct pty *p, int quiet_ms)
{
	if (!p->seen.len && !take(p, START_MS))
		die(p, "nothing is painted");
	while (take(p, quiet_ms))
		;
}

double
pty_until(struct pty *p, const char *text, int timeout_ms)
{
	int64_t end = clock_mono_us() + (int64_t)timeout_ms * 1000;
	size_t len = strlen(text);

	while (!p->seen.len || !memmem(p->seen.data, p->seen.len, text, len)) {
		int64_t left_ms = (end - clock_mono_us()) / 1000;

		if (left_ms <= 0 || !take(p, (int)left_ms))
			die(p, "a key shows nothing");
	}
	return (double)(p->last_us - p->sent_us) / 1e3;
}

void
pty_end(struct pty *p)
{
	close(p->fd);
	while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
		;
	buf_release(&p->seen);
}

static int64_t
number_of(const char *file, const char *name)
{
	AUTO(buf) text = BUF_INIT;
	const char *at;

	if (!path_read(file, STATUS_BYTES, &text, NULL))
		return 0;
	at = strstr(buf_str(&text), name);
	return at ? strtoll(at + strlen(name), NULL, 10) : 0;
}

int64_t
pty_status(const struct pty *p, const char *name)
{
	AUTO_FREE char *file = xasprintf("/proc/%d/status", (int)p->pid);

	return number_of(file, name);
}

int64_t
pty_waits(const struct pty *p)
{
	AUTO_FREE char *tasks = xasprintf("/proc/%d/task", (int)p->pid);
	DIR *d = opendir(tasks);
	struct dirent *e;
	int64_t sum = 0;

	while (d && (e = readdir(d))) {
		AUTO_FREE char *file =
			xasprintf("%s/%s/status", tasks, e->d_name);

		if (e->d_name[0] != '.')
			sum += number_of(file, "\nvoluntary_ctxt_switches:");
	}
	if (d)
		closedir(d);
	return sum;
}
