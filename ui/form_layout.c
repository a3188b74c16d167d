/* Drawing a form: what stands where, and what of it shows. */
#include "ui/box.h"
#include "ui/form_layer.h"

enum { FORM_WIDTH = 90 };

/* Rows of what stands below a field's value. */
static int
notes_rows(const struct form *f, size_t i, int columns)
{
	const struct field *fd = &f->fields[i];
	int rows = 0;

	if (fd->problem)
		rows += box_rows(fd->problem, columns - 2);
	if (i == f->at && fd->help)
		rows += box_rows(fd->help, columns);
	return rows;
}

/* One row of a wrapped text, if it is inside the body. */
static int
draw_wrapped(const struct form *f, struct frame *fr, int y, const char *s,
	     struct style st, const char *mark)
{
	struct rect in = f->body, r = f->value;
	int skip = y < 0 ? -y : 0, rows;

	r.y = in.y;
	r.h = in.h;
	if (*mark && y >= 0)
		frame_text(fr, r, 0, y, mark, st);
	rect_cut_left(&r, text_width(mark));
	rows = box_rows(s, r.w);
	if (skip < rows && y < in.h)
		frame_wrap(fr, r, y < 0 ? 0 : y, skip, s, st);
	return rows;
}

static void
draw_label(const struct form *f, struct frame *fr, int y, size_t i)
{
	const struct field *fd = &f->fields[i];
	struct rect in = f->body;
	bool focused = i == f->at;
	struct style st = app_style(f->a, focused ? ROLE_STRONG : ROLE_TEXT);
	int x;

	if (y < 0 || y >= in.h)
		return;
	frame_text(fr, in, 0, y, focused ? ">" : " ",
		   app_style(f->a, ROLE_KEY));
	x = frame_cut(fr, in, 2, y, f->label_width, fd->label, st);
	if (fd->required)
		frame_text(fr, in, x, y, "*", app_style(f->a, ROLE_WARN));
}

/* Draws field i with its first row at y of the body; returns its rows. */
static int
draw_field(struct form *f, struct frame *fr, int y, size_t i)
{
	struct field *fd = &f->fields[i];
	struct rect r = f->value;
	int rows;

	r.h = field_rows(fd, r.w, i == f->at);
	r.y = f->body.y + y;
	draw_label(f, fr, y, i);
	field_view(fd, f->a, fr, r, f->body, i == f->at);
	rows = r.h;
	if (fd->problem)
		rows += draw_wrapped(f, fr, y + rows, fd->problem,
				     app_style(f->a, ROLE_BAD), "! ");
	if (i == f->at && fd->help)
		rows += draw_wrapped(f, fr, y + rows, fd->help,
				     app_style(f->a, ROLE_DIM), "");
	return rows;
}

static int
field_height(struct form *f, size_t i)
{
	if (f->fields[i].hidden)
		return 0;
	return field_rows(&f->fields[i], f->value.w, i == f->at) +
	       notes_rows(f, i, f->value.w);
}

/* Rows of all fields; the focused one's place in them. */
static int
measure(struct form *f, int *ret_y, int *ret_h)
{
	int y = 0;

	*ret_y = *ret_h = 0;
	for (size_t i = 0; i < f->count; i++) {
		int h = field_height(f, i);

		if (i == f->at) {
			*ret_y = y;
			*ret_h = h;
		}
		y += h;
	}
	return y;
}

static void
place_columns(struct form *f, struct rect in)
{
	int w = 8;

	for (size_t i = 0; i < f->count; i++) {
		int n = text_width(f->fields[i].label);

		if (n > w)
			w = n;
	}
	if (w > FIELD_LABEL_MAX)
		w = FIELD_LABEL_MAX;
	f->label_width = w;
	f->body = in;
	in.w -= 2; /* the scroll bar's */
	rect_cut_left(&in, w + 5);
	f->value = in;
}

