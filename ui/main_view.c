/*
 * main_view.c - the main screen: its panes, which of them has the focus, and
 * what keys do there.
 *
 *  1. The prompt has the focus when no run is open; else the tab has it
 *     until a person goes to the prompt.
 *  2. A gate that opens on the open run turns the tab to what it is about:
 *     a plan gate to Plan, a review to Activity with its picture. When no
 *     gate is open any more it turns back, unless a person turned it.
 */
#include "ui/main_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	PROGRESS_WIDTH = 27,
	LINES_MIN = 6,
	TIME_WIDTH = 9,
	NAME_WIDTH = 20,
	TWICE_US = 400000, /* a key pressed twice */
};

static const char *const tab_names[TAB_COUNT] = {
	[TAB_ACTIVITY] = "Activity",
	[TAB_PLAN] = "Plan",
	[TAB_ARTIFACTS] = "Artifacts",
	[TAB_AGENTS] = "Agents",
	[TAB_LOG] = "Log",
};

static const enum action tab_actions[TAB_COUNT] = {
	[TAB_ACTIVITY] = ACTION_MAIN_ACTIVITY,
	[TAB_PLAN] = ACTION_MAIN_PLAN,
	[TAB_ARTIFACTS] = ACTION_MAIN_ARTIFACTS,
	[TAB_AGENTS] = ACTION_MAIN_AGENTS,
	[TAB_LOG] = ACTION_MAIN_LOG,
};

static const struct layer_class main_class;

struct layer *
main_new(struct app *a)
{
	struct main_layer *m = xcalloc(1, sizeof(*m));

	(void)a;
	m->base.class = &main_class;
	m->focus = PANE_PROMPT;
	m->plan.no_cursor = m->progress.no_cursor = true;
	prompt_init(&m->prompt);
	row_filter_init(&m->filter);
	return &m->base;
}

void
main_focus_prompt(struct layer *l, const char *line)
{
	struct main_layer *m = (struct main_layer *)l;

	m->focus = PANE_PROMPT;
	if (line)
		prompt_set(&m->prompt, line);
}

const char *
main_typed(const struct layer *l)
{
	return buf_str(&((const struct main_layer *)l)->prompt.edit.text);
}

static void
main_free(struct layer *l)
{
	struct main_layer *m = (struct main_layer *)l;

	prompt_release(&m->prompt);
	row_filter_release(&m->filter);
	pane_lines_release(&m->plan_lines);
}

static bool
is_filtering(const struct main_layer *m)
{
	return m->focus == PANE_TAB && m->filter.typing;
}

static bool
main_typing(const struct layer *l)
{
	const struct main_layer *m = (const struct main_layer *)l;

	return m->focus == PANE_PROMPT || is_filtering(m);
}

/* --- what a key does ---------------------------------------------------- */

static struct feed *
tab_feed(const struct main_layer *m, struct app *a)
{
	if (m->tab == TAB_ACTIVITY)
		return &a->feeds[FEED_ACTIVITY];
	return m->tab == TAB_LOG ? &a->feeds[FEED_LOG] : NULL;
}

/* The list that the focus is on; NULL when it is a feed's. */
static struct list *
focus_list(struct main_layer *m, const struct app *a)
{
	if (!a->state)
		return &m->home;
	if (m->focus == PANE_PROGRESS)
		return &m->progress;
	if (m->tab == TAB_PLAN)
		return &m->plan;
	if (m->tab == TAB_AGENTS)
		return &m->agents;
	return m->tab == TAB_ARTIFACTS ? &m->artifacts : NULL;
}

/* Lines are broken where they are read, so another width reads them anew. */
static void
fit_feeds(struct main_layer *m, struct app *a)
{
	int side = a->width < APP_WIDE || m->zoomed ? 0 : PROGRESS_WIDTH;
	int columns = a->width - side - 2 - TIME_WIDTH - 1;

	if (columns == a->feeds[FEED_ACTIVITY].columns || columns < 20)
		return;
	for (int i = 0; i < 2; i++) {
		a->feeds[i].columns = columns;
		a->feeds[i].fresh = a->state != NULL;
		a->feeds[i].asked = false;
	}
	app_want(a, FEED_ACTIVITY);
	if (m->tab == TAB_LOG)
		app_want(a, FEED_LOG);
}

