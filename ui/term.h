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
 *  2. Bytes come from the tty through input.h, read by the loop; ncurses
 *     never reads. Writing never blocks: what the tty does not take waits, and
 *     paints are refused meanwhile. ncurses writes into memory only.
 *  3. term_paint sends what differs from the last frame and nothing when
 *     nothing does, inside a synchronized update (mode 2026) where there is
 *     one.
 *  4. True colour goes through a terminfo entry of our own (brief images.md),
 *     compiled by tic once, without waiting for it, and kept in the cache
 *     folder; without tic, 256.
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
	int told_width, told_height;     /* of a cell, by a reply; 0 */
	int area_width, area_height;     /* of the text area, by a reply; 0 */
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
	const char *colours;   /* "auto", "none", "8", "16", "256", "direct" */
	bool mouse;
	/* Called on the loop. on_ready and on_caps may be NULL. */
	void (*on_input)(void *ud, const struct input *in);
	/* Another size, or the same, with all that was shown erased (a redraw
	 * after SIGCONT, a change of colours): pictures must be sent anew. */
	void (*on_resize)(void *ud, int width, int height);
	void (*on_caps)(void *ud);   /* term_caps changed: paint again */
	void (*on_ready)(void *ud);  /* a paint was refused, and can be now */
	/* The tty is gone, stdin is closed, or a signal asks us to end (HUP,
	 * TERM, INT): leave. Once. */
	void (*on_hangup)(void *ud);
	/* SIGTSTP from outside: call term_suspend, or do not. NULL: done
	 * here. */
	void (*on_stop)(void *ud);
	void *ud;
};

/* Sets LC_CTYPE of the process from the environment. ERR_ENV: stdin or stdout
 * is no terminal, TERM is unknown or cannot move its cursor. */
struct term *term_new(const struct term_options *o, struct err *err);
/* Restores the tty; leaves nothing behind. Before loop_free, and never from
 * inside a callback. */
void term_free(struct term *t);
const struct term_caps *term_caps(const struct term *t);
void term_size(const struct term *t, int *ret_width, int *ret_height);

/*
 * One update of the screen: cells, then pictures, then shown at once:
 *
 *	if (!term_begin(t))
 *		return;                    on_ready will say when
 *	term_paint(t, frame);
 *	term_picture(t, x, y, bytes, len);
 *	term_end(t);
 *
 * term_begin is false while the tty has not taken all of the last update
 * (and while it is given away). An update in which nothing differs writes
 * nothing. term_paint alone is an update of its own.
 */
bool term_begin(struct term *t);
void term_end(struct term *t);
/* Paints the cells of a frame as large as the screen (what is outside is
 * cut). False as term_begin. Borrows the frame until term_end. */
bool term_paint(struct term *t, const struct frame *f);
/* Everything is drawn anew by the next paint. */
void term_redraw(struct term *t);
/* Raw bytes after the cells, for pictures: cursor and attributes saved and
 * restored around, at cell (x, y). Copies. Only between begin and end. */
void term_picture(struct term *t, int x, int y, const void *bytes,
		  size_t len);
/* The rows of r are sent again by the next paint (a sixel was there). */
void term_touch(struct term *t, struct rect r);

/* Text is made safe. */
void term_title(struct term *t, const char *text);
void term_bell(struct term *t);
/* OSC 9 and OSC 777. */
void term_notify(struct term *t, const char *title, const char *text);
/* OSC 52, to the terminal's clipboard. */
void term_copy(struct term *t, const char *text);

/* Gives the tty back (for $EDITOR) and takes it again; everything is drawn
 * anew after that, and pictures are gone. */
void term_leave(struct term *t);
bool term_enter(struct term *t, struct err *err);
/* Gives the tty back and stops the process group as Ctrl-Z does in a shell;
 * returns after SIGCONT, with the tty taken again. */
void term_suspend(struct term *t);

#endif
