#include "ui/list.h"

enum { WHEEL_ROWS = 3 };

static int64_t
clamp(int64_t v, int64_t low, int64_t high)
{
	if (v > high)
		v = high;
	return v < low ? low : v;
}

static int64_t
last_first(const struct list *l)
{
	return l->count > l->page ? l->count - l->page : 0;
}

/* Brings the rows shown to the chosen one. */
static void
settle(struct list *l)
{
	if (!l->no_cursor) {
		l->at = clamp(l->at, 0, l->count - 1);
		if (l->first > l->at)
			l->first = l->at;
		if (l->page > 0 && l->first < l->at - l->page + 1)
			l->first = l->at - l->page + 1;
	}
	l->first = clamp(l->first, 0, last_first(l));
}

void
list_fit(struct list *l, int64_t count, int64_t page)
{
	l->count = count > 0 ? count : 0;
	l->page = page > 0 ? page : 0;
	if (l->follow) {
		l->at = l->count - 1;
		l->first = last_first(l);
	}
	settle(l);
}

static void
move(struct list *l, int64_t rows)
{
	if (rows < 0)
		l->follow = false;
	if (l->no_cursor)
		l->first += rows;
	else
		l->at += rows;
	settle(l);
}

bool
list_action(struct list *l, enum action a)
{
	int64_t page = l->page > 1 ? l->page - 1 : 1;

	switch (a) {
	case ACTION_LIST_UP:
		move(l, -1);
		return true;
	case ACTION_LIST_DOWN:
		move(l, 1);
		return true;
	case ACTION_LIST_PAGE_UP:
		move(l, -page);
		return true;
	case ACTION_LIST_PAGE_DOWN:
		move(l, page);
		return true;
	case ACTION_LIST_TOP:
		move(l, -l->count);
		return true;
	case ACTION_LIST_BOTTOM:
		move(l, l->count);
		l->follow = true;
		return true;
	default:
		return false;
	}
}

/* The rows shown move; the chosen one stays where it is while it shows. */
static void
scroll(struct list *l, int64_t rows)
{
	if (rows < 0)
		l->follow = false;
	l->first = clamp(l->first + rows, 0, last_first(l));
	if (l->page > 0)
		l->at = clamp(l->at, l->first, l->first + l->page - 1);
	settle(l);
}

bool
list_mouse(struct list *l, const struct input *in, int y)
{
	if (in->kind != INPUT_MOUSE)
		return false;
	if (in->mouse == INPUT_WHEEL_UP || in->mouse == INPUT_WHEEL_DOWN) {
		scroll(l,
		       in->mouse == INPUT_WHEEL_UP ? -WHEEL_ROWS : WHEEL_ROWS);
		return true;
	}
	if (in->mouse != INPUT_PRESS || in->button != 1 || l->no_cursor ||
	    y < 0 || y >= l->page || l->first + y >= l->count)
		return false;
	l->at = l->first + y;
	l->follow = false;
	return true;
}
