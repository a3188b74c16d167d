/*
 * A text to read, over the whole screen: plain, as rendered Markdown, or a
 * data file as a table; with a filter, and matches to go through.
 *
 *  1. rows are what shows, one a line of the screen, made for `columns` and
 *     the filter; they are made anew when one of the two changes (stale).
 *  2. A row of a plain text is a slice of text; of a Markdown text the index
 *     of a rendered line.
 *  3. `find` is the text looked for. While `filtered`, only lines that hold
 *     it have rows. Going to a match shows the whole text again.
 */
#include "ui/box.h"
#include "ui/markdown.h"

#include <stdlib.h>
#include <string.h>

struct document_row {
	size_t start, len; /* in text */
	size_t line;       /* of the Markdown */
};

struct document {
	struct layer base;
	char *title;
	int64_t ticket; /* 0: it is here */
	struct buf text;
	bool error;
	bool is_markdown, is_table;
	struct markdown markdown;
	struct table table;
	int left; /* first column of the table */

	struct document_row *rows;
	size_t row_count, row_cap;
	int columns;
	bool stale;

	struct list list;
	struct edit find;
	bool typing, filtered;
	int64_t matches; /* lines that hold it; while filtered */
	int64_t match;   /* row gone to, -1: none */
	struct rect body;

	/* A text to act on. */
	enum action deed; /* ACTION_NONE: none */
	deed_fn *fn;
	void *ud;
};

static struct document *
document_of(struct layer *l)
{
	return (struct document *)l;
}

/* --- rows -------------------------------------------------------------- */

static void
add_row(struct document *d, struct document_row row)
{
	GROW(d->rows, d->row_count, d->row_cap);
	d->rows[d->row_count++] = row;
}

/* What is looked for, or "". */
static const char *
needle(const struct document *d)
{
	return buf_str(&d->find.text);
}

static bool
wanted(const struct document *d, const char *s, size_t len)
{
	size_t at;

	return !d->filtered || !*needle(d) ||
	       box_find(s, len, 0, needle(d), &at);
}

static void
add_plain(struct document *d, size_t start, size_t len)
{
	AUTO(text_lines) lines = { 0 };
	const char *s = buf_str(&d->text) + start;

	if (!wanted(d, s, len))
		return;
	d->matches++;
	text_wrap(s, len, d->columns, &lines);
	if (!lines.count)
		add_row(d, (struct document_row){ .start = start });
	for (size_t i = 0; i < lines.count; i++)
		add_row(d, (struct document_row){ .start = start +
							   lines.items[i].start,
						  .len = lines.items[i].len });
}

static void
plain_rows(struct document *d)
{
	const char *s = buf_str(&d->text);
	size_t len = d->text.len, at = 0;

	while (at < len) {
		const char *end = memchr(s + at, '\n', len - at);
		size_t n = end ? (size_t)(end - s) - at : len - at;

		add_plain(d, at, n);
		at += n + 1;
	}
}

/* Text of a rendered line without its styles. */
static void
line_text(const struct document *d, size_t line, struct buf *out)
{
	const struct markdown_line *l = &d->markdown.lines[line];

	buf_reset(out);
	for (size_t i = 0; i < l->span_count; i++) {
		const struct markdown_span *s = &d->markdown.spans[l->span + i];

		buf_add(out, d->markdown.text.data + s->start, s->len);
	}
}

static void
markdown_rows(struct document *d)
{
	AUTO(buf) text = BUF_INIT;

	for (size_t i = 0; i < d->markdown.line_count; i++) {
		line_text(d, i, &text);
		if (!wanted(d, buf_str(&text), text.len))
			continue;
		d->matches++;
		add_row(d, (struct document_row){ .line = i });
	}
}

static void
make_rows(struct document *d, int columns, bool ascii)
{
	if (columns < 1)
		columns = 1;
	if (d->is_markdown && columns != d->columns) {
		markdown_release(&d->markdown);
		markdown_render(buf_str(&d->text), d->text.len, columns, ascii,
				&d->markdown);
	}
	if (!d->stale && columns == d->columns)
		return;
	d->columns = columns;
	d->stale = false;
	d->row_count = 0;
	d->matches = 0;
	d->match = -1;
	if (d->is_markdown)
		markdown_rows(d);
	else
		plain_rows(d);
}

/* --- matches ----------------------------------------------------------- */

