/*
 * picture.h - fills the picture slots of a frame, the best way the terminal
 * has.
 *
 *	pictures_draw(p, term, &frame);  before term_paint: symbols become
 *	                                 cells, what is gone is erased
 *	pictures_emit(p, term);          after it: kitty, iTerm2, sixel
 *
 * Pictures are decoded and scaled on pool threads and kept in a cache by
 * content, size and part shown; while one is not ready its slot says so, and
 * on_ready asks for another paint. A slot that something was drawn over
 * (a box) shows symbols around it, or no pixels at all.
 *
 * Invariants:
 *
 *  1. What pixels are on screen is known (`placed`); a picture that is not in
 *     the frame any more is deleted (kitty) or its cells are sent again
 *     (sixel, iTerm2) in the same update.
 *  2. Nothing is placed while the tty is given away: pictures_forget first.
 */
#ifndef AGENTOPS_UI_PICTURE_H
#define AGENTOPS_UI_PICTURE_H

#include "base/loop.h"
#include "ui/frame.h"
#include "ui/term.h"

struct pictures;

struct pictures *pictures_new(struct loop *l, const struct term_caps *caps,
			      void (*on_ready)(void *ud), void *ud);
/* Waits for nothing: jobs under way end with the loop. */
void pictures_free(struct pictures *p);
void pictures_draw(struct pictures *p, struct term *t, struct frame *f);
void pictures_emit(struct pictures *p, struct term *t);
/* Takes all pixels off the screen and forgets what is placed: before the tty
 * is given away and before everything is drawn anew. */
void pictures_forget(struct pictures *p, struct term *t);

#endif
