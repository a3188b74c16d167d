/*
 * iterm.h - the escape sequence that shows a PNG in iTerm2 and what speaks
 * its protocol (https://iterm2.com/documentation-images.html).
 *
 * The file itself is sent; the terminal scales it into the cells, so whoever
 * asks gives cells of the picture's shape (scale_fit). The cursor stays where
 * it is. There is no source rectangle and no delete: what is drawn over it
 * erases it.
 *
 * Pass only a file that png_decode accepted.
 */
#ifndef AGENTOPS_MEDIA_ITERM_H
#define AGENTOPS_MEDIA_ITERM_H

#include "base/buf.h"

/* Appends: show it at the cursor, columns x rows cells large. */
void iterm_show(struct buf *out, const void *png, size_t len, int columns,
		int rows);

#endif
