/*
 * term_colour.h - colours of cells as the terminal at hand has them, and the
 * numbers of colour pairs. Pure; for ui/term.c.
 */
#ifndef AGENTOPS_UI_TERM_COLOUR_H
#define AGENTOPS_UI_TERM_COLOUR_H

#include "ui/style.h"
#include "ui/term.h"

/* Red, green and blue of xterm's 256 colours, as 0xRRGGBB. */
int32_t colour_rgb(int index);

/*
 * A colour of style.h as a number for ncurses: -1 for the terminal's own, an
 * index below 8, 16 or 256, or 0xRRGGBB with TERM_DIRECT. There a value below
 * 256 means an index of the palette, so the darkest blues get one step of
 * green (brief images.md). With TERM_8 a bright colour becomes its dark one;
 * ret_bright (may be NULL) says so.
 */
int colour_for(enum term_colours have, int32_t colour, bool *ret_bright);

/*
 * Pairs of foreground and background to numbers from 1 on. What was given
 * out stays until colour_pairs_clear.
 */
struct colour_pairs {
	struct colour_pair *slots; /* open addressing */
	size_t slot_count;         /* a power of two */
	int count, limit;
};

void colour_pairs_init(struct colour_pairs *p, int limit);
void colour_pairs_release(struct colour_pairs *p);
void colour_pairs_clear(struct colour_pairs *p);
/* 0 when all are taken. ret_new: it has not been given out before. */
int colour_pairs_get(struct colour_pairs *p, int fg, int bg, bool *ret_new);

#endif
