/*
 * term.h - the terminal. The only part that knows ncurses, and the only one
 * that writes to the tty.
 *
 *	term_open -> (term_paint, term_write, term_suspend ...) -> term_close
 *
 * Invariants:
 *
 *  1. Between open and close the tty is raw, on the alternate screen, with
 *     bracketed paste, focus and SGR mouse reports on. term_close, a crash
 *     (SEGV, BUS, ABRT, ILL, FPE) and _exit paths restore it; what they write
 *     is prepared at open, so that a signal handler can.
 *  2. Bytes come from the tty through input.h, read by the loop (the fd is
 *     non-blocking); ncurses never reads. Nothing typed is lost.
 *  3. term_paint sends what differs from the last frame and nothing when
 *     nothing does, inside a synchronized update (mode 2026) where there is
 *     one.
 *  4. True colour goes through a terminfo entry of our own (brief images.md),
 *     compiled by tic once and kept in the cache folder; without tic, 256.
 *
 * The probe's question goes out after the first paint; answers come as
 * INPUT_REPLY, whenever they come, and term takes them. When they change
 * what the terminal can, on_caps says so. A terminal that never answers
 * keeps what the environment told. Never asked when TERM is dumb or linux.
 */
#ifndef AGENTOPS_UI_TERM_H
#define AGENTOPS_UI_TERM_H

#include "base/loop.h"
#include "base/path.h"
#include "ui/frame.h"
#include "ui/input.h"

/* How pictures are shown; config `pictures` may force one. */
#define PICTURE_MODES(X) \
	X(PICTURE_NONE, "none") X(PICTURE_SYMBOLS, "symbols") \
	X(PICTURE_SIXEL, "sixel") X(PICTURE_KITTY, "kitty") \
	X(PICTURE_ITERM, "iterm")

enum picture_mode {
#define X(id, name) id,
	PICTURE_MODES(X)
#undef X
};

enum term_colours {
	TERM_MONO, TERM_8, TERM_16, TERM_256, TERM_DIRECT
};

struct term_caps {
	enum picture_mode picture;
	enum term_colours colours;
	int cell_width, cell_height;     /* pixels; 8x16 when not told */
	int sixel_width, sixel_height;   /* largest picture; 0: not told */
	bool utf8, sync, extended_symbols;
	bool multiplexer;                /* inside tmux or screen */
	int32_t background;              /* COLOUR_RGB or COLOUR_DEFAULT */
	char name[64];                   /* XTVERSION, or "" */
};

struct term;

struct term_options {
	struct loop *loop;
	const struct paths *paths;
	const char *pictures;  /* "auto" or a name of PICTURE_MODES */
	const char *colours;   /* "auto", "none", "16", "256", "direct" */
	bool mouse;
	/* Called on the loop. */
	void (*on_input)(void *ud, const struct input *in);
	void (*on_resize)(void *ud, int width, int height);
	void (*on_caps)(void *ud);
	void (*on_hangup)(void *ud); /* the tty is gone, or stdin closed */
	void *ud;
};

/* ERR_ENV: stdin or stdout is no terminal, or TERM is unknown. */
struct term *term_new(const struct term_options *o, struct err *err);
/* Restores the tty; shows nothing behind. */
void term_free(struct term *t);
const struct term_caps *term_caps(const struct term *t);
void term_size(const struct term *t, int *ret_width, int *ret_height);

/* Paints the cells of a frame as large as the screen. False when the tty
 * takes no more bytes now (paint again when it does: on_resize's sibling
 * calls are not needed, the next paint catches up). */
bool term_paint(struct term *t, const struct frame *f);
/* Everything is drawn anew by the next paint. */
void term_redraw(struct term *t);
/* Raw bytes after a paint, for pictures: cursor saved and restored around,
 * at cell (x, y). */
void term_picture(struct term *t, int x, int y, const void *bytes,
		  size_t len);
/* Cells of r are sent again by the next paint (a sixel was there). */
void term_touch(struct term *t, struct rect r);

void term_title(struct term *t, const char *text);
void term_bell(struct term *t);
/* OSC 9 and OSC 777; text is made safe. */
void term_notify(struct term *t, const char *title, const char *text);
/* OSC 52, to the terminal's clipboard. */
void term_copy(struct term *t, const char *text);

/* Gives the tty back (for $EDITOR or SIGTSTP) and takes it again. */
void term_leave(struct term *t);
bool term_enter(struct term *t, struct err *err);
/* SIGTSTP to ourselves with the tty given back; returns after SIGCONT. */
void term_suspend(struct term *t);

#endif
