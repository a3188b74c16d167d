/*
 * app.c - the model's update and the layer stack.
 *
 *  1. top is never NULL; the last layer of the stack is the main screen.
 *  2. A key goes to the top layer alone, as the actions that it means in the
 *     layer's contexts, then as raw input, then as a global action.
 *  3. Only rows taken from messages are owned; the open run's state is the
 *     client's and is valid until the next MSG_RUN.
 *  4. A feed's lines are consecutive events; what does not join them (an
 *     answer that came late) is dropped.
 */
#include "ui/app.h"

#include "base/json.h"
#include "cli/slash.h"
#include "ui/feed.h"
#include "ui/open.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- rows -------------------------------------------------------------- */

void
run_rows_release(struct run_rows *r)
{
	for (size_t i = 0; i < r->count; i++) {
		struct run_row *row = &r->items[i];

		free(row->id);
		free(row->task);
		free(row->workspace);
		free(row->pattern);
		free(row->status);
		free(row->phase);
		free(row->note);
		free(row->risk);
	}
	free(r->items);
	memset(r, 0, sizeof(*r));
}

void
gate_items_release(struct gate_items *g)
{
	for (size_t i = 0; i < g->count; i++) {
		free(g->items[i].run);
		free(g->items[i].step);
		free(g->items[i].title);
		free(g->items[i].shown);
		free(g->items[i].task);
	}
	free(g->items);
	memset(g, 0, sizeof(*g));
}

void
asks_release(struct asks *a)
{
	for (size_t i = 0; i < a->count; i++) {
		free(a->items[i].run);
		free(a->items[i].text);
		free(a->items[i].more);
		free(a->items[i].values);
	}
	free(a->items);
	memset(a, 0, sizeof(*a));
}

/* --- the app ----------------------------------------------------------- */

struct app *
app_new(const struct theme *t, const struct keymap *k,
	const struct term_caps *caps)
{
	struct app *a = xcalloc(1, sizeof(*a));

	a->theme = t;
	a->keys = k;
	a->caps = caps;
	for (int i = 0; i < 2; i++)
		feed_init(&a->feeds[i]);
	a->top = main_new(a);
	return a;
}

static void
free_layer(struct layer *l)
{
	if (l->class->free)
		l->class->free(l);
	free(l);
}

void
app_free(struct app *a)
{
	while (a->top) {
		struct layer *below = a->top->below;

		free_layer(a->top);
		a->top = below;
	}
	asks_release(&a->asks);
	run_rows_release(&a->runs);
	gate_items_release(&a->gates);
	for (int i = 0; i < 2; i++)
		feed_release(&a->feeds[i]);
	strv_release(&a->history);
	form_drafts_release(&a->drafts);
	arrivings_release(&a->arriving);
	free(a->run_dir);
	free(a->note);
	free(a);
}

void
app_push(struct app *a, struct layer *l)
{
	l->below = a->top;
	a->top = l;
}

void
app_pop(struct app *a)
{
	struct layer *l = a->top;

	if (!l->below)
		return;
	a->top = l->below;
	free_layer(l);
}

struct layer *
app_layer(const struct app *a, const struct layer_class *c)
{
	struct layer *l = a->top;

	while (l && l->class != c)
		l = l->below;
	return l;
}

struct ask *
app_ask(struct app *a, enum ask_kind kind)
{
	struct asks *e = &a->asks;

	GROW(e->items, e->count, e->cap);
	memset(&e->items[e->count], 0, sizeof(*e->items));
	e->items[e->count].kind = kind;
	return &e->items[e->count++];
}

int64_t
app_ticket(struct app *a)
{
	return ++a->last_ticket;
}

void
app_note(struct app *a, bool error, const char *fmt, ...)
{
	va_list ap;

	free(a->note);
	va_start(ap, fmt);
	a->note = xvasprintf(fmt, ap);
	va_end(ap);
	a->note_error = error;
}

struct style
app_style(const struct app *a, enum role r)
{
	return theme_style(a->theme, r);
}