static int
draw_intro(const struct form *f, struct frame *fr, struct rect *in)
{
	int max = in->h / 3, rows = 0;
	const char *texts[2] = { f->intro, f->problem };

	for (int i = 0; i < 2; i++) {
		int n = texts[i] ? box_rows(texts[i], in->w) : 0;
		struct rect r;

		if (rows + n > max)
			n = max - rows;
		if (n <= 0)
			continue;
		r = rect_cut_top(in, n);
		frame_wrap(fr, r, 0, 0, texts[i],
			   app_style(f->a, i ? ROLE_BAD : ROLE_TEXT));
		rows += n;
	}
	if (rows)
		rect_cut_top(in, 1);
	return rows ? rows + 1 : 0;
}

static void
scroll_to_focus(struct form *f, int total, int y, int h, int page)
{
	if (!f->wandered) {
		if (f->first + page < y + h)
			f->first = y + h - page;
		if (f->first > y)
			f->first = y;
	}
	if (f->first > total - page)
		f->first = total - page;
	if (f->first < 0)
		f->first = 0;
}

/* Height of the whole box when nothing is cut. */
static int
wanted_height(struct form *f, int columns)
{
	int y, h, n = 0;

	place_columns(f, (struct rect){ 0, 0, columns, 1 });
	n = measure(f, &y, &h) + 4;
	n += f->intro ? box_rows(f->intro, columns) : 0;
	n += f->problem ? box_rows(f->problem, columns) : 0;
	return n + (f->intro || f->problem ? 1 : 0);
}

static void
draw_fields(struct form *f, struct frame *fr)
{
	int y = 0, h = 0, total = measure(f, &y, &h);

	scroll_to_focus(f, total, y, h, f->body.h);
	y = -f->first;
	for (size_t i = 0; i < f->count; i++) {
		int rows = field_height(f, i);

		f->fields[i].at = (struct rect){ 0 };
		if (rows && y + rows > 0 && y < f->body.h)
			draw_field(f, fr, y, i);
		y += rows;
	}
	frame_scrollbar(fr, f->body, f->first, f->body.h, total,
			app_style(f->a, ROLE_BORDER));
}

static void
draw_foot(const struct form *f, struct frame *fr, struct rect foot)
{
	static const enum action KEYS[] = { ACTION_FORM_NEXT, ACTION_FORM_PREV,
					    ACTION_FORM_SUBMIT,
					    ACTION_FORM_CANCEL, ACTION_NONE };
	static const enum action CHOICE[] = {
		ACTION_FORM_TOGGLE, ACTION_FORM_NEXT,   ACTION_FORM_PREV,
		ACTION_FORM_SUBMIT, ACTION_FORM_CANCEL, ACTION_NONE
	};
	static const enum action FILES[] = {
		ACTION_FORM_BROWSE, ACTION_FORM_NEXT,   ACTION_FORM_PREV,
		ACTION_FORM_SUBMIT, ACTION_FORM_CANCEL, ACTION_NONE
	};
	const struct field *fd = f->count ? &f->fields[f->at] : NULL;

	box_foot(f->a, fr, foot,
		 !fd || (field_is_text(fd) && fd->type != FORM_FILE) ? KEYS :
		 fd->type == FORM_FILE                               ? FILES :
								       CHOICE);
	frame_right(fr, foot, 0, 0, "* needed", app_style(f->a, ROLE_DIM));
}

void
form_view(struct layer *l, const struct app *a, struct frame *f, struct rect r)
{
	struct form *form = (struct form *)l;
	int w = r.w < APP_WIDE ? r.w : FORM_WIDTH;
	struct rect in =
		box_open(a, f, r, w, wanted_height(form, w - 4), form->title);
	struct rect foot = rect_cut_bottom(&in, 1);

	rect_cut_bottom(&in, 1);
	draw_intro(form, f, &in);
	place_columns(form, in);
	draw_fields(form, f);
	draw_foot(form, f, foot);
}
