/* Tables of markdown_out.h: columns as wide as their text, narrowed evenly
 * when there is no room, text broken inside its cell. */
#include "ui/markdown_out.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMN_MIN = 4, GAP = 3 };

void
out_table_begin(struct out_table *t, int columns)
{
	out_table_release(t);
	t->columns = columns > 0 ? columns : 1;
	t->align = xcalloc((size_t)t->columns, sizeof(*t->align));
}

void
out_table_release(struct out_table *t)
{
	for (size_t i = 0; i < t->count; i++)
		flow_release(&t->cells[i]);
	free(t->cells);
	free(t->align);
	*t = (struct out_table){ 0 };
}

void
out_table_cell(struct out_table *t, int column, enum out_align align,
	       struct flow *w)
{
	if (column >= t->columns)
		return;
	t->align[column] = align;
	GROW(t->cells, t->count, t->cap);
	t->cells[t->count++] = *w;
	*w = (struct flow){ 0 };
}

static int
sum_capped(const int *widths, int count, int cap)
{
	int sum = 0;

	for (int i = 0; i < count; i++)
		sum += widths[i] < cap ? widths[i] : cap;
	return sum;
}

/* Sets the columns' widths; false when they cannot all be shown. */
static bool
fit_columns(const struct out_table *t, int room, int *widths)
{
	int cap = room, left;

	for (size_t i = 0; i < t->count; i++) {
		int *width = &widths[i % (size_t)t->columns], cell;

		text_fit(buf_str(&t->cells[i].text), t->cells[i].text.len, room,
			 &cell);
		if (cell > *width)
			*width = cell;
	}
	for (int i = 0; i < t->columns; i++)
		widths[i] += widths[i] == 0;
	room -= GAP * (t->columns - 1);
	while (cap >= COLUMN_MIN && sum_capped(widths, t->columns, cap) > room)
		cap--;
	if (cap < COLUMN_MIN)
		return false;
	/* What rounding left goes to the first that want it. */
	left = room - sum_capped(widths, t->columns, cap);
	for (int i = 0; i < t->columns; i++) {
		bool wants = widths[i] > cap;

		if (wants)
			widths[i] = cap + (left > 0);
		left -= wants;
	}
	return true;
}

static void
put_cell(struct out *o, const struct flow *w, const struct text_line *line,
	 int width, enum out_align align, bool last)
{
	const char *s = buf_str(&w->text) + line->start;
	int used, before = 0, after;

	text_fit(s, line->len, width, &used);
	if (align == ALIGN_RIGHT)
		before = width - used;
	else if (align == ALIGN_CENTER)
		before = (width - used) / 2;
	after = last ? 0 : width - used - before;
	out_repeat(o, " ", before, ROLE_TEXT);
	out_slice(o, w, line);
	out_repeat(o, " ", after, ROLE_TEXT);
}

static void
put_row(struct out *o, const struct out_table *t, const int *widths,
	const struct flow *row)
{
	struct text_lines *lines = xcalloc((size_t)t->columns, sizeof(*lines));
	size_t height = 1;

	for (int c = 0; c < t->columns; c++) {
		text_wrap(buf_str(&row[c].text), row[c].text.len, widths[c],
			  &lines[c]);
		if (lines[c].count > height)
			height = lines[c].count;
	}
	for (size_t i = 0; i < height; i++) {
		out_begin(o);
		for (int c = 0; c < t->columns; c++) {
			struct text_line none = { 0, 0 };

			if (c > 0)
				out_put(o, o->ascii ? " | " : " │ ",
					strlen(o->ascii ? " | " : " │ "),
					ROLE_BORDER, 0);
			put_cell(o, &row[c],
				 i < lines[c].count ? &lines[c].items[i] :
						      &none,
				 widths[c], t->align[c], c + 1 == t->columns);
		}
	}
	for (int c = 0; c < t->columns; c++)
		text_lines_release(&lines[c]);
	free(lines);
}

static void
put_rule(struct out *o, const struct out_table *t, const int *widths)
{
	out_begin(o);
	for (int c = 0; c < t->columns; c++) {
		if (c > 0)
			out_repeat(o, o->ascii ? "-+-" : "─┼─", 1, ROLE_BORDER);
		out_repeat(o, o->ascii ? "-" : "─", widths[c], ROLE_BORDER);
	}
}

/* Each row as lines "name: value", with a blank line between rows. */
static void
put_stacked(struct out *o, const struct out_table *t)
{
	size_t columns = (size_t)t->columns;

	for (size_t i = columns; i < t->count; i++) {
		const struct flow *name = &t->cells[i % columns];
		const struct flow *cell = &t->cells[i];
		AUTO(flow) line = { 0 };

		if (i > columns && i % columns == 0)
			out_blank(o);
		flow_add(&line, buf_str(&name->text), name->text.len,
			 ROLE_STRONG, 0);
		flow_add(&line, ": ", 2, ROLE_STRONG, 0);
		for (size_t r = 0; r < cell->count; r++) {
			size_t from = cell->runs[r].start;
			size_t to = r + 1 < cell->count ?
					    cell->runs[r + 1].start :
					    cell->text.len;

			flow_add(&line, buf_str(&cell->text) + from, to - from,
				 cell->runs[r].role, cell->runs[r].attrs);
		}
		out_flow(o, &line);
	}
}

void
out_table_end(struct out_table *t, struct out *o)
{
	size_t columns = (size_t)t->columns;
	int *widths = xcalloc(columns, sizeof(*widths));

	if (!fit_columns(t, out_room(o), widths)) {
		put_stacked(o, t);
	} else {
		for (size_t i = 0; i + columns <= t->count; i += columns) {
			put_row(o, t, widths, &t->cells[i]);
			if (i == 0)
				put_rule(o, t, widths);
		}
	}
	free(widths);
	out_table_release(t);
}
