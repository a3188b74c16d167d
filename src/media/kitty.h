/*
 * kitty.h - the escape sequences that show a PNG in a terminal that speaks
 * kitty's graphics protocol (https://sw.kovidgoyal.net/kitty/graphics-protocol).
 *
 * The file itself is sent, base64 in chunks of 4096 characters; the terminal
 * decodes and scales it. Bytes sent are about 1.34 times the file's. The
 * terminal answers nothing (q=2), and the cursor stays where it is (C=1).
 *
 * The writer puts the cursor on the picture's upper left cell first. What is
 * shown stays until kitty_delete: before an overlay, a resize, a suspend and
 * the end. To change pictures without a blank frame, show the new id, then
 * delete the old one.
 *
 * Pass only a file that png_decode accepted: the terminal will decode it
 * with less care.
 */
#ifndef AGENTOPS_MEDIA_KITTY_H
#define AGENTOPS_MEDIA_KITTY_H

#include "base/buf.h"
#include "media/scale.h"

#include <stdint.h>

struct kitty_place {
	uint32_t id;              /* not 0; one picture's, until deleted */
	int columns, rows;        /* cells to fill */
	struct scale_rect source; /* pixels to show; width 0: all of it */
};

/* Appends: send the picture and show it at the cursor. */
void kitty_show(struct buf *out, const void *png, size_t len,
		const struct kitty_place *place);
/* Appends: show a picture sent before again, in this place instead: pan and
 * zoom in some bytes. */
void kitty_move(struct buf *out, const struct kitty_place *place);
/* Appends: take it off the screen and free it. */
void kitty_delete(struct buf *out, uint32_t id);

#endif
