/*
 * scale.h - pictures cut and made to a size.
 *
 * Pure; may be called from a pool thread. Pictures of any shape: a side of 1
 * pixel, a strip of 20000 x 10.
 *
 * Downwards a pixel is the average of the area it covers, weighted to the
 * fraction of a pixel; upwards it is interpolated linearly (an area of at
 * least one pixel of the source, centred). Thin lines of charts stay visible
 * that way, and nothing rings.
 *
 *	int columns = 80, rows = 24;
 *	scale_fit(crop.width, crop.height, 0.5, &columns, &rows);
 *	if (!scale_image(&im, crop, columns * 8, rows * 16, 0xffffff, &out,
 *			 err))
 *		return false;
 */
#ifndef AGENTOPS_MEDIA_SCALE_H
#define AGENTOPS_MEDIA_SCALE_H

#include "base/err.h"
#include "media/image.h"

/* Pixels of a result; as PNG_PIXEL_LIMIT. */
enum { SCALE_PIXEL_LIMIT = 64 << 20 };

/* A part of a picture, in its pixels. Zoom is a smaller one, pan moves it. */
struct scale_rect {
	int x, y, width, height;
};

/* Moved and cut to lie in the picture, at least 1 x 1. A width or height
 * under 1 means the whole picture. */
struct scale_rect scale_clip(const struct image *im, struct scale_rect r);

/*
 * The largest grid of cells within *columns x *rows (both at least 1) that
 * keeps the shape of a picture of width x height; at least 1 x 1.
 * cell_aspect is a cell's width / height; 0 means 0.5 (8 x 16 pixels).
 */
void scale_fit(int width, int height, double cell_aspect, int *columns,
	       int *rows);

/*
 * The part `crop` (scale_clip's rules) of a picture made to width x height,
 * opaque: what is transparent shows background (0xRRGGBB). ERR_TOOBIG over
 * SCALE_PIXEL_LIMIT, ERR_DATA when a size is under 1 or the picture empty.
 * *ret is released by the caller.
 */
bool scale_image(const struct image *im, struct scale_rect crop, int width,
		 int height, uint32_t background, struct image *ret,
		 struct err *err);

#endif