static void
row_text(const struct document *d, int64_t row, struct buf *out)
{
	const struct document_row *r = &d->rows[row];

	if (d->is_markdown) {
		line_text(d, r->line, out);
		return;
	}
	buf_reset(out);
	buf_add(out, buf_str(&d->text) + r->start, r->len);
}

static bool
row_matches(const struct document *d, int64_t row)
{
	AUTO(buf) text = BUF_INIT;
	size_t at;

	row_text(d, row, &text);
	return box_find(buf_str(&text), text.len, 0, needle(d), &at);
}

/* The whole text again, with what stood on top still there. */
static void
show_all(struct document *d, bool ascii)
{
	struct document_row top = { 0 };

	if (!d->filtered)
		return;
	if ((size_t)d->list.first < d->row_count)
		top = d->rows[d->list.first];
	d->filtered = false;
	d->stale = true;
	make_rows(d, d->columns, ascii);
	for (size_t i = 0; i < d->row_count; i++)
		if (d->is_markdown ? d->rows[i].line >= top.line :
				     d->rows[i].start >= top.start) {
			d->list.first = (int64_t)i;
			break;
		}
	list_fit(&d->list, (int64_t)d->row_count, d->list.page);
}

/* Where to look on: from the match gone to, as long as that shows. */
static int64_t
search_from(const struct document *d, int step)
{
	if (d->match >= d->list.first &&
	    d->match < d->list.first + d->list.page)
		return d->match + step;
	return step > 0 ? d->list.first : d->list.first - 1;
}

static void
go_to_match(struct document *d, struct app *a, int step)
{
	int64_t i;

	if (!*needle(d)) {
		app_note(a, false, "Type what to look for: %s",
			 keymap_key(a->keys, ACTION_LIST_FILTER));
		return;
	}
	show_all(d, !a->caps->utf8);
	for (i = search_from(d, step); i >= 0 && i < (int64_t)d->row_count;
	     i += step)
		if (row_matches(d, i))
			break;
	if (i < 0 || i >= (int64_t)d->row_count) {
		app_note(a, false, "No more matches %s",
			 step > 0 ? "below" : "above");
		return;
	}
	d->list.follow = false;
	d->list.first = d->match = i;
	list_fit(&d->list, (int64_t)d->row_count, d->list.page);
}

/* --- input ------------------------------------------------------------- */

static bool
document_typing(const struct layer *l)
{
	return ((const struct document *)l)->typing;
}

static void
end_filter(struct document *d)
{
	edit_set(&d->find, "");
	d->typing = false;
	d->filtered = false;
	d->stale = true;
	d->list.follow = false;
	d->list.first = 0;
}

static bool
typing_action(struct document *d, enum action act)
{
	switch (act) {
	case ACTION_LIST_OPEN:
		d->typing = false;
		if (!*needle(d))
			end_filter(d);
		return true;
	case ACTION_GLOBAL_BACK:
		end_filter(d);
		return true;
	case ACTION_LIST_UP:
	case ACTION_LIST_DOWN:
	case ACTION_LIST_PAGE_UP:
	case ACTION_LIST_PAGE_DOWN:
		return list_action(&d->list, act);
	default:
		return false;
	}
}

static bool
table_action(struct document *d, enum action act)
{
	if (act == ACTION_LIST_LEFT && d->left > 0)
		d->left--;
	else if (act == ACTION_LIST_RIGHT && d->left < d->table.columns - 1)
		d->left++;
	return act == ACTION_LIST_LEFT || act == ACTION_LIST_RIGHT ||
	       act == ACTION_LIST_FILTER || act == ACTION_LIST_NEXT ||
	       act == ACTION_LIST_PREV;
}

static bool
document_action(struct layer *l, struct app *a, enum action act)
{
	struct document *d = document_of(l);

	if (d->typing)
		return typing_action(d, act);
	if (list_action(&d->list, act) || (d->is_table && table_action(d, act)))
		return true;
	switch (act) {
	case ACTION_DEPLOY_DEPLOY:
		d->fn(a, d->ud);
		return true;
	case ACTION_LIST_FILTER:
		d->typing = d->filtered = d->stale = true;
		d->list.follow = false;
		return true;
	case ACTION_LIST_NEXT:
	case ACTION_LIST_PREV:
		go_to_match(d, a, act == ACTION_LIST_NEXT ? 1 : -1);
		return true;
	case ACTION_GLOBAL_BACK:
		if (*needle(d))
			end_filter(d);
		else
			app_pop(a);
		return true;
	default:
		return false;
	}
}

