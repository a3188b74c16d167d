/*
 * The pattern browser: a list with a filter, and beside it (below it on a
 * narrow screen) everything about the chosen pattern.
 *
 *  1. rows answer the ask with `ticket`; answers to older asks are dropped.
 *  2. file and executions are of the pattern `shown_id`, or empty. They are
 *     asked for when another row is chosen.
 *  3. doc is rendered for `columns`; stale says that it must be made anew.
 */
#include "ui/box.h"
#include "ui/markdown.h"
#include "ui/pattern_doc.h"
#include "ui/replay.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SCROLL_ROWS = 4, LIST_MIN = 60, LIST_MAX = 110 };

/* The columns right of the name. */
enum { STAGE_AT = 39, RATE_AT = 28, USES_AT = 16, DAY_AT = 10 };

struct patterns {
	struct layer base;
	struct library_rows rows;
	int64_t ticket;
	bool answered;
	struct list list;
	struct edit filter;
	bool typing;
	int stage; /* enum pattern_status, -1: all */
	enum library_order order;

	char *shown_id;
	int64_t shown_ticket;
	struct buf file;
	struct library_executions executions;
	int64_t edit_ticket;

	struct markdown doc;
	int columns;
	bool stale, ascii;
	int64_t doc_first;
	struct rect list_rect, doc_rect;
};

static const struct {
	enum library_order order;
	const char *name;
} ORDERS[] = {
	{ LIBRARY_BY_NAME, "name" },
	{ LIBRARY_BY_RATE, "success" },
	{ LIBRARY_BY_EXECUTIONS, "uses" },
	{ LIBRARY_BY_RECENT, "last used" },
};

/* What a person typed is sorted by how well it fits, unless another order
 * was asked for. */
static enum library_order
order_of(const struct patterns *p)
{
	return p->order == LIBRARY_BY_NAME && p->filter.text.len ?
		       LIBRARY_BY_RANK :
		       p->order;
}

static const char *
order_name(const struct patterns *p)
{
	for (size_t i = 0; i < ARRAY_LEN(ORDERS); i++)
		if (ORDERS[i].order == order_of(p))
			return ORDERS[i].name;
	return "best fit";
}

/* --- asking ------------------------------------------------------------ */

static const struct library_row *
chosen(const struct patterns *p)
{
	return p->list.at >= 0 && (size_t)p->list.at < p->rows.count ?
		       &p->rows.items[p->list.at] :
		       NULL;
}

static void
forget_shown(struct patterns *p)
{
	free(TAKE(p->shown_id));
	buf_release(&p->file);
	library_executions_release(&p->executions);
	p->doc_first = 0;
	p->stale = true;
}

static void
ask_pattern(struct patterns *p, struct app *a)
{
	const struct library_row *row = chosen(p);
	struct ask *e;

	if (row && str_eq(p->shown_id, row->id))
		return;
	forget_shown(p);
	if (!row)
		return;
	p->shown_id = xstrdup(row->id);
	e = app_ask(a, ASK_PATTERN);
	e->text = xstrdup(row->id);
	e->ticket = p->shown_ticket = app_ticket(a);
}

static void
ask_rows(struct patterns *p, struct app *a)
{
	struct ask *e = app_ask(a, ASK_PATTERNS);

	e->text = xstrdup(buf_str(&p->filter.text));
	e->more = p->stage < 0 ? NULL :
				 xstrdup(pattern_status_word(
					 (enum pattern_status)p->stage));
	e->number = order_of(p);
	e->ticket = p->ticket = app_ticket(a);
}

/* --- what can be done -------------------------------------------------- */

static void
make_source(const struct patterns *p, const struct library_row *row, bool ascii,
	    struct buf *out)
{
	bool here = p->file.len && str_eq(p->shown_id, row->id);

	pattern_doc(row, here ? &p->file : NULL, &p->executions, ascii, out);
}

static void
inspect(struct patterns *p, struct app *a)
{
	const struct library_row *row = chosen(p);
	AUTO(buf) source = BUF_INIT;

	if (!row)
		return;
	make_source(p, row, !a->caps->utf8, &source);
	app_push(a, document_text(a, row->name, buf_str(&source), true));
}

static void
replay(struct patterns *p, struct app *a)
{
	struct err err = ERR_INIT;
	struct pattern pattern;

	if (!chosen(p))
		return;
	if (!p->file.len) {
		app_note(a, false, "The pattern is still being read");
		return;
	}
	if (!pattern_parse(buf_str(&p->file), p->file.len, chosen(p)->path,
			   &pattern, &err)) {
		app_note(a, true, "%s", err.msg);
		return;
	}
	if (!replay_open(a, &pattern, &err))
		app_note(a, true, "%s", err.msg);
	pattern_release(&pattern);
}

