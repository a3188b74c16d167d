/*
 * inbox_view.c - every open gate of every run, oldest first. Answering opens
 * the run, so that a person sees what the answer is about; simple yes and no
 * can be given in place, where the whole question is shown.
 */
#include "ui/main_view.h"
#include "ui/row_filter.h"

#include "cli/gate_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct inbox_layer {
	struct layer base;
	struct list list, text;
	struct row_filter filter; /* of the rows of app->gates */
	struct pane_lines lines;  /* the chosen gate, in words */
	char of[64];              /* which gate they are of */
	struct rect list_at, text_at;
};

static const struct gate_item *
chosen(const struct inbox_layer *v, const struct app *a)
{
	int row = row_filter_row(&v->filter, v->list.at);

	return row >= 0 ? &a->gates.items[row] : NULL;
}

static void
filter(struct inbox_layer *v, const struct app *a)
{
	row_filter_clear(&v->filter);
	for (size_t i = 0; i < a->gates.count; i++) {
		const struct gate_item *g = &a->gates.items[i];

		if (row_filter_in(&v->filter, g->title) ||
		    row_filter_in(&v->filter, g->task) ||
		    row_filter_in(&v->filter, g->run) ||
		    row_filter_in(&v->filter, gate_kind_name(g->kind)) ||
		    row_filter_in(&v->filter, risk_name(g->risk)))
			row_filter_add(&v->filter, i);
	}
}

static bool
inbox_typing(const struct layer *l)
{
	return ((const struct inbox_layer *)l)->filter.typing;
}

/* "RUN NUMBER DECISION" of a question that was answered. */
static void
on_answer(struct app *a, const char *text, bool yes)
{
	AUTO_FREE char *copy = xstrdup(text);
	char *rest = copy;
	const char *run = strsep(&rest, " ");
	const char *number = strsep(&rest, " ");
	enum decision d;
	struct ask *k;

	if (!yes || !decision_parse(rest, &d))
		return;
	k = app_ask(a, ASK_DECIDE);
	k->run = xstrdup(run);
	str_to_i64(number, 1, INT32_MAX, &k->number);
	k->decision = d;
}

/* Asks first: after an answer the next gate moves up under the key. */
static bool
answer(struct inbox_layer *v, struct app *a, enum decision d)
{
	const struct gate_item *g = chosen(v, a);
	AUTO_FREE char *question = NULL, *about = NULL;

	if (!g || !(gate_decisions(g->kind) & d) || g->kind == GATE_FORM) {
		app_note(a, false, "Open the run to answer this gate: Enter");
		return true;
	}
	question = xasprintf("%s, gate %s.%" PRId64 ": %s", decision_name(d),
			     g->run, g->number, g->title ? g->title : "");
	about = xasprintf("%s %" PRId64 " %s", g->run, g->number,
			  decision_name(d));
	app_push(a, question_new(a, question, about, on_answer));
	return true;
}

static bool
inbox_action(struct layer *l, struct app *a, enum action act)
{
	struct inbox_layer *v = (struct inbox_layer *)l;
	const struct gate_item *g = chosen(v, a);

	if (row_filter_action(&v->filter, act)) {
		filter(v, a);
		return true;
	}
	switch (act) {
	case ACTION_LIST_OPEN:
		if (g)
			app_open_run(a, g->run);
		return true;
	case ACTION_GATE_APPROVE:
		return answer(v, a, DECISION_APPROVE);
	case ACTION_GATE_RETRY:
		return answer(v, a, DECISION_RETRY);
	case ACTION_GATE_SKIP:
		return answer(v, a, DECISION_SKIP);
	case ACTION_GATE_MARK_DONE:
		return answer(v, a, DECISION_MARK_DONE);
	case ACTION_GATE_REJECT:
	case ACTION_GATE_ITERATE:
	case ACTION_GATE_DETAILS:
	case ACTION_GATE_EDIT:
		if (g)
			app_open_run(a, g->run);
		return true;
	case ACTION_LIST_LEFT:
	case ACTION_LIST_RIGHT:
		return list_action(&v->text, act == ACTION_LIST_LEFT ?
						     ACTION_LIST_UP :
						     ACTION_LIST_DOWN);
	default:
		return list_action(&v->list, act);
	}
}

static bool
inbox_input(struct layer *l, struct app *a, const struct input *in)
{
	struct inbox_layer *v = (struct inbox_layer *)l;

	if (in->kind != INPUT_MOUSE) {
		if (!row_filter_input(&v->filter, in))
			return false;
		filter(v, a);
		return true;
	}
	if (rect_has(v->text_at, in->x, in->y))
		return list_mouse(&v->text, in, in->y - v->text_at.y);
	return list_mouse(&v->list, in, in->y - v->list_at.y);
}

static void
inbox_message(struct layer *l, struct app *a, struct msg *m)
{
	struct inbox_layer *v = (struct inbox_layer *)l;

	if (m->kind != MSG_GATES)
		return;
	v->of[0] = 0;
	filter(v, a);
}