static bool
document_input(struct layer *l, struct app *a, const struct input *in)
{
	struct document *d = document_of(l);

	(void)a;
	if (in->kind == INPUT_MOUSE)
		return list_mouse(&d->list, in, in->y - d->body.y);
	if (!d->typing)
		return false;
	if (in->kind == INPUT_PASTE)
		edit_insert(&d->find, in->text, in->len);
	else if (in->kind != INPUT_KEY || !edit_key(&d->find, in))
		return false;
	d->stale = true;
	d->list.follow = false;
	d->list.first = 0;
	return true;
}

static void
document_message(struct layer *l, struct app *a, struct msg *m)
{
	struct document *d = document_of(l);

	(void)a;
	if (!d->ticket || m->ticket != d->ticket)
		return;
	if (m->kind == MSG_DOCUMENT && m->text) {
		buf_release(&d->text);
		d->text = *m->text;
		*m->text = (struct buf)BUF_INIT;
		d->error = m->error;
		d->is_markdown = !m->error && (str_ends(d->title, ".md") ||
					       str_ends(d->title, ".markdown"));
	} else if (m->kind == MSG_TABLE && m->table) {
		d->table = *m->table;
		memset(m->table, 0, sizeof(*m->table));
		d->is_table = true;
	} else {
		return;
	}
	d->ticket = 0;
	d->stale = true;
}

/* --- view -------------------------------------------------------------- */

static int
columns_of(const char *s, size_t len)
{
	int w = 0;

	for (struct text_walk t = text_walk(s, len); text_next(&t);)
		w += t.width;
	return w;
}

/* Marks what was looked for in line y, which shows text. */
static void
mark_matches(const struct document *d, const struct app *a, struct frame *f,
	     int y, const struct buf *text)
{
	size_t n = strlen(needle(d)), at = 0;

	while (box_find(buf_str(text), text->len, at, needle(d), &at)) {
		int from = columns_of(buf_str(text), at);
		int w = columns_of(buf_str(text) + at, n);
		struct rect r = { d->body.x + from, d->body.y + y, w, 1 };

		if (from >= d->body.w)
			break;
		if (from + w > d->body.w)
			r.w = d->body.w - from;
		frame_restyle(f, r, app_style(a, ROLE_MATCH));
		at += n;
	}
}

/* In a text with differences, lines that come and go. */
static enum role
role_of(const struct document *d, size_t start)
{
	const char *s = buf_str(&d->text) + start;

	if (d->error)
		return ROLE_BAD;
	if (d->deed == ACTION_NONE)
		return ROLE_TEXT;
	if (str_starts(s, "@@") || str_starts(s, "+++") || str_starts(s, "---"))
		return ROLE_KEY;
	return *s == '+' ? ROLE_GOOD : *s == '-' ? ROLE_BAD : ROLE_TEXT;
}

static void
draw_row(const struct document *d, const struct app *a, struct frame *f, int y,
	 int64_t row)
{
	const struct document_row *r = &d->rows[row];
	AUTO(buf) text = BUF_INIT;
	if (d->is_markdown) {
		struct rect line = { d->body.x, d->body.y + y, d->body.w, 1 };

		markdown_view(&d->markdown, a->theme, f, line,
			      (int64_t)r->line);
	} else {
		frame_textn(f, d->body, 0, y, buf_str(&d->text) + r->start,
			    r->len, app_style(a, role_of(d, r->start)));
	}
	if (!*needle(d))
		return;
	row_text(d, row, &text);
	mark_matches(d, a, f, y, &text);
}

static void
draw_text(struct document *d, const struct app *a, struct frame *f,
	  struct rect in)
{
	struct rect all = in;

	in.w -= 2; /* the scroll bar's */
	d->body = in;
	make_rows(d, in.w, f->ascii);
	list_fit(&d->list, (int64_t)d->row_count, in.h);
	for (int y = 0; y < in.h && d->list.first + y < d->list.count; y++)
		draw_row(d, a, f, y, d->list.first + y);
	if (!d->row_count)
		frame_text(f, in, 0, 0,
			   d->filtered && *needle(d) ? "no line holds that" :
						       "the text is empty",
			   app_style(a, ROLE_DIM));
	frame_scrollbar(f, all, d->list.first, in.h, d->list.count,
			app_style(a, ROLE_BORDER));
}