static void
edit_file(struct patterns *p, struct app *a)
{
	const struct library_row *row = chosen(p);
	struct ask *e;

	if (!row)
		return;
	if (row->shipped)
		app_note(a, false,
			 "%s is shipped with agentops: a copy in your "
			 "library is edited",
			 row->id);
	e = app_ask(a, ASK_EDIT);
	e->text = xstrdup(row->path);
	e->ticket = p->edit_ticket = app_ticket(a);
}

static void
next_order(struct patterns *p)
{
	size_t i = 0;

	while (i < ARRAY_LEN(ORDERS) && ORDERS[i].order != p->order)
		i++;
	p->order = ORDERS[(i + 1) % ARRAY_LEN(ORDERS)].order;
}

static void
scroll_doc(struct patterns *p, int rows)
{
	int64_t max = (int64_t)p->doc.line_count - p->doc_rect.h;

	p->doc_first += rows;
	if (p->doc_first > max)
		p->doc_first = max;
	if (p->doc_first < 0)
		p->doc_first = 0;
}

/* --- input ------------------------------------------------------------- */

static bool
patterns_typing(const struct layer *l)
{
	return ((const struct patterns *)l)->typing;
}

static bool
typing_action(struct patterns *p, struct app *a, enum action act)
{
	switch (act) {
	case ACTION_LIST_OPEN:
		p->typing = false;
		return true;
	case ACTION_GLOBAL_BACK:
		p->typing = false;
		edit_set(&p->filter, "");
		ask_rows(p, a);
		return true;
	case ACTION_LIST_UP:
	case ACTION_LIST_DOWN:
	case ACTION_LIST_PAGE_UP:
	case ACTION_LIST_PAGE_DOWN:
		list_action(&p->list, act);
		ask_pattern(p, a);
		return true;
	default:
		return false;
	}
}

static bool
browse_action(struct patterns *p, struct app *a, enum action act)
{
	switch (act) {
	case ACTION_LIST_OPEN:
		inspect(p, a);
		return true;
	case ACTION_LIST_FILTER:
		p->typing = true;
		return true;
	case ACTION_LIST_LEFT:
	case ACTION_LIST_RIGHT:
		scroll_doc(p, act == ACTION_LIST_LEFT ? -SCROLL_ROWS :
							SCROLL_ROWS);
		return true;
	case ACTION_PATTERNS_REPLAY:
		replay(p, a);
		return true;
	case ACTION_PATTERNS_EDIT:
		edit_file(p, a);
		return true;
	case ACTION_PATTERNS_STAGE:
		p->stage =
			p->stage + 1 < PATTERN_STATUS_COUNT ? p->stage + 1 : -1;
		ask_rows(p, a);
		return true;
	case ACTION_PATTERNS_SORT:
		next_order(p);
		ask_rows(p, a);
		return true;
	default:
		return false;
	}
}

static bool
patterns_action(struct layer *l, struct app *a, enum action act)
{
	struct patterns *p = (struct patterns *)l;

	if (p->typing)
		return typing_action(p, a, act);
	if (browse_action(p, a, act))
		return true;
	if (list_action(&p->list, act)) {
		ask_pattern(p, a);
		return true;
	}
	switch (act) {
	case ACTION_GLOBAL_BACK:
		if (p->filter.text.len) {
			edit_set(&p->filter, "");
			ask_rows(p, a);
			return true;
		}
		app_pop(a);
		return true;
	case ACTION_GLOBAL_PATTERNS:
		return true;
	default:
		return false;
	}
}

static void
patterns_mouse(struct patterns *p, struct app *a, const struct input *in)
{
	if (rect_has(p->doc_rect, in->x, in->y)) {
		if (in->mouse == INPUT_WHEEL_UP)
			scroll_doc(p, -SCROLL_ROWS);
		else if (in->mouse == INPUT_WHEEL_DOWN)
			scroll_doc(p, SCROLL_ROWS);
	} else if (rect_has(p->list_rect, in->x, in->y) &&
		   list_mouse(&p->list, in, in->y - p->list_rect.y)) {
		ask_pattern(p, a);
	}
}

static bool
patterns_input(struct layer *l, struct app *a, const struct input *in)
{
	struct patterns *p = (struct patterns *)l;

	if (in->kind == INPUT_MOUSE) {
		patterns_mouse(p, a, in);
		return true;
	}
	if (!p->typing)
		return false;
	if (in->kind == INPUT_PASTE)
		edit_insert(&p->filter, in->text, in->len);
	else if (in->kind != INPUT_KEY || !edit_key(&p->filter, in))
		return false;
	ask_rows(p, a);
	return true;
}

/* --- messages ---------------------------------------------------------- */

