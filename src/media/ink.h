/*
 * ink.h - what of a picture is background, what is drawn, and where the plot
 * is. The common ground of the visual checks.
 *
 * Pixels are put on white first where they are transparent. A picture may
 * have two backgrounds: the one around its border (the figure) and the most
 * frequent colour, when that fills a fifth of it (the plot area in many
 * styles). Ink is what differs from both; `diff` says by how much: the
 * largest difference of a channel, 0 .. 255, to the nearer background.
 *
 * Pictures over INK_PIXELS are averaged down by a whole factor first, so
 * memory and time have a ceiling; `factor` gives sizes back in pixels of the
 * original.
 *
 * The plot is the box around all straight lines and filled areas longer than
 * a quarter of the picture's side (axes, frame, grid, large bars), without a
 * frame drawn along the border itself. Text is what stands outside of it.
 */
#ifndef AGENTOPS_MEDIA_INK_H
#define AGENTOPS_MEDIA_INK_H

#include "media/image.h"

enum {
	INK_PIXELS = 4 << 20,
	INK_FAINT = 16,  /* differences up to this are background */
};

struct ink_box {
	int x0, y0, x1, y1; /* x1 and y1 are one beyond */
};

struct ink {
	int width, height, factor;
	uint8_t *rgb;        /* 3 bytes a pixel, on white */
	uint8_t *diff;
	uint8_t back[2][3];  /* border background, plot background */
	bool has_plot;
	struct ink_box plot;
};

void ink_init(struct ink *k, const struct image *im);
void ink_release(struct ink *k);

/* Largest minus smallest channel: 0 for greys. */
int ink_chroma(const uint8_t *rgb);
/* Relative luminance, 0 .. 1 (WCAG 2.2, definition of the same name). */
double ink_luminance(const uint8_t *rgb);
/* Contrast ratio of a colour to the background it differs least from. */
double ink_contrast(const struct ink *k, const uint8_t *rgb);

#endif
