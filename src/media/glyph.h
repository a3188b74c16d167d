/*
 * glyph.h - text in a picture without reading it: connected pieces of ink
 * outside the plot that have the size and shape of letters, put together to
 * words.
 *
 * A piece is a glyph when it is grey (text of charts is), neither a line nor
 * a filled area, and not larger than GLYPH_SIDE. What touches is one piece:
 * normal text has few such pieces of two or three letters; labels that
 * overlap have long ones, and that is what glyphs_merged_share measures.
 */
#ifndef AGENTOPS_MEDIA_GLYPH_H
#define AGENTOPS_MEDIA_GLYPH_H

#include "media/ink.h"

enum { GLYPH_LIMIT = 20000, GLYPH_SIDE = 60, GLYPH_FEWEST = 6,
       GLYPH_STRETCH = 20 };

struct glyph {
	struct ink_box box;
	int area;         /* pixels of ink */
	double contrast;  /* of its strongest pixel to the background */
	int strongest;    /* that pixel's diff */
	int chroma;       /* that pixel's */
	bool tiny;        /* a dot: part of text, but of no measure */
};

struct glyphs {
	struct glyph *items;
	size_t count, cap;
};

/* Pieces of ink with diff over `faint`, outside k->plot; none when there is
 * no plot or more than GLYPH_LIMIT pieces. */
void glyphs_find(struct glyphs *g, const struct ink *k, int faint);
void glyphs_release(struct glyphs *g);

/* The diff that separates touching letters: two fifths of strong text's. */
int glyphs_faint(const struct ink *k);

/*
 * Height of the letters in pixels of the original: the median over all ink
 * of glyphs, whatever way they are turned. 0 when there are fewer than
 * GLYPH_FEWEST to tell from.
 */
double glyphs_height(const struct glyphs *g, const struct ink *k);
/*
 * The share, 0 .. 1, of the text (by ink) that has run together: pieces far
 * larger than a letter, and stretches of the first row below the plot that
 * have no gap as wide as a blank for GLYPH_STRETCH letter heights and a
 * quarter of the plot's width.
 */
double glyphs_merged_share(const struct glyphs *g, const struct ink *k);
/* The contrast that a sixth of the glyphs stay under; 0 without glyphs. */
double glyphs_contrast(const struct glyphs *g);

#endif
