/* A field's keys, mouse and looks. */
#include "ui/form_field.h"

#include "base/clock.h"
#include "ui/box.h"

#include <stdlib.h>
#include <string.h>

#define DAY_US (INT64_C(24) * 3600 * 1000000)

static bool
has_list(const struct field *f)
{
	return f->type == FORM_MULTI || (f->type == FORM_SELECT && !f->inlined);
}

/* --- choosing ---------------------------------------------------------- */

static int64_t
index_of(const int64_t *items, int64_t count, int64_t wanted)
{
	for (int64_t i = 0; i < count; i++)
		if (items[i] == wanted)
			return i;
	return -1;
}

/* Chooses the option step after the one chosen, of those that fit. */
static bool
step_select(struct field *f, int step, bool round)
{
	AUTO_FREE int64_t *fit = xcalloc(f->options.count + 1, sizeof(*fit));
	int64_t n = field_matches(f, fit);
	int64_t at = index_of(fit, n, f->option);

	if (!n)
		return false;
	at = at < 0 && step < 0 ? n - 1 : at + step;
	if (round)
		at = (at + n) % n;
	if (at < 0 || at >= n)
		return false;
	f->option = fit[at];
	return true;
}

static bool
step_multi(struct field *f, int step)
{
	AUTO_FREE int64_t *fit = xcalloc(f->options.count + 1, sizeof(*fit));
	int64_t at = f->list.at + step;

	list_fit(&f->list, field_matches(f, fit), FIELD_OPTIONS);
	if (at < 0 || at >= f->list.count)
		return false;
	f->list.at = at;
	return true;
}

static void
toggle_multi(struct field *f)
{
	AUTO_FREE int64_t *fit = xcalloc(f->options.count + 1, sizeof(*fit));
	int64_t n = field_matches(f, fit);

	if (f->list.at >= 0 && f->list.at < n)
		f->chosen[fit[f->list.at]] = !f->chosen[fit[f->list.at]];
}

bool
field_toggle(struct field *f)
{
	switch (f->type) {
	case FORM_BOOLEAN:
		f->option = f->option == 1 ? 0 : 1;
		return true;
	case FORM_SELECT:
		step_select(f, 1, true);
		return true;
	case FORM_MULTI:
		toggle_multi(f);
		return true;
	default:
		return false;
	}
}

static bool
step_text(struct field *f, int step)
{
	struct input in = { .kind = INPUT_KEY,
			    .key = step < 0 ? INPUT_UP : INPUT_DOWN };
	size_t at = f->edit.at;

	return field_is_long(f) && edit_key(&f->edit, &in) && f->edit.at != at;
}

bool
field_step(struct field *f, int step)
{
	if (f->type == FORM_MULTI)
		return step_multi(f, step);
	if (has_list(f))
		return step_select(f, step, false);
	return step_text(f, step);
}

void
field_leave(struct field *f)
{
	f->left = true;
	if (!field_is_text(f))
		edit_set(&f->edit, "");
	strv_release(&f->names);
	field_check(f);
}

/* --- keys -------------------------------------------------------------- */

/* The day before or after; today when there is none. */
static void
step_date(struct field *f, int step, int64_t now_us)
{
	char iso[CLOCK_ISO_SIZE];
	int64_t us;

	if (!clock_parse_iso(buf_str(&f->edit.text), &us)) {
		if (!field_empty(f))
			return;
		us = now_us;
	} else if ((step < 0 && us < DAY_US) ||
		   (step > 0 &&
		    strcmp(buf_str(&f->edit.text), "9999-12-31") == 0)) {
		return;
	} else {
		us += step * DAY_US;
	}
	clock_iso(us, iso);
	iso[10] = '\0';
	edit_set(&f->edit, iso);
}

/* What was typed to search options chooses the first that fits. */
static bool
search_options(struct field *f, const struct input *in)
{
	AUTO_FREE int64_t *fit = xcalloc(f->options.count + 1, sizeof(*fit));
	int64_t n;

	if (!edit_key(&f->edit, in))
		return false;
	n = field_matches(f, fit);
	f->list.at = f->list.first = 0;
	if (f->type == FORM_SELECT && n && f->edit.text.len &&
	    index_of(fit, n, f->option) < 0)
		f->option = fit[0];
	return true;
}