int
app_keys(const struct app *a, struct frame *f, struct rect r, int x, int y,
	 const enum action *actions)
{
	for (int i = 0; actions[i] != ACTION_NONE; i++) {
		const char *key = keymap_key(a->keys, actions[i]);
		const char *name = action_row(actions[i])->name;
		int w = text_width(key) + 1 + text_width(name);

		if (!*key)
			continue;
		if (x + w > r.w)
			break;
		x = frame_text(f, r, x, y, key, app_style(a, ROLE_KEY));
		x = frame_text(f, r, x + 1, y, name, app_style(a, ROLE_DIM));
		x += 2;
	}
	return x;
}

const struct gate_state *
app_gate(const struct app *a)
{
	return a->state ? run_open_gate(a->state) : NULL;
}

/* --- commands ---------------------------------------------------------- */

void
app_open_run(struct app *a, const char *id)
{
	while (a->top->below)
		app_pop(a);
	app_ask(a, ASK_OPEN_RUN)->run = xstrdup(id);
}

static void
remember_line(struct app *a, const char *line)
{
	const struct strv *h = &a->history;

	if (h->count && strcmp(h->items[h->count - 1], line) == 0)
		return;
	strv_add(&a->history, line);
	app_ask(a, ASK_HISTORY)->text = xstrdup(line);
}

void
app_command(struct app *a, const char *line)
{
	struct err err = ERR_INIT;

	if (!line[strspn(line, " \t\n")])
		return;
	remember_line(a, line);
	if (!open_command(a, line, &err))
		app_note(a, true, "%s", err.msg);
}

void
app_prompt(struct app *a, const char *line)
{
	while (a->top->below)
		app_pop(a);
	main_focus_prompt(a->top, line);
}

/* --- global actions ---------------------------------------------------- */

static bool
any_live(const struct app *a)
{
	/* Of the open run more is known than the rows tell yet. */
	for (size_t i = 0; i < a->runs.count; i++)
		if (a->state && strcmp(a->runs.items[i].id, a->state->id) == 0 ?
			    a->own :
			    a->runs.items[i].own)
			return true;
	return false;
}

static void
on_quit_answer(struct app *a, const char *text, bool yes)
{
	(void)text;
	if (yes)
		app_ask(a, ASK_QUIT);
}

/* They end, learn, and then the app is left: on_live. */
static void
on_quit_abort(struct app *a, const char *text, bool yes)
{
	(void)text;
	(void)yes;
	for (size_t i = 0; i < a->runs.count; i++)
		if (a->runs.items[i].own) {
			struct ask *k = app_ask(a, ASK_ABORT);

			k->run = xstrdup(a->runs.items[i].id);
			k->text = xstrdup("ended when the app was left");
		}
	a->leaving = true;
	app_note(a, false, "Ending what runs, then leaving ...");
}

/* What was waited for has ended. */
static void
on_live(struct app *a)
{
	if (!a->leaving || any_live(a))
		return;
	a->leaving = false;
	app_ask(a, ASK_QUIT);
}

static void
act_quit(struct app *a)
{
	static const char question[] =
		"A run is under way. Park it and leave? It goes on where it "
		"was with agentops resume. Abort ends it for good.";
	/* Asked for again instead of an answer: that is one. */
	bool again = question_is(a->top, on_quit_answer);

	if (!again && any_live(a)) {
		app_push(a, question_abort(question_new(a, question, "",
							on_quit_answer),
					   on_quit_abort));
		return;
	}
	if (again)
		app_pop(a);
	app_ask(a, ASK_QUIT);
}

static void
act_back(struct app *a)
{
	app_pop(a);
}

static void
act_leave(struct app *a)
{
	if (a->top->below)
		app_pop(a);
	else
		act_quit(a);
}

static void
act_help(struct app *a)
{
	app_push(a, help_new(a));
}

static void
act_palette(struct app *a)
{
	app_push(a, palette_new(a));
}

static void
act_runs(struct app *a)
{
	app_push(a, runs_new(a));
}

static void
act_inbox(struct app *a)
{
	app_push(a, inbox_new(a));
}

static void
act_patterns(struct app *a)
{
	app_push(a, patterns_new(a, NULL));
}