static bool
open_chosen(struct main_layer *m, struct app *a)
{
	int at;

	if (!a->state) {
		at = main_filter_row(m, a, m->home.at);
		if (at >= 0)
			app_open_run(a, a->runs.items[at].id);
		return true;
	}
	if (m->tab == TAB_AGENTS) {
		agents_open(m, a);
		return true;
	}
	at = m->tab == TAB_ARTIFACTS ? main_filter_row(m, a, m->artifacts.at) :
				       artifacts_picture(a->state, m->picture);
	if (at < 0)
		return false;
	app_push(a, artifact_new(a, (size_t)at));
	return true;
}

static bool
list_key(struct main_layer *m, struct app *a, enum action act)
{
	struct list *l = focus_list(m, a);
	struct feed *f = tab_feed(m, a);

	if (act == ACTION_LIST_OPEN)
		return open_chosen(m, a);
	if (l)
		return list_action(l, act);
	if (act == ACTION_LIST_TOP || act == ACTION_LIST_BOTTOM)
		feed_jump(f, act == ACTION_LIST_BOTTOM);
	else if (!list_action(&f->list, act))
		return false;
	app_want(a, m->tab == TAB_LOG ? FEED_LOG : FEED_ACTIVITY);
	return true;
}

static void
show_tab(struct main_layer *m, struct app *a, enum main_tab tab)
{
	m->tab = tab;
	if (m->focus == PANE_PROGRESS)
		m->focus = PANE_TAB;
	if (tab == TAB_LOG)
		app_want(a, FEED_LOG);
}

static void
next_pane(struct main_layer *m, const struct app *a, int by)
{
	do
		m->focus = (enum main_pane)((m->focus + PANE_COUNT + by) %
					    PANE_COUNT);
	while (m->focus == PANE_PROGRESS &&
	       (!a->state || a->width < APP_WIDE || m->zoomed));
}

static void
resume(struct app *a)
{
	if (!a->state || a->state->ended)
		app_note(a, true, "There is no run here to go on with");
	else if (a->own)
		app_note(a, false, "This run is under way here");
	else
		app_ask(a, ASK_RESUME)->run = xstrdup(a->state->id);
}

static void
on_abort_answer(struct app *a, const char *run, bool yes)
{
	if (yes)
		app_ask(a, ASK_ABORT)->run = xstrdup(run);
}

void
main_ask_abort(struct app *a, const char *run)
{
	AUTO_FREE char *q = xasprintf("End run %s? What is done is kept, and "
				      "learn still runs.",
				      run);

	app_push(a, question_new(a, q, run, on_abort_answer));
}

static bool
main_key(struct main_layer *m, struct app *a, enum action act)
{
	switch (act) {
	case ACTION_MAIN_NEXT_PANE:
		next_pane(m, a, 1);
		return true;
	case ACTION_MAIN_PREV_PANE:
		next_pane(m, a, -1);
		return true;
	case ACTION_MAIN_ACTIVITY:
		show_tab(m, a, TAB_ACTIVITY);
		return true;
	case ACTION_MAIN_PLAN:
		show_tab(m, a, TAB_PLAN);
		return true;
	case ACTION_MAIN_ARTIFACTS:
		show_tab(m, a, TAB_ARTIFACTS);
		return true;
	case ACTION_MAIN_AGENTS:
		show_tab(m, a, TAB_AGENTS);
		return true;
	case ACTION_MAIN_LOG:
		show_tab(m, a, TAB_LOG);
		return true;
	case ACTION_MAIN_FILTER:
		m->focus = PANE_TAB;
		m->filter.typing = true;
		return true;
	case ACTION_MAIN_ZOOM:
		m->zoomed = !m->zoomed;
		fit_feeds(m, a);
		return true;
	case ACTION_MAIN_RESUME:
		resume(a);
		return true;
	case ACTION_MAIN_ABORT:
		if (a->state && !a->state->ended)
			main_ask_abort(a, a->state->id);
		return true;
	case ACTION_ARTIFACT_PREV:
	case ACTION_ARTIFACT_NEXT:
		m->picture += act == ACTION_ARTIFACT_PREV ? 1 : -1;
		if (m->picture < 0 ||
		    artifacts_picture(a->state, m->picture) < 0)
			m->picture -= act == ACTION_ARTIFACT_PREV ? 1 : -1;
		return true;
	default:
		return false;
	}
}