static bool
boolean_key(struct field *f, const struct input *in)
{
	if (in->key == 'y' || in->key == 'Y')
		f->option = 1;
	else if (in->key == 'n' || in->key == 'N')
		f->option = 0;
	else
		return false;
	return true;
}

static bool
choice_key(struct field *f, const struct input *in)
{
	if ((in->key == INPUT_LEFT || in->key == INPUT_RIGHT) &&
	    f->type != FORM_MULTI && !in->mods) {
		if (f->type == FORM_BOOLEAN)
			return field_toggle(f);
		step_select(f, in->key == INPUT_LEFT ? -1 : 1, true);
		return true;
	}
	if (f->type == FORM_BOOLEAN)
		return boolean_key(f, in);
	return search_options(f, in);
}

static bool
field_key(struct field *f, const struct input *in, int64_t now_us)
{
	if (!field_is_text(f))
		return choice_key(f, in);
	if (f->type == FORM_DATE &&
	    (in->key == INPUT_PAGE_UP || in->key == INPUT_PAGE_DOWN)) {
		step_date(f, in->key == INPUT_PAGE_UP ? -1 : 1, now_us);
		return true;
	}
	if (field_is_long(f) && in->key == INPUT_ENTER) {
		edit_insert(&f->edit, "\n", 1);
		return true;
	}
	return edit_key(&f->edit, in);
}

bool
field_input(struct field *f, const struct input *in, int64_t now_us)
{
	bool used = false;

	if (in->kind == INPUT_KEY) {
		used = field_key(f, in, now_us);
	} else if (in->kind == INPUT_PASTE && field_is_text(f)) {
		edit_insert(&f->edit, in->text, in->len);
		used = true;
	}
	return used;
}

/* --- how many rows ----------------------------------------------------- */

static int
between(int n, int min, int max)
{
	return n < min ? min : n > max ? max : n;
}

/* Columns of "(o) one  (o) two" in a line. */
static int
inline_columns(const struct field *f)
{
	int w = 0;

	for (size_t i = 0; i < f->options.count && w < 1000; i++)
		w += 4 + text_width(f->options.items[i]) + 2;
	return w;
}

static int
option_rows(const struct field *f)
{
	AUTO_FREE int64_t *fit = xcalloc(f->options.count + 1, sizeof(*fit));

	return between((int)field_matches(f, fit), 1, FIELD_OPTIONS);
}

int
field_rows(struct field *f, int columns, bool focused)
{
	f->inlined = f->type == FORM_SELECT && inline_columns(f) <= columns;
	if (field_is_long(f))
		return between(edit_rows(&f->edit,
					 between(columns - 2, 1, columns)),
			       FIELD_TEXT_ROWS, FIELD_TEXT_MAX);
	if (focused && has_list(f))
		return 1 + option_rows(f);
	if (focused && f->type == FORM_FILE)
		return 1 + between((int)f->names.count, 0, FIELD_FILES);
	return 1;
}

/* --- looks ------------------------------------------------------------- */

/* Where and with what it is drawn. Rows outside clip are left out. */
struct pen {
	const struct app *a;
	struct frame *f;
	struct rect r, clip;
	bool focused;
};

/* The part of a row of the field that may be drawn; false: none. */
static bool
pen_row(const struct pen *p, int y, struct rect *ret)
{
	*ret = (struct rect){ p->r.x, p->r.y + y, p->r.w, 1 };
	return ret->y >= p->clip.y && ret->y < p->clip.y + p->clip.h;
}

/* One line that has no room, while nobody types there: of a path its end
 * matters, of other texts their beginning. */
static void
draw_cut(const struct field *f, const struct pen *p, struct rect r,
	 struct style st)
{
	const char *s = buf_str(&f->edit.text);
	size_t len = f->edit.text.len, at = 0;
	const char *more = frame_glyph(p->f, GLYPH_ELLIPSIS);
	int room = r.w - text_width(more), x;

