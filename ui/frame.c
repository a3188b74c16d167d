/*
 * Invariants:
 * 1. A cell of width 2 is followed, in its row, by one of width 0 with the
 *    same style and no text; every cell of width 0 follows one of width 2.
 * 2. Every text in a cell is one cluster of text.h: no control characters.
 * 3. Every drawing call clips to its rect and the frame before it writes.
 */
#include "ui/frame.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ----- rects ---------------------------------------------------------- */

static int
clamp(int v, int low, int high)
{
	if (v > high)
		v = high;
	return v < low ? low : v;
}

struct rect
rect_cut_left(struct rect *r, int n)
{
	struct rect cut = *r;

	cut.w = clamp(n, 0, r->w);
	r->x += cut.w;
	r->w -= cut.w;
	return cut;
}

struct rect
rect_cut_right(struct rect *r, int n)
{
	struct rect cut = *r;

	cut.w = clamp(n, 0, r->w);
	r->w -= cut.w;
	cut.x += r->w;
	return cut;
}

struct rect
rect_cut_top(struct rect *r, int n)
{
	struct rect cut = *r;

	cut.h = clamp(n, 0, r->h);
	r->y += cut.h;
	r->h -= cut.h;
	return cut;
}

struct rect
rect_cut_bottom(struct rect *r, int n)
{
	struct rect cut = *r;

	cut.h = clamp(n, 0, r->h);
	r->h -= cut.h;
	cut.y += r->h;
	return cut;
}

struct rect
rect_inset(struct rect r, int dx, int dy)
{
	dx = clamp(dx, 0, r.w / 2);
	dy = clamp(dy, 0, r.h / 2);
	return (struct rect){ r.x + dx, r.y + dy, r.w - 2 * dx, r.h - 2 * dy };
}

bool
rect_has(struct rect r, int x, int y)
{
	return x >= r.x && x < r.x + r.w && y >= r.y && y < r.y + r.h;
}

static struct rect
clip(const struct frame *f, struct rect r)
{
	int right = clamp(r.x + r.w, 0, f->width);
	int bottom = clamp(r.y + r.h, 0, f->height);

	r.x = clamp(r.x, 0, f->width);
	r.y = clamp(r.y, 0, f->height);
	r.w = right > r.x ? right - r.x : 0;
	r.h = bottom > r.y ? bottom - r.y : 0;
	return r;
}

/* ----- cells ---------------------------------------------------------- */

void
frame_resize(struct frame *f, int width, int height)
{
	f->width = width > 0 ? width : 0;
	f->height = height > 0 ? height : 0;
	f->cells = xreallocarray(f->cells, (size_t)f->width * (size_t)f->height,
				 sizeof(*f->cells));
	frame_clear(f, (struct style){ COLOUR_DEFAULT, COLOUR_DEFAULT, 0 });
}

void
frame_release(struct frame *f)
{
	free(f->cells);
	*f = (struct frame){ 0 };
}

struct rect
frame_rect(const struct frame *f)
{
	return (struct rect){ 0, 0, f->width, f->height };
}

void
frame_clear(struct frame *f, struct style s)
{
	struct cell blank = { .style = s, .width = 1 };
	size_t row = (size_t)f->width;

	for (size_t i = 0; i < row && f->height > 0; i++)
		f->cells[i] = blank;
	for (int y = 1; y < f->height; y++)
		memcpy(f->cells + (size_t)y * row, f->cells,
		       row * sizeof(blank));
	f->cursor = false;
	f->slot_count = 0;
}

static void
blank(struct cell *c)
{
	c->text[0] = '\0';
	c->width = 1;
}

/* Blanks the other halves of the wide clusters that begin before column
 * from, or end at or after column end. */
static void
split_wide(struct frame *f, int from, int end, int y)
{
	struct cell *row = frame_cell(f, 0, y);

	if (from < f->width && from > 0 && row[from].width == 0)
		blank(&row[from - 1]);
	if (end < f->width && end > 0 && row[end].width == 0)
		blank(&row[end]);
}

static void
put_ascii(struct cell *c, char ch, struct style s)
{
	c->text[0] = ch;
	c->text[1] = '\0';
	c->style = s;
	c->width = 1;
}