static bool
main_action(struct layer *l, struct app *a, enum action act)
{
	struct main_layer *m = (struct main_layer *)l;
	enum context c = action_row(act)->context;

	if (m->focus == PANE_PROMPT) {
		if (c == CONTEXT_PROMPT && prompt_action(&m->prompt, a, act))
			return true;
		if (act == ACTION_PROMPT_LEAVE)
			m->focus = PANE_TAB;
		return act == ACTION_PROMPT_LEAVE ||
		       (c == CONTEXT_MAIN && main_key(m, a, act));
	}
	/* What is typed into the filter is no answer to a gate. */
	if (c == CONTEXT_PROMPT || (is_filtering(m) && c == CONTEXT_GATE))
		return false;
	if (act != ACTION_LIST_FILTER && m->focus == PANE_TAB &&
	    row_filter_action(&m->filter, act)) {
		main_filter_changed(m, a);
		return true;
	}
	if (act == ACTION_GLOBAL_BACK && a->state) {
		app_ask(a, ASK_OPEN_RUN);
		return true;
	}
	return (c == CONTEXT_GATE && gate_action(a, act)) ||
	       agents_action(m, a, act) || main_key(m, a, act) ||
	       (c == CONTEXT_LIST && list_key(m, a, act));
}

/* The tab whose name is at column x of the screen. */
static enum main_tab
tab_under(const struct main_layer *m, int x)
{
	int tab = 0;

	while (tab + 1 < TAB_COUNT && x >= m->tab_x[tab + 1])
		tab++;
	return (enum main_tab)tab;
}

static bool
on_mouse(struct main_layer *m, struct app *a, const struct input *in)
{
	struct list *l = focus_list(m, a);
	struct feed *f = tab_feed(m, a);

	if (in->mouse == INPUT_PRESS && rect_has(m->prompt_at, in->x, in->y))
		m->focus = PANE_PROMPT;
	if (in->mouse == INPUT_PRESS && a->state &&
	    rect_has(m->tabs_at, in->x, in->y))
		show_tab(m, a, tab_under(m, in->x));
	if (in->mouse == INPUT_PRESS && a->state &&
	    rect_has(m->tab_at, in->x, in->y))
		m->focus = PANE_TAB;
	if (!rect_has(m->tab_at, in->x, in->y))
		return false;
	if (l)
		return list_mouse(l, in, in->y - m->tab_at.y);
	if (f && list_mouse(&f->list, in, in->y - m->tab_at.y))
		app_want(a, m->tab == TAB_LOG ? FEED_LOG : FEED_ACTIVITY);
	return true;
}

static bool
main_input(struct layer *l, struct app *a, const struct input *in)
{
	struct main_layer *m = (struct main_layer *)l;

	if (in->kind == INPUT_MOUSE)
		return on_mouse(m, a, in);
	if (is_filtering(m)) {
		if (row_filter_input(&m->filter, in))
			main_filter_changed(m, a);
		return true;
	}
	if (in->kind == INPUT_PASTE)
		m->focus = PANE_PROMPT;
	return m->focus == PANE_PROMPT && prompt_input(&m->prompt, a, in);
}

/* --- messages ----------------------------------------------------------- */

void
main_answered(struct app *a, int gate)
{
	struct main_layer *m = (struct main_layer *)app_layer(a, &main_class);

	m->gate_answered = gate;
	m->answered_us = a->now_us;
}

bool
main_too_soon(struct app *a, int gate)
{
	const struct main_layer *m =
		(struct main_layer *)app_layer(a, &main_class);

	if (!m->answered_us || m->gate_answered == gate ||
	    a->now_us - m->answered_us > TWICE_US)
		return false;
	app_note(a, false, "This is another gate: look at it first");
	return true;
}

/* The gate on screen was closed by another terminal, script or option. */
static void
tell_closed(const struct main_layer *m, struct app *a)
{
	const struct gate_state *g;

	if (m->gate_shown < 1 || !a->state ||
	    (size_t)m->gate_shown > a->state->gate_count ||
	    m->gate_shown == m->gate_answered)
		return;
	g = &a->state->gates[m->gate_shown - 1];
	if (!g->open)
		app_note(a, false,
			 "Gate %d was answered elsewhere: %s by %s%s%s",
			 g->number, decision_name(g->decision),
			 g->by ? g->by : "somebody", g->comment ? ": " : "",
			 g->comment ? g->comment : "");
}

