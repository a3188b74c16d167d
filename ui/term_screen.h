/*
 * term_screen.h - frames to the bytes that a terminal shows them by: only
 * what differs, in the terminal's own language. Implemented in ui/term.c, the
 * only file that knows ncurses; for ui/terminal.c.
 */
#ifndef AGENTOPS_UI_TERM_SCREEN_H
#define AGENTOPS_UI_TERM_SCREEN_H

#include "ui/frame.h"
#include "ui/term.h"

struct screen;

/* name: a terminfo entry, looked up in terminfo_dir alone when not NULL (for
 * that time $TERMINFO, $LINES and $COLUMNS are set). NULL when it is not
 * known. Installs no signal handlers and writes to nothing but memory. */
struct screen *screen_new(const char *name, const char *terminfo_dir,
			  int width, int height);
/* Not while another one is still painted to: ncurses 6.4 ends them all. */
void screen_free(struct screen *s);
void screen_resize(struct screen *s, int width, int height);
/* The next paint says everything. */
void screen_redraw(struct screen *s);
/* The next paint says rows first to end again. */
void screen_touch(struct screen *s, int first, int end);
/* At most what the entry has. */
void screen_set_colours(struct screen *s, enum term_colours colours);
/* Appends the bytes for what differs from the last paint; none when nothing
 * does. A frame of another size is cut or filled up with blanks. */
void screen_paint(struct screen *s, const struct frame *f, struct buf *out);
/* Copies what a paint of everything said, for the next to compare with; f
 * must be as it was then. Apart, so that the terminal has the bytes first. */
void screen_remember(struct screen *s);

/* Of the terminfo entry, by tigetnum(3) and tigetstr(3); -1 or less, and "",
 * when it has none. */
int screen_number(struct screen *s, const char *cap);
const char *screen_string(struct screen *s, const char *cap);

#endif