/* The pattern that was chosen stays chosen when it is still there. */
static void
take_rows(struct patterns *p, struct app *a, struct msg *m)
{
	AUTO_FREE char *id = xstrdup0(chosen(p) ? chosen(p)->id : NULL);

	library_rows_release(&p->rows);
	p->rows = *m->patterns;
	memset(m->patterns, 0, sizeof(*m->patterns));
	p->answered = true;
	p->list.at = p->list.first = 0;
	for (size_t i = 0; id && i < p->rows.count; i++)
		if (strcmp(p->rows.items[i].id, id) == 0)
			p->list.at = (int64_t)i;
	p->stale = true;
	ask_pattern(p, a);
}

static void
take_pattern(struct patterns *p, struct msg *m)
{
	buf_release(&p->file);
	library_executions_release(&p->executions);
	if (m->text) {
		p->file = *m->text;
		*m->text = (struct buf)BUF_INIT;
	}
	if (m->executions) {
		p->executions = *m->executions;
		memset(m->executions, 0, sizeof(*m->executions));
	}
	p->stale = true;
}

static void
patterns_message(struct layer *l, struct app *a, struct msg *m)
{
	struct patterns *p = (struct patterns *)l;

	if (m->kind == MSG_PATTERNS && m->patterns && m->ticket == p->ticket) {
		take_rows(p, a, m);
	} else if (m->kind == MSG_PATTERN && m->ticket == p->shown_ticket &&
		   str_eq(m->id, p->shown_id)) {
		take_pattern(p, m);
	} else if (m->kind == MSG_EDITED && p->edit_ticket &&
		   m->ticket == p->edit_ticket) {
		p->edit_ticket = 0;
		forget_shown(p);
		ask_rows(p, a);
	}
}

/* --- view -------------------------------------------------------------- */

static void
draw_head(const struct patterns *p, const struct app *a, struct frame *f,
	  struct rect line)
{
	AUTO_FREE char *state = xasprintf(
		"stage: %s   order: %s   %zu pattern%s",
		p->stage < 0 ?
			"all" :
			pattern_status_word((enum pattern_status)p->stage),
		order_name(p), p->rows.count, p->rows.count == 1 ? "" : "s");
	int x = frame_text(f, line, 0, 0, "filter: ", app_style(a, ROLE_KEY));
	struct style st = app_style(a, p->typing ? ROLE_INPUT : ROLE_MATCH);

	frame_right(f, line, 0, 0, state, app_style(a, ROLE_DIM));
	rect_cut_left(&line, x);
	rect_cut_right(&line, text_width(state) + 2);
	if (p->typing || p->filter.text.len)
		edit_view(&p->filter, f, line, st, p->typing);
	else
		frame_text(f, line, 0, 0, "none", app_style(a, ROLE_DIM));
}

/* Text at a column that counts from the right edge. */
static void
draw_cell(struct frame *f, struct rect r, int from_right, int w, const char *s,
	  struct style st)
{
	frame_cut(f, r, r.w - from_right, 0, w, s, st);
}

static void
draw_titles(const struct app *a, struct frame *f, struct rect r)
{
	struct style st = app_style(a, ROLE_DIM);

	frame_cut(f, r, 0, 0, r.w - STAGE_AT - 1, "pattern", st);
	draw_cell(f, r, STAGE_AT, 10, "stage", st);
	draw_cell(f, r, RATE_AT, 11, "success 95%", st);
	draw_cell(f, r, USES_AT, 5, " uses", st);
	draw_cell(f, r, DAY_AT, 10, "last used", st);
}

static void
draw_pattern(const struct patterns *p, const struct app *a, struct frame *f,
	     struct rect r, int64_t i)
{
	static const enum role STAGES[] = {
		[PATTERN_DISCOVERED] = ROLE_TEXT,
		[PATTERN_VALIDATED] = ROLE_GOOD,
		[PATTERN_LEARNED] = ROLE_GOOD,
		[PATTERN_DEPRECATED] = ROLE_BAD,
	};
	const struct library_row *row = &p->rows.items[i];
	AUTO_FREE char *rate = pattern_doc_rate(&row->counts);
	AUTO_FREE char *day = pattern_doc_day(row->last_used_us);
	AUTO_FREE char *uses = xasprintf("%5" PRId64, row->counts.executions);
	struct style st = app_style(a, ROLE_TEXT);

	frame_cut(f, r, 0, 0, r.w - STAGE_AT - 1, row->name,
		  app_style(a, ROLE_STRONG));
	draw_cell(f, r, STAGE_AT, 10, pattern_status_word(row->status),
		  app_style(a, STAGES[row->status]));
	draw_cell(f, r, RATE_AT, 11, rate, st);
	draw_cell(f, r, USES_AT, 5, uses, st);
	draw_cell(f, r, DAY_AT, 10, day, st);
	if (i == p->list.at)
		frame_restyle(f, r, app_style(a, ROLE_SELECTED));
}

static void
draw_list(struct patterns *p, const struct app *a, struct frame *f,
	  struct rect r)
{
	struct rect row, all = r;