static void
on_new_gate(struct main_layer *m, struct app *a)
{
	const struct gate_state *g = app_gate(a);

	if (!g || g->number != m->gate_shown)
		tell_closed(m, a);
	if (!g) {
		if (m->gate_shown && m->tab == m->tab_of_gate)
			show_tab(m, a, m->tab_before);
		m->gate_shown = 0;
		return;
	}
	if (g->number == m->gate_shown)
		return;
	if (!m->gate_shown)
		m->tab_before = m->tab;
	m->gate_shown = g->number;
	m->picture = 0;
	m->focus = PANE_TAB;
	m->tab_of_gate = g->kind == GATE_PLAN ? TAB_PLAN : TAB_ACTIVITY;
	m->tab = m->tab_of_gate;
}

static void
main_message(struct layer *l, struct app *a, struct msg *m)
{
	struct main_layer *self = (struct main_layer *)l;

	if (m->kind == MSG_RESIZE)
		fit_feeds(self, a);
	if (m->kind == MSG_RUN) {
		self->gate_shown = 0;
		self->picture = 0;
		main_filter_end(self, a);
		self->tab = TAB_ACTIVITY;
		self->focus = m->state ? PANE_TAB : PANE_PROMPT;
		a->feeds[FEED_LOG].fresh = m->state != NULL;
		a->feeds[FEED_ACTIVITY].fresh = m->state != NULL;
		app_want(a, FEED_ACTIVITY);
	}
	if (m->kind == MSG_RUN || m->kind == MSG_STATE)
		on_new_gate(self, a);
	if (m->kind == MSG_EDITED)
		gate_edited(a, m);
	prompt_message(&self->prompt, a, m);
}

/* --- view --------------------------------------------------------------- */

static enum role
line_role(enum tell_kind k)
{
	static const enum role roles[] = {
		[TELL_PLAIN] = ROLE_TEXT, [TELL_HEADING] = ROLE_HEADING,
		[TELL_DETAIL] = ROLE_DIM, [TELL_GOOD] = ROLE_GOOD,
		[TELL_BAD] = ROLE_BAD,    [TELL_GATE] = ROLE_WARN,
	};

	return roles[k];
}

static void
view_feed(const struct app *a, struct feed *d, struct frame *f, struct rect r)
{
	list_fit(&d->list, (int64_t)d->lines.count, r.h);
	for (int y = 0; y < r.h; y++) {
		size_t i = (size_t)d->list.first + (size_t)y;
		const struct feed_line *l;
		char at[16];
		time_t t;
		struct tm tm;

		if (i >= d->lines.count)
			break;
		l = &d->lines.items[i];
		t = (time_t)(l->ts_us / 1000000);
		localtime_r(&t, &tm);
		snprintf(at, sizeof(at), "%02d:%02d:%02d", tm.tm_hour,
			 tm.tm_min, tm.tm_sec);
		if (!i || d->lines.items[i - 1].seq != l->seq)
			frame_text(f, r, 0, y, at, app_style(a, ROLE_DIM));
		frame_cut(f, r, TIME_WIDTH, y, r.w - TIME_WIDTH - 1, l->text,
			  app_style(a, line_role(l->kind)));
	}
	frame_scrollbar(f, r, d->list.first, r.h, (int64_t)d->lines.count,
			app_style(a, ROLE_BORDER));
}

static void
view_lines(const struct app *a, struct list *list,
	   const struct pane_lines *lines, struct frame *f, struct rect r)
{
	list_fit(list, (int64_t)lines->count, r.h);
	for (int y = 0; y < r.h; y++) {
		size_t i = (size_t)list->first + (size_t)y;
		const struct pane_line *l;
		int w = 0;

		if (i >= lines->count)
			break;
		l = &lines->items[i];
		if (*l->note) {
			w = text_width(l->note) + 1;
			frame_right(f, r, 0, y, l->note,
				    app_style(a, ROLE_DIM));
		}
		frame_cut(f, r, l->indent, y, r.w - l->indent - w, l->text,
			  app_style(a, l->role));
	}
	frame_scrollbar(f, r, list->first, r.h, (int64_t)lines->count,
			app_style(a, ROLE_BORDER));
}

