/* All runs, newest first: open, resume, end, and filter by status. */
#include "ui/main_view.h"
#include "ui/row_filter.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The words of the column, in the order that the status key goes through;
 * the first is all of them. */
static const char *const words[] = { "",       "working", "needs you",
				     "parked", "cut off", "done",
				     "failed", "aborted" };

struct runs_layer {
	struct layer base;
	struct list list;
	struct row_filter filter; /* of the rows of app->runs */
	char marked[ID_RUN_SIZE]; /* to be compared with; "" none */
	size_t word;
	struct rect list_at;
};

static bool
passes(const struct runs_layer *v, const struct run_row *r)
{
	if (v->word && strcmp(run_row_word(r), words[v->word]) != 0)
		return false;
	return row_filter_in(&v->filter, r->task) ||
	       row_filter_in(&v->filter, r->id);
}

static void
filter(struct runs_layer *v, const struct app *a)
{
	row_filter_clear(&v->filter);
	for (size_t i = 0; i < a->runs.count; i++)
		if (passes(v, &a->runs.items[i]))
			row_filter_add(&v->filter, i);
}

static const struct run_row *
chosen(const struct runs_layer *v, const struct app *a)
{
	int row = row_filter_row(&v->filter, v->list.at);

	return row >= 0 ? &a->runs.items[row] : NULL;
}

static bool
runs_typing(const struct layer *l)
{
	return ((const struct runs_layer *)l)->filter.typing;
}

/* The first time marks, the second compares, on the same run unmarks. */
static void
compare(struct runs_layer *v, struct app *a, const struct run_row *r)
{
	if (!*v->marked) {
		snprintf(v->marked, sizeof(v->marked), "%s", r->id);
		app_note(a, false, "Marked %s; choose another run to compare",
			 r->id);
		return;
	}
	if (strcmp(v->marked, r->id) != 0)
		app_push(a, compare_new(a, v->marked, r->id));
	v->marked[0] = '\0';
}

static bool
runs_action(struct layer *l, struct app *a, enum action act)
{
	struct runs_layer *v = (struct runs_layer *)l;
	const struct run_row *r = chosen(v, a);

	if (row_filter_action(&v->filter, act)) {
		filter(v, a);
		return true;
	}
	switch (act) {
	case ACTION_LIST_OPEN:
		if (r)
			app_open_run(a, r->id);
		return true;
	case ACTION_RUNS_STATUS:
		v->word = (v->word + 1) % ARRAY_LEN(words);
		filter(v, a);
		return true;
	case ACTION_RUNS_RESUME:
		if (r) {
			AUTO_FREE char *id = xstrdup(r->id);

			app_ask(a, ASK_RESUME)->run = xstrdup(id);
			app_open_run(a, id);
		}
		return true;
	case ACTION_RUNS_ABORT:
		if (r)
			main_ask_abort(a, r->id);
		return true;
	case ACTION_RUNS_FORK:
		if (r)
			app_push(a, fork_new(a, r->id));
		return true;
	case ACTION_RUNS_COMPARE:
		if (r)
			compare(v, a, r);
		return true;
	default:
		return list_action(&v->list, act);
	}
}

static bool
runs_input(struct layer *l, struct app *a, const struct input *in)
{
	struct runs_layer *v = (struct runs_layer *)l;

	if (in->kind == INPUT_MOUSE)
		return list_mouse(&v->list, in, in->y - v->list_at.y);
	if (!row_filter_input(&v->filter, in))
		return false;
	filter(v, a);
	return true;
}

static void
runs_message(struct layer *l, struct app *a, struct msg *m)
{
	if (m->kind == MSG_RUNS)
		filter((struct runs_layer *)l, a);
}

static void
view_row(const struct app *a, struct frame *f, struct rect r,
	 const struct run_row *row)
{
	char when[32], took[CLOCK_DURATION_SIZE];
	time_t at = (time_t)(row->updated_us / 1000000);
	struct rect left = r;
	struct tm tm;

	localtime_r(&at, &tm);
	strftime(when, sizeof(when), "%m-%d %H:%M", &tm);
	rect_cut_right(&left, r.w >= APP_WIDE ? 42 : 14);
	run_row_view(a, f, left, row);
	frame_right(f, r, 1, 0, when, app_style(a, ROLE_DIM));
	if (r.w < APP_WIDE)
		return;
	frame_printf(f, r, r.w - 41, 0, app_style(a, ROLE_TEXT), "%-8s",
		     row->risk ? row->risk : "");
	if (row->limit)
		frame_printf(f, r, r.w - 32, 0, app_style(a, ROLE_DIM),
			     "%" PRId64 "/%" PRId64, row->iteration,
			     row->limit);
	frame_printf(f, r, r.w - 25, 0, app_style(a, ROLE_DIM), "%10s",
		     clock_duration(row->updated_us - row->created_us, took));
}

