#include "ui/row_filter.h"

#include <stdlib.h>
#include <string.h>

void
row_filter_init(struct row_filter *f)
{
	f->text.single = true;
}

void
row_filter_release(struct row_filter *f)
{
	edit_release(&f->text);
	free(f->rows);
}

bool
row_filter_in(const struct row_filter *f, const char *s)
{
	const char *text = buf_str(&f->text.text);

	return !*text || (s && strcasestr(s, text));
}

void
row_filter_clear(struct row_filter *f)
{
	f->count = 0;
}

void
row_filter_add(struct row_filter *f, size_t row)
{
	GROW(f->rows, f->count, f->cap);
	f->rows[f->count++] = (int)row;
}

int
row_filter_row(const struct row_filter *f, int64_t at)
{
	return at >= 0 && at < (int64_t)f->count ? f->rows[at] : -1;
}

bool
row_filter_action(struct row_filter *f, enum action act)
{
	switch (act) {
	case ACTION_LIST_FILTER:
		f->typing = true;
		return true;
	case ACTION_LIST_OPEN:
		if (!f->typing)
			return false;
		f->typing = false;
		return true;
	case ACTION_GLOBAL_BACK:
		if (!f->typing && !f->text.text.len)
			return false;
		f->typing = false;
		edit_set(&f->text, "");
		return true;
	default:
		return false;
	}
}

bool
row_filter_input(struct row_filter *f, const struct input *in)
{
	if (!f->typing)
		return false;
	if (in->kind != INPUT_PASTE)
		return edit_key(&f->text, in);
	edit_insert(&f->text, in->text, in->len);
	return true;
}

bool
row_filter_view(const struct row_filter *f, const struct app *a,
		struct frame *frame, struct rect line, bool focused)
{
	if (!f->typing && !f->text.text.len)
		return false;
	frame_text(frame, line, 1, 0, "filter:", app_style(a, ROLE_KEY));
	rect_cut_left(&line, 9);
	edit_view(&f->text, frame, line, app_style(a, ROLE_INPUT),
		  f->typing && focused);
	return true;
}