static void
draw_table(struct document *d, const struct app *a, struct frame *f,
	   struct rect in)
{
	d->body = in;
	list_fit(&d->list, d->table.rows > 0 ? d->table.rows - 1 : 0,
		 in.h > 1 ? in.h - 1 : 1);
	table_view(&d->table, a->theme, f, in, d->list.first, d->left);
}

/* The line at the bottom: what is looked for, or the keys. */
static void
draw_foot(struct document *d, const struct app *a, struct frame *f,
	  struct rect foot)
{
	static const enum action KEYS[] = {
		ACTION_LIST_PAGE_UP, ACTION_LIST_PAGE_DOWN, ACTION_LIST_TOP,
		ACTION_LIST_BOTTOM,  ACTION_LIST_FILTER,    ACTION_LIST_NEXT,
		ACTION_LIST_PREV,    ACTION_GLOBAL_BACK,    ACTION_NONE
	};
	enum action keys[ARRAY_LEN(KEYS) + 1] = { d->deed };
	AUTO_FREE char *count = NULL;
	int x;

	memcpy(keys + (d->deed != ACTION_NONE), KEYS, sizeof(KEYS));
	if (!d->typing && (!*needle(d) || a->note)) {
		box_foot(a, f, foot, keys);
		return;
	}
	if (d->filtered && *needle(d))
		count = xasprintf("%lld line%s", (long long)d->matches,
				  d->matches == 1 ? "" : "s");
	if (count)
		frame_right(f, foot, 0, 0, count, app_style(a, ROLE_DIM));
	x = frame_text(f, foot, 0, 0, d->filtered ? "filter: " : "find: ",
		       app_style(a, ROLE_KEY));
	rect_cut_left(&foot, x);
	foot.w -= count ? text_width(count) + 1 : 0;
	edit_view(&d->find, f, foot, app_style(a, ROLE_INPUT), d->typing);
}

static void
document_view(struct layer *l, const struct app *a, struct frame *f,
	      struct rect r)
{
	struct document *d = document_of(l);
	struct rect in = box_page(a, f, r, d->title);
	struct rect foot = rect_cut_bottom(&in, 1);

	if (d->ticket)
		frame_text(f, in, 0, 0, "reading", app_style(a, ROLE_DIM));
	else if (d->is_table)
		draw_table(d, a, f, in);
	else
		draw_text(d, a, f, in);
	draw_foot(d, a, f, foot);
}

/* --- making it --------------------------------------------------------- */

static void
document_free(struct layer *l)
{
	struct document *d = document_of(l);

	free(d->title);
	buf_release(&d->text);
	markdown_release(&d->markdown);
	table_release(&d->table);
	free(d->rows);
	edit_release(&d->find);
}

static const struct layer_class document_class = {
	.name = "Text",
	.contexts = { CONTEXT_LIST, CONTEXT_GLOBAL },
	.covers = true,
	.typing = document_typing,
	.action = document_action,
	.input = document_input,
	.message = document_message,
	.view = document_view,
	.free = document_free,
};

static const struct layer_class deed_class = {
	.name = "Text",
	.contexts = { CONTEXT_DEPLOY, CONTEXT_LIST, CONTEXT_GLOBAL },
	.covers = true,
	.typing = document_typing,
	.action = document_action,
	.input = document_input,
	.message = document_message,
	.view = document_view,
	.free = document_free,
};

struct layer *
document_new(struct app *a, const char *title, int64_t ticket)
{
	struct document *d = xcalloc(1, sizeof(*d));

	(void)a;
	d->base.class = &document_class;
	d->title = xstrdup(title);
	d->ticket = ticket;
	d->list.no_cursor = true;
	d->find.single = true;
	d->match = -1;
	d->stale = true;
	return &d->base;
}

struct layer *
document_text(struct app *a, const char *title, const char *text, bool markdown)
{
	struct layer *l = document_new(a, title, 0);
	struct document *d = document_of(l);

	buf_addstr(&d->text, text);
	d->is_markdown = markdown;
	return l;
}

struct layer *
document_deed(struct app *a, const char *title, const char *text,
	      enum action deed, deed_fn *fn, void *ud)
{
	struct layer *l = document_text(a, title, text, false);
	struct document *d = document_of(l);

	l->class = &deed_class;
	d->deed = deed;
	d->fn = fn;
	d->ud = ud;
	return l;
}
