/*
 * sixel.h - a picture as sixels (VT330/VT340 Programmer Reference Manual,
 * vol. 2, ch. 14), with a palette made for charts.
 *
 * The 48 most frequent colours keep a register of their own, so black axes,
 * white ground and the series keep their exact colours; the others share the
 * rest by median cut. (libchafa's palette tints black axes.) A register holds
 * hundredths of full intensity, so a channel is off by 2 of 255 at most for
 * the exact ones. No dithering.
 *
 * xterm drops a picture beyond its limit without a word (1000 x 1000 unless
 * its reply to CSI ? 2 ; 4 ; 0 S says more): the size is cut to max_*, in
 * shape. The height is cut to whole bands of 6 pixels, and no graphics new
 * line follows the last band: it would scroll a screen's last row away. The
 * writer puts the cursor on the upper left cell, between ESC 7 and ESC 8, and
 * keeps a row below the picture.
 */
#ifndef AGENTOPS_MEDIA_SIXEL_H
#define AGENTOPS_MEDIA_SIXEL_H

#include "base/buf.h"
#include "media/scale.h"

enum {
	SIXEL_SIDE_DEFAULT = 1000, /* xterm's maxGraphicSize */
	SIXEL_COLOURS = 256,
};

struct sixel_options {
	int width, height;         /* pixels to fill: cells times their size */
	int max_width, max_height; /* 0: SIXEL_SIDE_DEFAULT */
	int colours;               /* registers, 2 .. 256; 0: 256 */
	struct scale_rect crop;    /* as scale_clip; 0: the whole picture */
	uint32_t background;       /* 0xRRGGBB, shows where transparent */
};

/* Appends the picture; its size in pixels goes to ret_width and ret_height.
 * Fails as scale_image does; out is then as before. */
bool sixel_show(struct buf *out, const struct image *im,
		const struct sixel_options *o, int *ret_width,
		int *ret_height, struct err *err);

#endif