/* A pen inside one row: columns of the frame that may be drawn. */
struct pen {
	struct frame *f;
	struct rect area; /* clipped, one row high; w 0: nothing shows */
	struct style style;
};

static struct pen
pen_at(struct frame *f, struct rect r, int y, struct style s)
{
	struct rect row = { r.x, r.y + y, r.w, y >= 0 && y < r.h };

	row = clip(f, row);
	if (row.h == 0)
		row.w = 0;
	return (struct pen){ f, row, s };
}

/* One cluster of 1 or 2 columns at x of the frame. */
static void
pen_cluster(const struct pen *p, int x, const char *text, size_t len, int width)
{
	int left = clamp(x, p->area.x, p->area.x + p->area.w);
	int right = clamp(x + width, left, p->area.x + p->area.w);
	struct cell *c;

	if (left >= right)
		return;
	split_wide(p->f, left, right, p->area.y);
	c = frame_cell(p->f, left, p->area.y);
	for (int i = 0; i < right - left; i++)
		put_ascii(&c[i], '\0', p->style);
	if (right - left < width)
		return;
	if (p->f->ascii && len > 1) {
		for (int i = 0; i < width; i++)
			put_ascii(&c[i], '?', p->style);
		return;
	}
	memcpy(c->text, text, len);
	c->text[len] = '\0';
	if (width == 2) {
		c->width = 2;
		c[1].width = 0;
	}
}

/* What a walk stands at. */
static void
pen_put(const struct pen *p, int x, const struct text_walk *w)
{
	if (!text_is_ascii(w)) {
		pen_cluster(p, x, w->text, w->text_len, w->width);
		return;
	}
	for (int i = 0; i < w->width; i++)
		pen_cluster(p, x + i, w->text + i, 1, 1);
}

/* ----- drawing -------------------------------------------------------- */

void
frame_fill(struct frame *f, struct rect r, struct style s)
{
	struct cell empty = { .style = s, .width = 1 };

	r = clip(f, r);
	if (r.w == 0)
		return;
	for (int y = r.y; y < r.y + r.h; y++) {
		split_wide(f, r.x, r.x + r.w, y);
		for (int x = r.x; x < r.x + r.w; x++)
			*frame_cell(f, x, y) = empty;
	}
}

int
frame_textn(struct frame *f, struct rect r, int x, int y, const char *s,
	    size_t len, struct style st)
{
	struct pen pen = pen_at(f, r, y, st);

	for (struct text_walk w = text_walk(s, len);
	     x < r.w && text_next(&w) && !w.newline; x += w.width)
		pen_put(&pen, r.x + x, &w);
	return x;
}

int
frame_text(struct frame *f, struct rect r, int x, int y, const char *s,
	   struct style st)
{
	return frame_textn(f, r, x, y, s, strlen(s), st);
}

