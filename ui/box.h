/*
 * box.h - what views that are not panes share: a box in the middle of the
 * screen, a page that fills it, and the line of keys (or the note) below.
 *
 *	struct rect in = box_open(a, f, r, 60, 8, "Leave?");
 *	struct rect foot = rect_cut_bottom(&in, 1);
 *	box_foot(a, f, foot, actions);
 */
#ifndef AGENTOPS_UI_BOX_H
#define AGENTOPS_UI_BOX_H

#include "ui/app.h"

/* A cleared, framed box of w x h (the frame included) in the middle of r;
 * all of r's width when that is below APP_WIDE, never outside r. Returns the
 * inside, a column free at both sides. */
struct rect box_open(const struct app *a, struct frame *f, struct rect r,
		     int w, int h, const char *title);
/* The same over all of r. */
struct rect box_page(const struct app *a, struct frame *f, struct rect r,
		     const char *title);
/* The keys of these actions in the first line of r, or the note when there
 * is one. Ends with ACTION_NONE. */
void box_foot(const struct app *a, struct frame *f, struct rect r,
	      const enum action *actions);
/* Lines that s takes when it is wrapped into columns. */
int box_rows(const char *s, int columns);
/* Where needle stands in s[at..len), letters of ASCII in either case; false
 * when nowhere. An empty needle is nowhere. */
bool box_find(const char *s, size_t len, size_t at, const char *needle,
	      size_t *ret_at);

#endif