/* What the agent says that said something last, below what happened. */
static void
view_arriving(const struct app *a, struct frame *f, struct rect *r)
{
	const struct agent_state *g = arriving_newest(&a->arriving, a->state);
	AUTO_FREE char *name = NULL, *line = NULL;
	struct rect row;

	if (!g || r->h < LINES_MIN)
		return;
	row = rect_cut_bottom(r, 1);
	name = run_agent_name(a->state, g);
	rect_cut_left(&row, TIME_WIDTH);
	frame_cut(f, row, 0, 0, NAME_WIDTH, name, app_style(a, ROLE_STRONG));
	rect_cut_left(&row, NAME_WIDTH + 1);
	line = arriving_line(arriving_text(&a->arriving, a->state, g),
			     row.w - 1);
	frame_cut(f, row, 0, 0, row.w - 1, line, app_style(a, ROLE_RUN));
}

static void
view_activity(struct main_layer *m, struct app *a, struct frame *f,
	      struct rect r)
{
	int picture = artifacts_picture(a->state, m->picture);
	int rows = r.h * 2 / 3;

	if (picture >= 0 && r.h - rows < LINES_MIN)
		rows = r.h - LINES_MIN;
	if (picture >= 0 && rows > 6) {
		struct rect p = rect_cut_bottom(&r, rows);

		frame_rule(f, (struct rect){ p.x, p.y, p.w, 1 }, 0,
			   app_style(a, ROLE_BORDER));
		rect_cut_top(&p, 1);
		picture_panel(a, f, p, (size_t)picture);
	}
	view_arriving(a, f, &r);
	m->tab_at = r;
	view_feed(a, &a->feeds[FEED_ACTIVITY], f, r);
}

static void
view_plan(struct main_layer *m, struct app *a, struct frame *f, struct rect r)
{
	if (m->plan_of != a->state || m->plan_seq != a->state->seq ||
	    m->plan_columns != r.w - 1) {
		m->plan_columns = r.w - 1;
		pane_lines_release(&m->plan_lines);
		plan_lines(a->state, m->plan_columns, &m->plan_lines);
		main_filter_lines(m, &m->plan_lines);
		m->plan_of = a->state;
		m->plan_seq = a->state->seq;
	}
	view_lines(a, &m->plan, &m->plan_lines, f, r);
}

/* The tabs in the upper edge, each after its key, the shown one marked. */
static void
view_tabs(struct main_layer *m, const struct app *a, struct frame *f,
	  struct rect r)
{
	int x = r.w - 2, left;

	for (int i = 0; i < TAB_COUNT; i++)
		x -= text_width(keymap_key(a->keys, tab_actions[i])) +
		     text_width(tab_names[i]) + 3;
	left = x;
	for (int i = 0; i < TAB_COUNT; i++) {
		bool shown = i == (int)m->tab;
		AUTO_FREE char *name =
			xasprintf(shown ? "[%s]" : " %s ", tab_names[i]);

		m->tab_x[i] = r.x + x;
		x = frame_text(f, r, x, 0, keymap_key(a->keys, tab_actions[i]),
			       app_style(a, ROLE_KEY));
		x = frame_text(f, r, x, 0, name,
			       app_style(a, shown ? ROLE_STRONG : ROLE_DIM));
		x++;
	}
	x = left;
	m->tabs_at = (struct rect){ r.x + x, r.y, r.w - x, 1 };
}

static void
view_tab(struct main_layer *m, struct app *a, struct frame *f, struct rect r)
{
	bool focus = m->focus == PANE_TAB;
	const char *title = "agentops";
	struct rect in;

	if (a->state)
		title = a->state->phase ? phase_name(a->state->phase) :
					  "created";
	in = frame_box(f, r, title,
		       app_style(a, focus ? ROLE_BORDER_FOCUS : ROLE_BORDER),
		       app_style(a, ROLE_STRONG));
	main_filter_view(m, a, f, &in);
	m->tab_at = in;
	if (!a->state) {
		home_view(m, a, f, in);
		return;
	}
	view_tabs(m, a, f, r);
	switch (m->tab) {
	case TAB_PLAN:
		view_plan(m, a, f, in);
		break;
	case TAB_ARTIFACTS:
		artifacts_view(m, a, f, in);
		break;
	case TAB_AGENTS:
		agents_view(m, a, f, in);
		break;
	case TAB_LOG:
		view_feed(a, &a->feeds[FEED_LOG], f, in);
		break;
	default:
		view_activity(m, a, f, in);
	}
}

static void
view_progress(struct main_layer *m, const struct app *a, struct frame *f,
	      struct rect *r)
{
	struct pane_lines lines = { 0 };
	struct rect pane;

