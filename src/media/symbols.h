/*
 * symbols.h - a picture as cells of text: a character, a foreground, a
 * background. What a terminal without a picture protocol can show.
 *
 * libchafa finds the characters. It is loaded at first use (base/lazy.h), so
 * call symbols_load once on the loop's thread; symbols_render may then be
 * called from any thread, also several at a time.
 *
 * The settings are those that kept charts legible when measured (ink
 * similarity to the source at 130 x 38 cells, line / bar chart: blocks and
 * spaces with work 0.8 gave .391 / .722, chafa's defaults .325 / .659,
 * braille .335, dithering and the median extractor worse). Sextants and
 * wedges (.436 / .721) are only for terminals that draw U+1FB00 .. U+1FB67
 * themselves (kitty, foot): most fonts lack them.
 *
 *	struct symbols_options o = { .columns = 100, .rows = 40,
 *				     .background = 0xffffff };
 *	AUTO(symbols) s = { 0 };
 *	if (!symbols_render(&im, &o, &s, err))
 *		return false;
 *	draw(s.cells[y * s.columns + x].text);
 */
#ifndef AGENTOPS_MEDIA_SYMBOLS_H
#define AGENTOPS_MEDIA_SYMBOLS_H

#include "media/scale.h"

enum symbols_colours {
	SYMBOLS_TRUE, /* 0xRRGGBB */
	SYMBOLS_256,  /* 16 .. 255, xterm's fixed colours: users change 0-15 */
	SYMBOLS_16,   /* 0 .. 15 */
	SYMBOLS_MONO, /* all SYMBOLS_DEFAULT: what differs clearly from the
			 most frequent colour is drawn, in braille dots */
};

enum {
	SYMBOLS_DEFAULT = -1,    /* the terminal's own colour */
	SYMBOLS_SIDE_LIMIT = 1000, /* columns, rows */
};

/*
 * One cell is one column wide. Where only one colour shows (a blank, a full
 * block), both are the same, so that a painter needs fewer pairs.
 */
struct symbols_cell {
	char text[5]; /* one character, UTF-8 */
	int32_t fg, bg;
};

struct symbols {
	int columns, rows;
	struct symbols_cell *cells; /* rows from the top, columns each */
};

struct symbols_options {
	int columns, rows;         /* the picture keeps its shape in them */
	double cell_aspect;        /* as scale_fit */
	struct scale_rect crop;    /* as scale_clip; 0: the whole picture */
	uint32_t background;       /* 0xRRGGBB, shows where transparent */
	enum symbols_colours colours;
	bool extended;             /* sextants and wedges too */
};

/* ERR_ENV without libchafa. Not thread-safe; may be called again. Only
 * SYMBOLS_MONO needs none of it. */
bool symbols_load(struct err *err);

/* ERR_DATA for an empty picture or grid, ERR_TOOBIG over
 * SYMBOLS_SIDE_LIMIT. *ret is released by the caller. */
bool symbols_render(const struct image *im, const struct symbols_options *o,
		    struct symbols *ret, struct err *err);
void symbols_release(struct symbols *s);

#endif
