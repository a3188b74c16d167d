/*
 * term_tty.h - the terminal device: bytes in and out without blocking, raw
 * mode, and giving it back whatever happens. For ui/term.c.
 *
 * The device is opened anew, so that being non-blocking concerns nobody who
 * shares stdin or stdout with us.
 */
#ifndef AGENTOPS_UI_TERM_TTY_H
#define AGENTOPS_UI_TERM_TTY_H

#include "base/loop.h"

#include <stddef.h>

struct tty;

struct tty_events {
	/* Called on the loop. */
	void (*on_bytes)(void *ud, const char *bytes, size_t len);
	void (*on_drained)(void *ud); /* all of what was written is out */
	void (*on_hangup)(void *ud);  /* once; reads and writes are over */
	void *ud;
};

/* ERR_ENV: stdin or stdout is no terminal. Changes nothing yet. */
struct tty *tty_new(struct loop *l, const struct tty_events *events,
		    struct err *err);
/* Gives it back when it was taken. */
void tty_free(struct tty *t);

/* What turns the terminal into ours, and back; copies. leave is also written
 * by a crash and at exit(), while the tty is taken. */
void tty_set_modes(struct tty *t, const char *enter, const char *leave);
/* Raw, reading; the enter bytes go out with what is written next, in one
 * write. ERR_IO. */
bool tty_take(struct tty *t, struct err *err);
/* The other way: writes out what is queued first, unless the device takes
 * nothing for a second. */
void tty_give(struct tty *t);

bool tty_taken(const struct tty *t);
/* Sets it up again after others used it (SIGCONT); false when not taken. */
bool tty_retake(struct tty *t);

/* Queues what the device does not take at once; copies. Dropped while the
 * tty is not taken. */
void tty_write(struct tty *t, const void *bytes, size_t len);
/* Bytes are waiting: nothing but what must be said should be added. */
bool tty_busy(const struct tty *t);
/* Blocks, and reads (to on_bytes) until done(ud), at most timeout_ms. */
void tty_absorb(struct tty *t, int timeout_ms, bool (*done)(void *ud),
		void *ud);
/* 0 for pixels that the device does not tell; 80x24 when it tells nothing. */
void tty_size(const struct tty *t, int *ret_columns, int *ret_rows,
	      int *ret_pixels_x, int *ret_pixels_y);
/* The key that erases, by its stty setting. */
char tty_erase(const struct tty *t);

#endif
