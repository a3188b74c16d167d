/*
 * list.h - which row of a list is chosen and which show: the moving part
 * that every list, tree and text shares. Rows belong to the view.
 *
 *	list_view(&l, count, r.h);       before drawing: keeps it in range
 *	for (i = l.first; i < count && i < l.first + r.h; i++) ...
 */
#ifndef AGENTOPS_UI_LIST_H
#define AGENTOPS_UI_LIST_H

#include "ui/key.h"

#include <stdint.h>

struct list {
	int64_t at;      /* chosen row; in a text (no_cursor) unused */
	int64_t first;   /* first row shown */
	int64_t page;    /* rows shown the last time */
	int64_t count;
	bool no_cursor;  /* a text: moving scrolls */
	bool follow;     /* stays at the end when rows are added */
};

/* Sets count and page, and brings at and first into range. */
void list_fit(struct list *l, int64_t count, int64_t page);
/* ACTION_LIST_UP .. BOTTOM; true when it was one of them. */
bool list_action(struct list *l, enum action a);
/* A mouse wheel or a click on row y of what shows; true when used. */
bool list_mouse(struct list *l, const struct input *in, int y);

#endif