	if (!a->state || m->zoomed)
		return;
	if (r->w < APP_WIDE) {
		AUTO_FREE char *strip = progress_strip(a, f);

		pane = rect_cut_top(r, 1);
		frame_cut(f, pane, 1, 0, pane.w - 2, strip,
			  app_style(a, ROLE_TEXT));
		return;
	}
	pane = rect_cut_left(r, PROGRESS_WIDTH);
	pane = frame_box(f, pane, "Progress",
			 app_style(a, m->focus == PANE_PROGRESS ?
					      ROLE_BORDER_FOCUS :
					      ROLE_BORDER),
			 app_style(a, ROLE_STRONG));
	m->progress_at = pane;
	progress_lines(a, f, &lines);
	view_lines(a, &m->progress, &lines, f, pane);
	pane_lines_release(&lines);
}

static const enum action hints[] = {
	ACTION_GLOBAL_COMMAND, ACTION_MAIN_NEXT_PANE,  ACTION_GLOBAL_RUNS,
	ACTION_GLOBAL_INBOX,   ACTION_GLOBAL_PATTERNS, ACTION_GLOBAL_PALETTE,
	ACTION_GLOBAL_HELP,    ACTION_GLOBAL_LEAVE,    ACTION_NONE,
};
/* A run that nobody carries on. */
static const enum action parked_hints[] = {
	ACTION_MAIN_RESUME, ACTION_GLOBAL_COMMAND, ACTION_MAIN_NEXT_PANE,
	ACTION_GLOBAL_RUNS, ACTION_GLOBAL_INBOX,   ACTION_GLOBAL_PALETTE,
	ACTION_GLOBAL_HELP, ACTION_GLOBAL_LEAVE,   ACTION_NONE,
};
static const enum action agent_hints[] = {
	ACTION_MAIN_SAY,    ACTION_MAIN_PAUSE,   ACTION_MAIN_WITHDRAW,
	ACTION_LIST_OPEN,   ACTION_MAIN_FILTER,  ACTION_MAIN_NEXT_PANE,
	ACTION_GLOBAL_HELP, ACTION_GLOBAL_LEAVE, ACTION_NONE,
};
static const enum action prompt_hints[] = {
	ACTION_PROMPT_ACCEPT,  ACTION_PROMPT_COMPLETE,
	ACTION_PROMPT_SEARCH,  ACTION_PROMPT_OLDER,
	ACTION_GLOBAL_PALETTE, ACTION_PROMPT_LEAVE,
	ACTION_GLOBAL_QUIT,    ACTION_NONE,
};

static void
view_note(struct main_layer *m, const struct app *a, struct frame *f,
	  struct rect r)
{
	if (a->note)
		frame_cut(f, r, 1, 0, r.w - 2, a->note,
			  app_style(a, a->note_error ? ROLE_BAD : ROLE_TEXT));
	else
		app_keys(a, f, r, 1, 0,
			 m->focus == PANE_PROMPT ? prompt_hints :
			 m->tab == TAB_AGENTS && a->state && main_goes_on(a) ?
						   agent_hints :
			 a->state && !a->state->ended && !app_gate(a) &&
					 !main_goes_on(a) ?
						   parked_hints :
						   hints);
}

static void
main_view(struct layer *l, const struct app *ca, struct frame *f, struct rect r)
{
	struct main_layer *m = (struct main_layer *)l;
	struct app *a = (struct app *)ca; /* its feeds' lists are fitted */
	int gate = gate_bar_rows(a);

	title_view(a, f, rect_cut_top(&r, 1));
	m->prompt_at = rect_cut_bottom(&r, prompt_rows(&m->prompt, a, r.w));
	prompt_view(&m->prompt, a, f, m->prompt_at,
		    m->focus == PANE_PROMPT && a->top == l);
	view_note(m, a, f, rect_cut_bottom(&r, 1));
	m->gate_at = rect_cut_bottom(&r, gate);
	if (gate)
		gate_bar_view(a, f, m->gate_at);
	view_progress(m, a, f, &r);
	view_tab(m, a, f, r);
}

static const struct layer_class main_class = {
	.name = "agentops",
	.contexts = { CONTEXT_PROMPT, CONTEXT_GATE, CONTEXT_MAIN,
		      CONTEXT_ARTIFACT, CONTEXT_LIST, CONTEXT_GLOBAL },
	.covers = true,
	.typing = main_typing,
	.action = main_action,
	.input = main_input,
	.message = main_message,
	.view = main_view,
	.free = main_free,
};
