/*
 * ui_pty.h - a program in a pseudo-terminal, and when its bytes come: what
 * bench_ui.c measures with. Nothing answers the program's questions, as on a
 * terminal that knows none.
 *
 *	struct pty p;
 *	pty_start(&p, argv);              at began_us
 *	pty_quiet(&p, 100);               at last_us came its last byte
 *	pty_send(&p, "~");
 *	ms = pty_until(&p, "~", 1000);    from pty_send to that byte
 *	pty_end(&p);
 *
 * What cannot go on ends the process with a message and status 2.
 */
#ifndef AGENTOPS_BENCH_UI_PTY_H
#define AGENTOPS_BENCH_UI_PTY_H

#include "base/buf.h"

#include <stdint.h>
#include <sys/types.h>

enum { PTY_COLUMNS = 120, PTY_ROWS = 40 };

struct pty {
	pid_t pid;
	int fd;
	int64_t began_us, sent_us, last_us; /* monotonic */
	struct buf seen;                    /* since the last pty_send */
};

/* In a child: so that nothing outlives a bench that was cut off. */
void pty_die_with_parent(void);
void pty_start(struct pty *p, char *const *argv);
/* Forgets what was seen, and starts the clock. */
void pty_send(struct pty *p, const char *keys);
/* Reads until nothing has come for so long. */
void pty_quiet(struct pty *p, int quiet_ms);
/* Reads until text was seen; ms since pty_send. */
double pty_until(struct pty *p, const char *text, int timeout_ms);
/* Hangs up and waits for the end. */
void pty_end(struct pty *p);

/* Of the line of /proc/PID/status: a number after "Name:". */
int64_t pty_status(const struct pty *p, const char *name);
/* How often all threads of it have waited until now. */
int64_t pty_waits(const struct pty *p);

#endif
