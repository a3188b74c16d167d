/*
 * frame.h - a screen in memory: a grid of cells that views draw into.
 *
 * Coordinates: x to the right, y down, from 0 in the frame. Drawing calls
 * take a rect that they never leave; x and y count from its corner. What is
 * drawn outside is cut. A wide cluster takes two cells, the second has width
 * 0; drawing over one half blanks the other, and where only half of one has
 * room a blank is drawn.
 *
 * All text goes through text.h, so nothing drawn can act on a terminal. With
 * `ascii` every column of what is not ASCII is a "?", and the frame's own
 * drawings (edges, glyphs) have ASCII forms.
 *
 * Pictures are not cells: a view leaves a slot (frame_picture), and
 * ui/picture.h fills it with symbols or by the terminal's own protocol.
 *
 *	frame_clear(f, theme_style(t, ROLE_TEXT));
 *	struct rect in = frame_box(f, r, "Runs", border, title);
 *	frame_text(f, in, 0, 0, task, theme_style(t, ROLE_STRONG));
 *
 * No I/O, no allocation besides frame_resize.
 */
#ifndef AGENTOPS_UI_FRAME_H
#define AGENTOPS_UI_FRAME_H

#include "base/buf.h"
#include "ui/style.h"
#include "ui/text.h"

#include <stdbool.h>
#include <stdint.h>

struct rect {
	int x, y, w, h;
};

struct cell {
	char text[TEXT_CLUSTER_MAX + 1]; /* one cluster; "" is a blank */
	struct style style;
	uint8_t width;                   /* 1, 2, or 0: right half of a wide */
};

/* A place for a picture. What is below it stays blank until the picture is
 * there. */
struct picture_slot {
	struct rect rect;      /* whole cells, inside the frame */
	char path[512];        /* file; "" never */
	char sha256[65];       /* of its content: key of the cache */
	int width, height;     /* pixels */
	double zoom;           /* 1: fits into rect; more: enlarged */
	double pan_x, pan_y;   /* 0 to 1: which part shows when zoomed */
};

enum { FRAME_SLOTS = 6 };

struct frame {
	int width, height;
	struct cell *cells;    /* height rows of width */
	bool ascii;            /* the terminal is not UTF-8 */
	bool cursor;           /* show it, at */
	int cursor_x, cursor_y;
	struct picture_slot slots[FRAME_SLOTS];
	int slot_count;
};

void frame_resize(struct frame *f, int width, int height);
void frame_release(struct frame *f);
/* Blanks all, forgets slots and cursor. */
void frame_clear(struct frame *f, struct style s);
static inline struct cell *
frame_cell(struct frame *f, int x, int y)
{
	return &f->cells[y * f->width + x];
}
struct rect frame_rect(const struct frame *f);

void frame_fill(struct frame *f, struct rect r, struct style s);
/* One line from (x, y) of r, up to r's right edge or a newline. Returns the
 * column after it, so calls can be chained. x may be negative (scrolled).
 * frame_printf draws at most the first 4 KiB. */
int frame_text(struct frame *f, struct rect r, int x, int y, const char *s,
	       struct style st);
int frame_textn(struct frame *f, struct rect r, int x, int y, const char *s,
		size_t len, struct style st);
int frame_printf(struct frame *f, struct rect r, int x, int y,
		 struct style st, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));
/* The same, ending in "…" when it does not fit into columns or has more
 * than one line. */
int frame_cut(struct frame *f, struct rect r, int x, int y, int columns,
	      const char *s, struct style st);
/* Right-aligned in r: its last column is r's last one minus x; cut when it
 * has no room. Returns its first column: what is left of it is free. */
int frame_right(struct frame *f, struct rect r, int x, int y, const char *s,
		struct style st);
/* Wrapped from line y on; returns the number of lines it takes in all (also
 * those left out). skip lines are left out at the top (scrolling). */
int frame_wrap(struct frame *f, struct rect r, int y, int skip,
	       const char *s, struct style st);
/* A frame with a title in its upper edge ("" or NULL: none); returns the
 * inside, which is empty when r is too small. */
struct rect frame_box(struct frame *f, struct rect r, const char *title,
		      struct style border, struct style title_style);
/* A horizontal line. */
void frame_rule(struct frame *f, struct rect r, int y, struct style s);
/* A scroll bar in r's last column: count rows, of which page show from
 * first on. Draws nothing when all show. */
void frame_scrollbar(struct frame *f, struct rect r, int64_t first,
		     int64_t page, int64_t count, struct style s);
/* Gives the cells of a row in r another style, text kept (selection). */
void frame_restyle(struct frame *f, struct rect r, struct style s);
/* A place for a picture, blanked and clipped to the frame; false when all
 * slots are taken or nothing of it is inside. Copies. */
bool frame_picture(struct frame *f, const struct picture_slot *p);
/* Shows the cursor when (x, y) is inside r. */
void frame_set_cursor(struct frame *f, struct rect r, int x, int y);

/* Our own drawings, each with its ASCII form. */
enum glyph {
	GLYPH_DONE, GLYPH_FAILED, GLYPH_RUNNING, GLYPH_WAITING, GLYPH_SKIPPED,
	GLYPH_GATE, GLYPH_STAR, GLYPH_BULLET, GLYPH_ARROW, GLYPH_DOT,
	GLYPH_RADIO_ON, GLYPH_RADIO_OFF, GLYPH_CHECK_ON, GLYPH_CHECK_OFF,
	GLYPH_ELLIPSIS, GLYPH_TIMES, GLYPH_UP, GLYPH_DOWN,
	GLYPH_COUNT
};
const char *frame_glyph(const struct frame *f, enum glyph g);
/* A line of bars for values (history) from 0 to max, one cell each: "▁▂▅█",
 * ASCII "_.-=^"; what is no number is a blank. Appends to out. */
void frame_spark(const struct frame *f, struct buf *out,
		 const double *values, int count, double max);

/* A bar from x to the right: share (0 to 1) of columns, in eighths of a cell
 * "█▌", ASCII "##"; something shows of whatever is more than 0. */
void frame_bar(struct frame *f, struct rect r, int x, int y, int columns,
	       double share, struct style st);

/* Cuts n columns or rows off r; what is cut is returned. n is clamped. */
struct rect rect_cut_left(struct rect *r, int n);
struct rect rect_cut_right(struct rect *r, int n);
struct rect rect_cut_top(struct rect *r, int n);
struct rect rect_cut_bottom(struct rect *r, int n);
struct rect rect_inset(struct rect r, int dx, int dy);
bool rect_has(struct rect r, int x, int y);

/* The frame as text, a line a row without trailing blanks: what golden
 * tests compare. A slot shows as "[picture NAME WxH]" (of its file, in
 * cells) where nothing was drawn over its first row. Appends. */
void frame_dump(const struct frame *f, struct buf *out);

#endif