int
frame_printf(struct frame *f, struct rect r, int x, int y, struct style st,
	     const char *fmt, ...)
{
	char text[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return frame_text(f, r, x, y, text, st);
}

int
frame_cut(struct frame *f, struct rect r, int x, int y, int columns,
	  const char *s, struct style st)
{
	const char *ellipsis;
	size_t n;

	if (columns > r.w - x)
		columns = r.w - x;
	n = text_cut_at(s, strlen(s), columns, f->ascii, &ellipsis);
	x = frame_textn(f, r, x, y, s, n, st);
	if (*ellipsis)
		x = frame_text(f, r, x, y, ellipsis, st);
	return x;
}

int
frame_right(struct frame *f, struct rect r, int x, int y, const char *s,
	    struct style st)
{
	int room = r.w - x > 0 ? r.w - x : 0, width;
	size_t len = strlen(s);

	if (text_fit(s, len, room, &width) < len)
		width = room;
	frame_cut(f, r, room - width, y, width, s, st);
	return room - width;
}

int
frame_wrap(struct frame *f, struct rect r, int y, int skip, const char *s,
	   struct style st)
{
	struct text_line line;
	size_t len = strlen(s);
	int count = 0;

	for (size_t at = 0; text_line_next(s, len, r.w, &at, &line); count++)
		if (count >= skip && y + count - skip < r.h)
			frame_textn(f, r, 0, y + count - skip, s + line.start,
				    line.len, st);
	return count;
}

/* ----- our own drawings ----------------------------------------------- */

/* One of our own symbols: utf8 or its ASCII form, one column each. */
static void
symbol(struct frame *f, struct rect r, int x, int y, const char *utf8,
       const char *ascii, struct style s)
{
	frame_text(f, r, x, y, f->ascii ? ascii : utf8, s);
}

struct rect
frame_box(struct frame *f, struct rect r, const char *title,
	  struct style border, struct style title_style)
{
	int right = r.w - 1, bottom = r.h - 1;

	for (int x = 1; x < right; x++) {
		symbol(f, r, x, 0, "─", "-", border);
		symbol(f, r, x, bottom, "─", "-", border);
	}
	for (int y = 1; y < bottom; y++) {
		symbol(f, r, 0, y, "│", "|", border);
		symbol(f, r, right, y, "│", "|", border);
	}
	symbol(f, r, 0, 0, "┌", "+", border);
	symbol(f, r, right, 0, "┐", "+", border);
	symbol(f, r, 0, bottom, "└", "+", border);
	symbol(f, r, right, bottom, "┘", "+", border);
	if (!str_empty(title) && r.w > 6) {
		int end = frame_cut(f, r, 2, 0, r.w - 4, title, title_style);

		frame_text(f, r, 1, 0, " ", border);
		frame_text(f, r, end, 0, " ", border);
	}
	return rect_inset(r, 1, 1);
}

void
frame_rule(struct frame *f, struct rect r, int y, struct style s)
{
	for (int x = 0; x < r.w; x++)
		symbol(f, r, x, y, "─", "-", s);
}

void
frame_scrollbar(struct frame *f, struct rect r, int64_t first, int64_t page,
		int64_t count, struct style s)
{
	int64_t size, top;

	if (page >= count || r.h <= 0 || page < 0)
		return;
	size = (int64_t)((double)page / (double)count * r.h);
	if (size < 1)
		size = 1;
	top = (int64_t)lround((double)first / (double)(count - page) *
			      (double)(r.h - size));
	top = clamp((int)top, 0, r.h - (int)size);
	for (int y = 0; y < r.h; y++) {
		bool thumb = y >= top && y < top + size;

		symbol(f, r, r.w - 1, y, thumb ? "█" : "│", thumb ? "#" : "|",
		       s);
	}
}

void
frame_restyle(struct frame *f, struct rect r, struct style s)
{
	r = clip(f, r);
	for (int y = r.y; y < r.y + r.h; y++)
		for (int x = r.x; x < r.x + r.w; x++)
			frame_cell(f, x, y)->style = s;
}

static void
mark(struct cell *c)
{
	blank(c);
	c->style.attrs |= STYLE_PICTURE;
}

bool
frame_picture(struct frame *f, const struct picture_slot *p)
{
	struct rect r = clip(f, p->rect);

	if (f->slot_count == FRAME_SLOTS || r.w == 0 || r.h == 0)
		return false;
	f->slots[f->slot_count] = *p;
	f->slots[f->slot_count++].rect = r;
	for (int y = r.y; y < r.y + r.h; y++) {
		split_wide(f, r.x, r.x + r.w, y);
		for (int x = r.x; x < r.x + r.w; x++)
			mark(frame_cell(f, x, y));
	}
	return true;
}

void
frame_set_cursor(struct frame *f, struct rect r, int x, int y)
{
	struct rect inside = clip(f, r);

	if (!rect_has(inside, r.x + x, r.y + y))
		return;
	f->cursor = true;
	f->cursor_x = r.x + x;
	f->cursor_y = r.y + y;
}

/* clang-format off */
static const struct {
	const char *utf8, *ascii;
} glyphs[GLYPH_COUNT] = {
	[GLYPH_DONE] = { "✔", "+" },
	[GLYPH_FAILED] = { "✘", "x" },
	[GLYPH_RUNNING] = { "▶", ">" },
	[GLYPH_WAITING] = { "○", "o" },
	[GLYPH_SKIPPED] = { "–", "-" },
	[GLYPH_GATE] = { "◆", "!" },
	[GLYPH_STAR] = { "★", "*" },
	[GLYPH_BULLET] = { "•", "*" },
	[GLYPH_ARROW] = { "→", "->" },
	[GLYPH_DOT] = { "·", "." },
	[GLYPH_RADIO_ON] = { "(•)", "(*)" },
	[GLYPH_RADIO_OFF] = { "( )", "( )" },
	[GLYPH_CHECK_ON] = { "[x]", "[x]" },
	[GLYPH_CHECK_OFF] = { "[ ]", "[ ]" },
	[GLYPH_ELLIPSIS] = { "…", "..." },
	[GLYPH_TIMES] = { "×", "x" },
	[GLYPH_UP] = { "▲", "^" },
	[GLYPH_DOWN] = { "▼", "v" },
};
/* clang-format on */

const char *
frame_glyph(const struct frame *f, enum glyph g)
{
	return f->ascii ? glyphs[g].ascii : glyphs[g].utf8;
}

void
frame_spark(const struct frame *f, struct buf *out, const double *values,
	    int count, double max)
{
	static const char *const utf8[] = { "▁", "▂", "▃", "▄",
					    "▅", "▆", "▇", "█" };
	static const char *const ascii[] = { "_", ".", "-", "=", "^" };
	int levels = f->ascii ? (int)ARRAY_LEN(ascii) : (int)ARRAY_LEN(utf8);

	for (int i = 0; i < count; i++) {
		double share = max > 0 ? values[i] / max : 0;
		int level;

		if (isnan(share)) {
			buf_addch(out, ' ');
			continue;
		}
		share = share < 0 ? 0 : share > 1 ? 1 : share;
		level = (int)lround(share * (levels - 1));
		buf_addstr(out, f->ascii ? ascii[level] : utf8[level]);
	}
}

void
frame_bar(struct frame *f, struct rect r, int x, int y, int columns,
	  double share, struct style st)
{
	static const char *const eighths[] = { "",  "▏", "▎", "▍",
					       "▌", "▋", "▊", "▉" };
	int parts = f->ascii ? 1 : 8, n;

	if (!(share > 0) || columns <= 0)
		return;
	n = (int)lround((share > 1 ? 1 : share) * columns * parts);
	n = n > 0 ? n : 1;
	for (int i = 0; i < n / parts; i++)
		frame_text(f, r, x + i, y, f->ascii ? "#" : "█", st);
	if (n % parts)
		frame_text(f, r, x + n / parts, y, eighths[n % parts], st);
}

/* ----- as text -------------------------------------------------------- */

/* The slot whose label begins at this cell, if nothing else was drawn where
 * it stands. */
static const struct picture_slot *
slot_at(const struct frame *f, int x, int y)
{
	for (int i = 0; i < f->slot_count; i++) {
		const struct picture_slot *p = &f->slots[i];
		const struct cell *c = &f->cells[y * f->width + x];
		int own = 0;

		if (p->rect.x != x || p->rect.y != y)
			continue;
		while (own < p->rect.w && c[own].style.attrs & STYLE_PICTURE)
			own++;
		if (own == p->rect.w)
			return p;
	}
	return NULL;
}

static void
dump_slot(const struct frame *f, const struct picture_slot *p, struct buf *out)
{
	const char *slash = strrchr(p->path, '/');
	AUTO_FREE char *label =
		xasprintf("[picture %s %dx%d]", slash ? slash + 1 : p->path,
			  p->rect.w, p->rect.h);
	size_t from = out->len;
	int width;

	text_cut(out, label, p->rect.w, f->ascii);
	width = text_width(buf_str(out) + from);
	for (; width < p->rect.w; width++)
		buf_addch(out, ' ');
}

void
frame_dump(const struct frame *f, struct buf *out)
{
	for (int y = 0; y < f->height; y++) {
		size_t row = out->len;

		for (int x = 0; x < f->width;) {
			const struct cell *c = &f->cells[y * f->width + x];
			const struct picture_slot *p = slot_at(f, x, y);

			if (p)
				dump_slot(f, p, out);
			else if (c->width)
				buf_addstr(out, c->text[0] ? c->text : " ");
			x += p ? p->rect.w : 1;
		}
		while (out->len > row && out->data[out->len - 1] == ' ')
			buf_truncate(out, out->len - 1);
		buf_addch(out, '\n');
	}
}