	if (!strchr(s, '/')) {
		frame_cut(p->f, r, 0, 0, r.w, s, st);
		return;
	}
	while (at < len && text_width(s + at) > room)
		at = text_after(s, len, at);
	x = frame_text(p->f, r, 0, 0, more, st);
	frame_text(p->f, r, x, 0, s + at, st);
}

static void
draw_edit(const struct field *f, const struct pen *p)
{
	struct style edge = app_style(p->a, ROLE_BORDER), st;
	struct rect r = p->r, row;
	int cut = p->clip.y - r.y;

	for (int y = 0; y < r.h; y++)
		if (pen_row(p, y, &row)) {
			frame_text(p->f, row, 0, 0, "[", edge);
			frame_text(p->f, row, r.w - 1, 0, "]", edge);
		}
	st = app_style(p->a, ROLE_INPUT);
	if (cut > 0)
		rect_cut_top(&r, cut);
	if (r.y + r.h > p->clip.y + p->clip.h)
		rect_cut_bottom(&r, r.y + r.h - p->clip.y - p->clip.h);
	r = rect_inset(r, 1, 0);
	if (r.h <= 0 || r.w <= 0)
		return;
	frame_fill(p->f, r, st);
	if (!p->focused && f->edit.single && !f->edit.masked &&
	    text_width(buf_str(&f->edit.text)) > r.w)
		draw_cut(f, p, r, st);
	else
		edit_view(&f->edit, p->f, r, st, p->focused);
	if (f->type == FORM_DATE && !f->edit.text.len)
		frame_text(p->f, r, 0, 0, "YYYY-MM-DD",
			   app_style(p->a, ROLE_DIM));
}

static int
draw_radio(const struct pen *p, struct rect row, int x, bool on,
	   const char *name)
{
	struct style st = app_style(p->a, on ? ROLE_STRONG : ROLE_TEXT);

	x = frame_text(p->f, row, x, 0,
		       frame_glyph(p->f, on ? GLYPH_RADIO_ON : GLYPH_RADIO_OFF),
		       st);
	return frame_text(p->f, row, x + 1, 0, name, st) + 2;
}

static void
draw_inline(const struct field *f, const struct pen *p)
{
	struct rect row;
	int x = 0;

	if (!pen_row(p, 0, &row))
		return;
	if (f->type == FORM_BOOLEAN) {
		x = draw_radio(p, row, x, f->option == 1, "yes");
		draw_radio(p, row, x, f->option == 0, "no");
		return;
	}
	for (size_t i = 0; i < f->options.count; i++)
		x = draw_radio(p, row, x, f->option == (int64_t)i,
			       f->options.items[i]);
}

/* The chosen option or options in the first row, or what is searched. */
static void
draw_summary(const struct field *f, const struct pen *p)
{
	AUTO(buf) text = BUF_INIT;
	struct rect row;

	if (!pen_row(p, 0, &row))
		return;
	if (p->focused && f->edit.text.len) {
		int x = frame_text(p->f, row, 0, 0,
				   "search: ", app_style(p->a, ROLE_KEY));

		rect_cut_left(&row, x);
		edit_view(&f->edit, p->f, row, app_style(p->a, ROLE_INPUT),
			  true);
		return;
	}
	if (f->type == FORM_SELECT && f->option >= 0)
		buf_addstr(&text, f->options.items[f->option]);
	for (size_t i = 0; f->type == FORM_MULTI && i < f->options.count; i++)
		if (f->chosen[i])
			buf_printf(&text, "%s%s", text.len ? ", " : "",
				   f->options.items[i]);
	frame_cut(p->f, row, 0, 0, row.w,
		  text.len ? buf_str(&text) : "nothing chosen",
		  app_style(p->a, text.len ? ROLE_STRONG : ROLE_DIM));
}