static void
tell(struct inbox_layer *v, const struct gate_item *g)
{
	AUTO_FREE char *of = xasprintf("%s.%" PRId64, g->run, g->number);
	AUTO(strv) lines = STRV_INIT;
	AUTO_FREE char *answers = gate_decisions_text(g->kind);

	if (strcmp(of, v->of) == 0)
		return;
	pane_lines_release(&v->lines);
	snprintf(v->of, sizeof(v->of), "%s", of);
	memset(&v->text, 0, sizeof(v->text));
	v->text.no_cursor = true;
	pane_add(&v->lines, ROLE_STRONG, 0, "%s", g->title ? g->title : "");
	pane_add(&v->lines, ROLE_TEXT, 0, "task: %s", g->task ? g->task : "");
	pane_add(&v->lines, ROLE_TEXT, 0, "answers: %s", answers);
	gate_text(g->kind, g->shown, "", &lines);
	for (size_t i = 0; i < lines.count; i++)
		pane_add(&v->lines, ROLE_TEXT, 0, "%s", lines.items[i]);
}

static void
view_row(const struct app *a, struct frame *f, struct rect r,
	 const struct gate_item *g)
{
	time_t at = (time_t)(g->opened_us / 1000000);
	char when[32];
	struct tm tm;

	localtime_r(&at, &tm);
	strftime(when, sizeof(when), "%m-%d %H:%M", &tm);
	frame_printf(f, r, 1, 0, app_style(a, ROLE_DIM), "%s.%" PRId64, g->run,
		     g->number);
	frame_text(f, r, 24, 0, gate_kind_name(g->kind),
		   app_style(a, ROLE_GATE));
	frame_text(f, r, 36, 0, risk_name(g->risk),
		   app_style(a, g->risk >= RISK_HIGH ? ROLE_WARN : ROLE_TEXT));
	frame_cut(f, r, 45, 0, r.w - 58, g->title ? g->title : "",
		  app_style(a, ROLE_TEXT));
	frame_right(f, r, 1, 0, when, app_style(a, ROLE_DIM));
}

static void
view_text(struct inbox_layer *v, const struct app *a, struct frame *f,
	  struct rect r)
{
	list_fit(&v->text, (int64_t)v->lines.count, r.h);
	for (int y = 0; y < r.h; y++) {
		size_t i = (size_t)v->text.first + (size_t)y;

		if (i >= v->lines.count)
			break;
		frame_cut(f, r, 1, y, r.w - 2, v->lines.items[i].text,
			  app_style(a, v->lines.items[i].role));
	}
}

static const enum action hints[] = {
	ACTION_LIST_OPEN, ACTION_GATE_APPROVE, ACTION_GATE_RETRY,
	ACTION_GATE_SKIP, ACTION_LIST_FILTER,  ACTION_GLOBAL_BACK,
	ACTION_NONE,
};

static void
inbox_view(struct layer *l, const struct app *a, struct frame *f, struct rect r)
{
	struct inbox_layer *v = (struct inbox_layer *)l;
	struct rect bottom = rect_cut_bottom(&r, 1), in, list;
	const struct gate_item *g;

	if (!row_filter_view(&v->filter, a, f, bottom, a->top == l))
		app_keys(a, f, bottom, 1, 0, hints);
	in = frame_box(f, r, "Gates that wait for you",
		       app_style(a, ROLE_BORDER_FOCUS),
		       app_style(a, ROLE_STRONG));
	list = rect_cut_top(&in, in.h / 2);
	v->list_at = list;
	v->text_at = in;
	list_fit(&v->list, (int64_t)v->filter.count, list.h);
	if (!v->filter.count)
		frame_text(f, list, 1, 0,
			   a->gates.count ? "No open gate holds that." :
					    "No gate is open.",
			   app_style(a, ROLE_DIM));
	for (int y = 0; y < list.h; y++) {
		int64_t i = v->list.first + y;
		struct rect line = { list.x, list.y + y, list.w, 1 };

		int row = row_filter_row(&v->filter, i);

		if (row < 0)
			break;
		view_row(a, f, line, &a->gates.items[row]);
		if (i == v->list.at)
			frame_restyle(f, line, app_style(a, ROLE_SELECTED));
	}
	g = chosen(v, a);
	if (!g)
		return;
	tell(v, g);
	frame_rule(f, in, 0, app_style(a, ROLE_BORDER));
	rect_cut_top(&in, 1);
	view_text(v, a, f, in);
}

static void
inbox_free(struct layer *l)
{
	struct inbox_layer *v = (struct inbox_layer *)l;

	pane_lines_release(&v->lines);
	row_filter_release(&v->filter);
}

static const struct layer_class inbox_class = {
	.name = "Inbox",
	.contexts = { CONTEXT_GATE, CONTEXT_INBOX, CONTEXT_LIST,
		      CONTEXT_GLOBAL },
	.covers = true,
	.typing = inbox_typing,
	.action = inbox_action,
	.input = inbox_input,
	.message = inbox_message,
	.view = inbox_view,
	.free = inbox_free,
};

struct layer *
inbox_new(struct app *a)
{
	struct inbox_layer *v = xcalloc(1, sizeof(*v));

	v->base.class = &inbox_class;
	row_filter_init(&v->filter);
	filter(v, a);
	return &v->base;
}