static void
act_value(struct app *a)
{
	app_push(a, value_new(a, NULL));
}

static void
act_templates(struct app *a)
{
	app_push(a, templates_new(a, NULL));
}

/* The newest picture of the run, else its newest artifact. */
static void
act_artifact(struct app *a)
{
	const struct run_state *s = a->state;
	size_t at = s ? s->artifact_count : 0;

	if (!at) {
		app_note(a, false, "This run has made nothing yet");
		return;
	}
	at--;
	for (size_t i = s->artifact_count; i > 0; i--)
		if (s->artifacts[i - 1].width) {
			at = i - 1;
			break;
		}
	app_push(a, artifact_new(a, at));
}

static void
act_interrupt(struct app *a)
{
	if (a->state && a->own && run_busy(a->state)) {
		app_ask(a, ASK_PARK)->run = xstrdup(a->state->id);
		app_note(a, false,
			 "Stopping what runs; the run is parked. "
			 "Once more leaves.");
		return;
	}
	act_quit(a);
}

static void
act_suspend(struct app *a)
{
	app_ask(a, ASK_SUSPEND);
}

static void
act_redraw(struct app *a)
{
	app_ask(a, ASK_REDRAW);
}

static void
act_command(struct app *a)
{
	app_prompt(a, NULL);
}

/* What was typed already stays. */
static void
act_slash(struct app *a)
{
	app_prompt(a, NULL);
	if (!*main_typed(a->top))
		app_prompt(a, "/");
}

static void (*const globals[ACTION_COUNT])(struct app *) = {
	[ACTION_GLOBAL_HELP] = act_help,
	[ACTION_GLOBAL_PALETTE] = act_palette,
	[ACTION_GLOBAL_RUNS] = act_runs,
	[ACTION_GLOBAL_INBOX] = act_inbox,
	[ACTION_GLOBAL_PATTERNS] = act_patterns,
	[ACTION_GLOBAL_VALUE] = act_value,
	[ACTION_GLOBAL_TEMPLATES] = act_templates,
	[ACTION_GLOBAL_ARTIFACT] = act_artifact,
	[ACTION_GLOBAL_BACK] = act_back,
	[ACTION_GLOBAL_LEAVE] = act_leave,
	[ACTION_GLOBAL_QUIT] = act_quit,
	[ACTION_GLOBAL_INTERRUPT] = act_interrupt,
	[ACTION_GLOBAL_SUSPEND] = act_suspend,
	[ACTION_GLOBAL_REDRAW] = act_redraw,
	[ACTION_GLOBAL_COMMAND] = act_command,
	[ACTION_GLOBAL_SLASH] = act_slash,
};

/* --- input ------------------------------------------------------------- */

static bool
is_printable(const struct input *in)
{
	if (in->kind == INPUT_PASTE)
		return true;
	return in->kind == INPUT_KEY &&
	       !(in->mods & (INPUT_CTRL | INPUT_ALT)) &&
	       (in->key < INPUT_KEY_FIRST || in->key == INPUT_SPACE);
}

bool
app_act(struct app *a, enum action act)
{
	struct layer *l = a->top;

	if (l->class->action && l->class->action(l, a, act))
		return true;
	if (!globals[act])
		return false;
	globals[act](a);
	return true;
}

static void
on_key(struct app *a, const struct input *in)
{
	struct layer *l = a->top;
	const struct layer_class *c = l->class;
	bool text = is_printable(in) && c->typing && c->typing(l);

	for (int i = 0; !text && i < LAYER_CONTEXTS; i++) {
		enum action act = keymap_find_in(a->keys, c->contexts[i], in);

		if (act != ACTION_NONE && app_act(a, act))
			return;
		if (c->contexts[i] == CONTEXT_GLOBAL)
			break;
	}
	if (c->input)
		c->input(l, a, in);
}

static void
on_input(struct app *a, struct msg *m)
{
	struct layer *l = a->top;

	if (m->in->kind == INPUT_KEY) {
		free(TAKE(a->note));
		on_key(a, m->in);
	} else if (l->class->input) {
		l->class->input(l, a, m->in);
	}
}