	r.w -= 2; /* the scroll bar's */
	row = rect_cut_top(&r, 1);
	rect_cut_top(&all, 1);
	draw_titles(a, f, row);
	p->list_rect = r;
	list_fit(&p->list, (int64_t)p->rows.count, r.h);
	for (int y = 0; y < r.h && p->list.first + y < p->list.count; y++) {
		row = (struct rect){ r.x, r.y + y, r.w, 1 };
		draw_pattern(p, a, f, row, p->list.first + y);
	}
	if (!p->rows.count)
		frame_text(f, r, 0, 0,
			   p->answered ? "no pattern fits" : "reading",
			   app_style(a, ROLE_DIM));
	frame_scrollbar(f, all, p->list.first, r.h, p->list.count,
			app_style(a, ROLE_BORDER));
}

static void
render(struct patterns *p, int columns, bool ascii)
{
	AUTO(buf) source = BUF_INIT;

	if (!p->stale && columns == p->columns && ascii == p->ascii)
		return;
	markdown_release(&p->doc);
	memset(&p->doc, 0, sizeof(p->doc));
	p->stale = false;
	p->columns = columns;
	p->ascii = ascii;
	if (!chosen(p))
		return;
	make_source(p, chosen(p), ascii, &source);
	markdown_render(buf_str(&source), source.len, columns, ascii, &p->doc);
}

static void
draw_doc(struct patterns *p, const struct app *a, struct frame *f,
	 struct rect r)
{
	struct rect all = r;

	r.w -= 2; /* the scroll bar's */
	p->doc_rect = r;
	if (r.w < 1 || r.h < 1)
		return;
	render(p, r.w, f->ascii);
	scroll_doc(p, 0);
	markdown_view(&p->doc, a->theme, f, r, p->doc_first);
	frame_scrollbar(f, all, p->doc_first, r.h, (int64_t)p->doc.line_count,
			app_style(a, ROLE_BORDER));
}

static void
draw_foot(const struct patterns *p, const struct app *a, struct frame *f,
	  struct rect foot)
{
	static const enum action KEYS[] = {
		ACTION_LIST_FILTER,     ACTION_LIST_OPEN,
		ACTION_PATTERNS_REPLAY, ACTION_PATTERNS_EDIT,
		ACTION_PATTERNS_STAGE,  ACTION_PATTERNS_SORT,
		ACTION_LIST_RIGHT,      ACTION_GLOBAL_BACK,
		ACTION_GLOBAL_HELP,     ACTION_NONE,
	};
	static const enum action TYPING[] = { ACTION_LIST_OPEN,
					      ACTION_GLOBAL_BACK, ACTION_NONE };

	box_foot(a, f, foot, p->typing ? TYPING : KEYS);
}

static int
list_width(int w)
{
	int n = w * 9 / 20;

	return n < LIST_MIN ? LIST_MIN : n > LIST_MAX ? LIST_MAX : n;
}

static void
patterns_view(struct layer *l, const struct app *a, struct frame *f,
	      struct rect r)
{
	struct patterns *p = (struct patterns *)l;
	struct rect in = box_page(a, f, r, "Patterns");
	struct rect foot = rect_cut_bottom(&in, 1), left, line;

	draw_foot(p, a, f, foot);
	line = rect_cut_top(&in, 1);
	if (r.w >= APP_WIDE) {
		left = rect_cut_left(&in, list_width(r.w));
		rect_cut_left(&in, 1);
	} else {
		left = rect_cut_top(&in, in.h * 2 / 5);
		frame_rule(f, in, 0, app_style(a, ROLE_BORDER));
		rect_cut_top(&in, 1);
	}
	draw_list(p, a, f, left);
	draw_doc(p, a, f, in);
	draw_head(p, a, f, line);
}

/* --- making it --------------------------------------------------------- */

static void
patterns_free(struct layer *l)
{
	struct patterns *p = (struct patterns *)l;

	library_rows_release(&p->rows);
	edit_release(&p->filter);
	forget_shown(p);
	markdown_release(&p->doc);
}

static const struct layer_class patterns_class = {
	.name = "Patterns",
	.contexts = { CONTEXT_PATTERNS, CONTEXT_LIST, CONTEXT_GLOBAL },
	.covers = true,
	.typing = patterns_typing,
	.action = patterns_action,
	.input = patterns_input,
	.message = patterns_message,
	.view = patterns_view,
	.free = patterns_free,
};

struct layer *
patterns_new(struct app *a, const char *filter)
{
	struct patterns *p = xcalloc(1, sizeof(*p));

	p->base.class = &patterns_class;
	p->filter.single = true;
	p->stage = -1;
	p->stale = true;
	if (filter)
		edit_set(&p->filter, filter);
	ask_rows(p, a);
	return &p->base;
}