/* The chosen run in one line: what it waits for or how it ended, how far it
 * got, how long it took, what it cost. */
static void
view_detail(const struct app *a, struct frame *f, struct rect r,
	    const struct run_row *row)
{
	char took[CLOCK_DURATION_SIZE];
	AUTO(buf) b = BUF_INIT;
	int x;

	buf_printf(&b, "%s", row->risk ? row->risk : "");
	if (row->limit)
		buf_printf(&b, " %" PRId64 "/%" PRId64, row->iteration,
			   row->limit);
	buf_printf(&b, "  %s  $%.4f",
		   clock_duration(row->updated_us - row->created_us, took),
		   (double)row->cost_microusd / 1e6);
	x = frame_right(f, r, 1, 0, buf_str(&b), app_style(a, ROLE_DIM));
	frame_cut(f, r, 1, 0, x - 3, row->note ? row->note : "",
		  app_style(a, ROLE_TEXT));
}

static const enum action hints[] = {
	ACTION_LIST_OPEN,   ACTION_RUNS_RESUME,  ACTION_RUNS_ABORT,
	ACTION_RUNS_FORK,   ACTION_RUNS_COMPARE, ACTION_LIST_FILTER,
	ACTION_RUNS_STATUS, ACTION_GLOBAL_BACK,  ACTION_NONE,
};

static void
view_rows(const struct runs_layer *v, const struct app *a, struct frame *f,
	  struct rect in)
{
	for (int y = 0; y < in.h; y++) {
		int64_t i = v->list.first + y;
		struct rect line = { in.x, in.y + y, in.w, 1 };
		int row = row_filter_row(&v->filter, i);

		if (row < 0)
			break;
		view_row(a, f, line, &a->runs.items[row]);
		if (strcmp(v->marked, a->runs.items[row].id) == 0)
			frame_text(f, line, 0, 0, "*", app_style(a, ROLE_KEY));
		if (i == v->list.at)
			frame_restyle(f, line, app_style(a, ROLE_SELECTED));
	}
}

static void
runs_view(struct layer *l, const struct app *a, struct frame *f, struct rect r)
{
	struct runs_layer *v = (struct runs_layer *)l;
	struct rect bottom = rect_cut_bottom(&r, 1), in, detail;
	AUTO_FREE char *title =
		xasprintf("Runs %zu%s%s%s", v->filter.count,
			  a->runs.more ? "+" : "", v->word ? ", only " : "",
			  words[v->word]);
	const struct run_row *row;

	in = frame_box(f, r, title, app_style(a, ROLE_BORDER_FOCUS),
		       app_style(a, ROLE_STRONG));
	detail = rect_cut_bottom(&in, 2);
	v->list_at = in;
	list_fit(&v->list, (int64_t)v->filter.count, in.h);
	if (!v->filter.count)
		frame_text(f, in, 1, 0, "No run is here.",
			   app_style(a, ROLE_DIM));
	view_rows(v, a, f, in);
	frame_scrollbar(f, in, v->list.first, in.h, (int64_t)v->filter.count,
			app_style(a, ROLE_BORDER));
	frame_rule(f, detail, 0, app_style(a, ROLE_BORDER));
	rect_cut_top(&detail, 1);
	row = chosen(v, a);
	if (row)
		view_detail(a, f, detail, row);
	if (!row_filter_view(&v->filter, a, f, bottom, a->top == l))
		app_keys(a, f, bottom, 1, 0, hints);
}

static void
runs_free(struct layer *l)
{
	row_filter_release(&((struct runs_layer *)l)->filter);
}

static const struct layer_class runs_class = {
	.name = "Runs",
	.contexts = { CONTEXT_RUNS, CONTEXT_LIST, CONTEXT_GLOBAL },
	.covers = true,
	.typing = runs_typing,
	.action = runs_action,
	.input = runs_input,
	.message = runs_message,
	.view = runs_view,
	.free = runs_free,
};

struct layer *
runs_new(struct app *a)
{
	struct runs_layer *v = xcalloc(1, sizeof(*v));

	v->base.class = &runs_class;
	row_filter_init(&v->filter);
	filter(v, a);
	return &v->base;
}