/* --- messages ---------------------------------------------------------- */

static void
on_resize(struct app *a, struct msg *m)
{
	a->width = m->width;
	a->height = m->height;
}

static void
on_runs(struct app *a, struct msg *m)
{
	run_rows_release(&a->runs);
	a->runs = *m->runs;
	memset(m->runs, 0, sizeof(*m->runs));
	on_live(a);
}

static void
on_gates(struct app *a, struct msg *m)
{
	gate_items_release(&a->gates);
	a->gates = *m->gates;
	memset(m->gates, 0, sizeof(*m->gates));
}

static void
on_run(struct app *a, struct msg *m)
{
	/* What shows of the run before may point into its state. */
	while (a->top->below)
		app_pop(a);
	arrivings_release(&a->arriving);
	a->state = m->state;
	a->own = m->own;
	free(a->run_dir);
	a->run_dir = xstrdup0(m->run_dir);
	a->context_tokens = m->context_tokens;
	for (int i = 0; i < 2; i++) {
		int columns = a->feeds[i].columns;

		feed_release(&a->feeds[i]);
		feed_init(&a->feeds[i]);
		a->feeds[i].columns = columns;
	}
}

static void
on_state(struct app *a, struct msg *m)
{
	a->own = m->own;
	on_live(a);
}

static void
on_arriving(struct app *a, struct msg *m)
{
	arrivings_take(&a->arriving, m->arriving);
}

void
app_want(struct app *a, enum feed_kind which)
{
	enum feed_at where;
	int64_t seq;

	if (a->state && feed_want(&a->feeds[which], &where, &seq)) {
		struct ask *k = app_ask(a, ASK_FEED);

		k->run = xstrdup(a->state->id);
		k->which = which;
		k->where = where;
		k->number = seq;
	}
}

/* What it took may not fill the pane; what it could not take would come
 * again. */
static void
on_feed(struct app *a, struct msg *m)
{
	bool joined = feed_take(&a->feeds[m->which], m);

	if (joined && m->where != FEED_TAIL)
		app_want(a, m->which);
}

static void
on_note(struct app *a, struct msg *m)
{
	app_note(a, m->error, "%s", buf_str(m->text));
}

static void (*const handlers[])(struct app *, struct msg *) = {
	[MSG_INPUT] = on_input,       [MSG_RESIZE] = on_resize,
	[MSG_RUNS] = on_runs,         [MSG_GATES] = on_gates,
	[MSG_RUN] = on_run,           [MSG_STATE] = on_state,
	[MSG_ARRIVING] = on_arriving, [MSG_FEED] = on_feed,
	[MSG_NOTE] = on_note,         [MSG_FILES] = NULL,
};

void
app_update(struct app *a, struct msg *m)
{
	a->now_us = m->now_us;
	if (m->kind < ARRAY_LEN(handlers) && handlers[m->kind])
		handlers[m->kind](a, m);
	if (m->kind == MSG_INPUT)
		return;
	for (struct layer *l = a->top, *below; l; l = below) {
		below = l->below;
		if (l->class->message)
			l->class->message(l, a, m);
	}
}

/* --- view -------------------------------------------------------------- */

static void
view_too_small(const struct app *a, struct frame *f)
{
	struct rect r = frame_rect(f);

	frame_printf(f, r, 0, 0, app_style(a, ROLE_WARN),
		     "agentops needs %d x %d", APP_MIN_WIDTH, APP_MIN_HEIGHT);
	frame_printf(f, r, 0, 1, app_style(a, ROLE_TEXT), "this is %d x %d",
		     f->width, f->height);
}

static void
view_layers(struct app *a, struct layer *l, struct frame *f)
{
	if (l->below && !l->class->covers)
		view_layers(a, l->below, f);
	f->cursor = false;
	l->class->view(l, a, f, frame_rect(f));
}

void
app_view(struct app *a, struct frame *f)
{
	frame_clear(f, app_style(a, ROLE_TEXT));
	if (f->width < APP_MIN_WIDTH || f->height < APP_MIN_HEIGHT)
		view_too_small(a, f);
	else
		view_layers(a, a->top, f);
}
