/* Boxes and pages: see box.h. */
#include "ui/box.h"

#include <string.h>
#include <strings.h>

static int
least(int a, int b)
{
	return a < b ? a : b;
}

static struct rect
open_at(const struct app *a, struct frame *f, struct rect r, const char *title)
{
	struct rect in;

	frame_fill(f, r, app_style(a, ROLE_TEXT));
	in = frame_box(f, r, title, app_style(a, ROLE_BORDER_FOCUS),
		       app_style(a, ROLE_STRONG));
	return rect_inset(in, 1, 0);
}

struct rect
box_open(const struct app *a, struct frame *f, struct rect r, int w, int h,
	 const char *title)
{
	struct rect at;

	at.w = r.w < APP_WIDE ? r.w : least(w, r.w);
	at.h = least(h, r.h);
	at.x = r.x + (r.w - at.w) / 2;
	at.y = r.y + (r.h - at.h) / 2;
	return open_at(a, f, at, title);
}

struct rect
box_page(const struct app *a, struct frame *f, struct rect r, const char *title)
{
	return open_at(a, f, r, title);
}

void
box_foot(const struct app *a, struct frame *f, struct rect r,
	 const enum action *actions)
{
	if (a->note)
		frame_cut(f, r, 0, 0, r.w, a->note,
			  app_style(a, a->note_error ? ROLE_BAD : ROLE_WARN));
	else
		app_keys(a, f, r, 0, 0, actions);
}

int
box_rows(const char *s, int columns)
{
	AUTO(text_lines) lines = { 0 };

	text_wrap(s, strlen(s), columns > 0 ? columns : 1, &lines);
	return (int)lines.count;
}

bool
box_find(const char *s, size_t len, size_t at, const char *needle,
	 size_t *ret_at)
{
	size_t n = strlen(needle);

	for (; n && n <= len && at <= len - n; at++)
		if (strncasecmp(s + at, needle, n) == 0) {
			*ret_at = at;
			return true;
		}
	return false;
}