static void
draw_option(const struct field *f, const struct pen *p, struct rect row,
	    int64_t option, bool current)
{
	bool multi = f->type == FORM_MULTI;
	bool on = multi ? f->chosen[option] : f->option == option;
	static const enum glyph GLYPHS[2][2] = {
		{ GLYPH_RADIO_OFF, GLYPH_RADIO_ON },
		{ GLYPH_CHECK_OFF, GLYPH_CHECK_ON },
	};
	int x = frame_text(p->f, row, 0, 0, current ? "> " : "  ",
			   app_style(p->a, ROLE_KEY));

	x = frame_text(p->f, row, x, 0, frame_glyph(p->f, GLYPHS[multi][on]),
		       app_style(p->a, ROLE_STRONG));
	frame_cut(p->f, row, x + 1, 0, row.w - x - 1, f->options.items[option],
		  app_style(p->a, ROLE_TEXT));
	if (current)
		frame_restyle(p->f, row, app_style(p->a, ROLE_SELECTED));
}

static void
draw_options(struct field *f, const struct pen *p)
{
	AUTO_FREE int64_t *fit = xcalloc(f->options.count + 1, sizeof(*fit));
	int64_t n = field_matches(f, fit);
	struct rect row;

	if (f->type == FORM_SELECT) {
		int64_t at = index_of(fit, n, f->option);

		f->list.at = at < 0 ? 0 : at;
	}
	list_fit(&f->list, n, p->r.h - 1);
	for (int y = 1; y < p->r.h && f->list.first + y - 1 < n; y++) {
		int64_t i = f->list.first + y - 1;

		if (pen_row(p, y, &row))
			draw_option(f, p, row, fit[i], i == f->list.at);
	}
	if (!n && pen_row(p, 1, &row))
		frame_text(p->f, row, 2, 0, "no option fits",
			   app_style(p->a, ROLE_DIM));
}

static void
draw_names(const struct field *f, const struct pen *p)
{
	struct rect row;

	for (int y = 1; y < p->r.h; y++)
		if (pen_row(p, y, &row))
			frame_cut(p->f, row, 1, 0, row.w - 1,
				  f->names.items[y - 1],
				  app_style(p->a, ROLE_DIM));
}

void
field_view(struct field *f, const struct app *a, struct frame *fr,
	   struct rect r, struct rect clip, bool focused)
{
	struct pen p = { a, fr, r, clip, focused };

	f->at = r;
	if (f->type == FORM_FILE && r.h > 1) {
		draw_names(f, &p);
		p.r.h = 1;
	}
	if (field_is_text(f))
		draw_edit(f, &p);
	else if (f->type == FORM_BOOLEAN || f->inlined)
		draw_inline(f, &p);
	else
		draw_summary(f, &p);
	if (focused && has_list(f))
		draw_options(f, &p);
}

/* --- mouse ------------------------------------------------------------- */

/* Which option stands at column x of a line of them; -1: none. */
static int64_t
inline_option(const struct field *f, int x)
{
	int w = 0;

	if (f->type == FORM_BOOLEAN)
		return x < 0 ? -1 : x < 9 ? 1 : x < 16 ? 0 : -1;
	for (size_t i = 0; i < f->options.count; i++) {
		w += 4 + text_width(f->options.items[i]) + 2;
		if (x < w)
			return (int64_t)i;
	}
	return -1;
}

static void
press_option(struct field *f, int row)
{
	AUTO_FREE int64_t *fit = xcalloc(f->options.count + 1, sizeof(*fit));
	int64_t n = field_matches(f, fit), i = f->list.first + row;

	if (row < 0 || i >= n)
		return;
	f->list.at = i;
	if (f->type == FORM_MULTI)
		toggle_multi(f);
	else
		f->option = fit[i];
}

void
field_mouse(struct field *f, const struct input *in)
{
	int64_t option;

	if (in->mouse == INPUT_WHEEL_UP || in->mouse == INPUT_WHEEL_DOWN) {
		field_step(f, in->mouse == INPUT_WHEEL_UP ? -1 : 1);
	} else if (has_list(f)) {
		press_option(f, in->y - f->at.y - 1);
	} else if (f->type == FORM_FILE && in->y > f->at.y &&
		   (size_t)(in->y - f->at.y) <= f->names.count) {
		edit_set(&f->edit, f->names.items[in->y - f->at.y - 1]);
	} else if (!field_is_text(f)) {
		option = inline_option(f, in->x - f->at.x);
		if (option >= 0)
			f->option = option;
	}
}
