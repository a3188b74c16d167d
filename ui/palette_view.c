/*
 * The command palette: every action that works in the layer below, and every
 * command of the command line as "/name", found by what is typed. Enter
 * carries it out in the layer below; a command that needs arguments goes into
 * the prompt.
 */
#include "ui/box.h"

#include "cli/cli.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { PALETTE_WIDTH = 84, PALETTE_HEIGHT = 24, PALETTE_NAME = 24 };

struct entry {
	enum action action; /* or */
	const struct cli_command *command;
	char *name;
	const char *help, *key;
};

struct match {
	size_t entry;
	int score;
};

struct palette {
	struct layer base;
	struct edit typed;
	struct entry *entries;
	size_t count, cap;
	struct match *matches; /* best first; room for count */
	size_t match_count;
	struct list list; /* over matches */
	struct rect body;
};

/* --- what fits --------------------------------------------------------- */

/*
 * How well typed fits into name, a letter after the other: 0 not at all.
 * Letters at the start of a word and letters that follow each other count
 * more; blanks in typed count nothing.
 */
static int
fuzzy(const char *name, const char *typed)
{
	int score = 1, run = 0;
	char before = ' ';

	for (; *typed; typed++) {
		int want = tolower((unsigned char)*typed);

		if (want == ' ')
			continue;
		while (*name && tolower((unsigned char)*name) != want) {
			run = 0;
			before = *name++;
		}
		if (!*name)
			return 0;
		run++;
		score += run + (isalnum((unsigned char)before) ? 0 : 4);
		before = *name++;
	}
	return score;
}

/* Letters scattered over a sentence would fit nearly always, so the help
 * text must hold what was typed as it stands. */
static int
score_of(const struct entry *e, const char *typed)
{
	int score = fuzzy(e->name, typed);
	size_t at;

	if (!*typed)
		return 1;
	if (box_find(e->name, strlen(e->name), 0, typed, &at))
		return 1000 + score - (int)at;
	if (score)
		return 100 + score;
	return box_find(e->help, strlen(e->help), 0, typed, &at) ? 1 : 0;
}

static int
by_score(const void *a, const void *b)
{
	const struct match *x = a, *y = b;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return x->entry < y->entry ? -1 : x->entry > y->entry;
}

static void
filter(struct palette *p)
{
	p->match_count = 0;
	for (size_t i = 0; i < p->count; i++) {
		int score = score_of(&p->entries[i], buf_str(&p->typed.text));

		if (score)
			p->matches[p->match_count++] =
				(struct match){ .entry = i, .score = score };
	}
	qsort(p->matches, p->match_count, sizeof(*p->matches), by_score);
	p->list.at = p->list.first = 0;
}

/* --- input ------------------------------------------------------------- */

/* Whether a command cannot do without arguments: those that it can stand in
 * brackets in its row. */
static bool
wants_more(const struct cli_command *c)
{
	return *c->args && *c->args != '[';
}

static void
run_chosen(struct palette *p, struct app *a)
{
	const struct entry *e;
	const struct cli_command *command;
	enum action act;
	AUTO_FREE char *line = NULL;

	if (p->list.at < 0 || (size_t)p->list.at >= p->match_count)
		return;
	e = &p->entries[p->matches[p->list.at].entry];
	act = e->action;
	command = e->command;
	if (command)
		line = xasprintf("%s%s", e->name,
				 wants_more(command) ? " " : "");
	app_pop(a);
	if (!command)
		app_act(a, act);
	else if (wants_more(command))
		app_prompt(a, line);
	else
		app_command(a, line);
}

static bool
palette_typing(const struct layer *l)
{
	(void)l;
	return true;
}

static bool
palette_action(struct layer *l, struct app *a, enum action act)
{
	struct palette *p = (struct palette *)l;

	switch (act) {
	case ACTION_LIST_OPEN:
		run_chosen(p, a);
		return true;
	case ACTION_GLOBAL_BACK:
	case ACTION_GLOBAL_PALETTE:
		app_pop(a);
		return true;
	case ACTION_LIST_UP:
	case ACTION_LIST_DOWN:
	case ACTION_LIST_PAGE_UP:
	case ACTION_LIST_PAGE_DOWN:
		return list_action(&p->list, act);
	default:
		return false;
	}
}

static bool
palette_input(struct layer *l, struct app *a, const struct input *in)
{
	struct palette *p = (struct palette *)l;

	if (in->kind == INPUT_MOUSE) {
		if (list_mouse(&p->list, in, in->y - p->body.y) &&
		    in->mouse == INPUT_PRESS)
			run_chosen(p, a);
	} else if (in->kind == INPUT_PASTE) {
		edit_insert(&p->typed, in->text, in->len);
		filter(p);
	} else if (in->kind == INPUT_KEY && edit_key(&p->typed, in)) {
		filter(p);
	}
	return true;
}

/* --- view -------------------------------------------------------------- */

static void
draw_entry(const struct palette *p, const struct app *a, struct frame *f, int y,
	   int64_t i)
{
	const struct entry *e = &p->entries[p->matches[i].entry];
	struct rect r = p->body;
	int key = text_width(e->key);

	r.w -= 2; /* the scroll bar's */
	frame_cut(f, r, 0, y, PALETTE_NAME, e->name, app_style(a, ROLE_STRONG));
	frame_cut(f, r, PALETTE_NAME + 1, y, r.w - PALETTE_NAME - 2 - key,
		  e->help, app_style(a, ROLE_TEXT));
	frame_right(f, r, 0, y, e->key, app_style(a, ROLE_KEY));
	if (i == p->list.at)
		frame_restyle(f, (struct rect){ r.x, r.y + y, r.w, 1 },
			      app_style(a, ROLE_SELECTED));
}

static void
palette_view(struct layer *l, const struct app *a, struct frame *f,
	     struct rect r)
{
	static const enum action KEYS[] = { ACTION_LIST_UP, ACTION_LIST_DOWN,
					    ACTION_LIST_OPEN,
					    ACTION_GLOBAL_BACK, ACTION_NONE };
	struct palette *p = (struct palette *)l;
	struct rect in =
		box_open(a, f, r, PALETTE_WIDTH, PALETTE_HEIGHT, "Commands");
	struct rect foot = rect_cut_bottom(&in, 1);
	struct rect line = rect_cut_top(&in, 1);
	int x = frame_text(f, line, 0, 0, "> ", app_style(a, ROLE_KEY));

	rect_cut_left(&line, x);
	frame_rule(f, in, 0, app_style(a, ROLE_BORDER));
	rect_cut_top(&in, 1);
	p->body = in;
	list_fit(&p->list, (int64_t)p->match_count, in.h);
	if (!p->match_count)
		frame_text(f, in, 0, 0, "nothing fits", app_style(a, ROLE_DIM));
	for (int y = 0; y < in.h && p->list.first + y < p->list.count; y++)
		draw_entry(p, a, f, y, p->list.first + y);
	frame_scrollbar(f, in, p->list.first, in.h, p->list.count,
			app_style(a, ROLE_BORDER));
	box_foot(a, f, foot, KEYS);
	edit_view(&p->typed, f, line, app_style(a, ROLE_INPUT), true);
}

/* --- making it --------------------------------------------------------- */

static struct entry *
add_entry(struct palette *p)
{
	GROW(p->entries, p->count, p->cap);
	p->entries[p->count] = (struct entry){ .key = "" };
	return &p->entries[p->count++];
}

static void
add_actions(struct palette *p, const struct keymap *k, enum context c)
{
	for (enum action i = ACTION_NONE + 1; i < ACTION_COUNT; i++) {
		const struct action_row *row = action_row(i);
		struct entry *e;

		if (row->context != c || i == ACTION_GLOBAL_PALETTE)
			continue;
		e = add_entry(p);
		e->action = i;
		e->name = xstrdup(row->name);
		e->help = row->help;
		e->key = keymap_key(k, i);
	}
}

static void
add_commands(struct palette *p)
{
	size_t count;
	const struct cli_command *c = cli_commands(&count);

	for (size_t i = 0; i < count; i++) {
		struct entry *e = add_entry(p);

		e->command = &c[i];
		e->name = xasprintf("/%s", c[i].name);
		e->help = c[i].summary;
	}
}

static void
palette_free(struct layer *l)
{
	struct palette *p = (struct palette *)l;

	for (size_t i = 0; i < p->count; i++)
		free(p->entries[i].name);
	free(p->entries);
	free(p->matches);
	edit_release(&p->typed);
}

static const struct layer_class palette_class = {
	.name = "Commands",
	.contexts = { CONTEXT_LIST, CONTEXT_GLOBAL },
	.typing = palette_typing,
	.action = palette_action,
	.input = palette_input,
	.view = palette_view,
	.free = palette_free,
};

struct layer *
palette_new(struct app *a)
{
	struct palette *p = xcalloc(1, sizeof(*p));

	p->base.class = &palette_class;
	p->typed.single = true;
	for (int i = 0; i < LAYER_CONTEXTS; i++) {
		enum context c = a->top->class->contexts[i];

		if (c != CONTEXT_PROMPT)
			add_actions(p, a->keys, c);
		if (c == CONTEXT_GLOBAL)
			break;
	}
	add_commands(p);
	p->matches = xcalloc(p->count, sizeof(*p->matches));
	filter(p);
	return &p->base;
}
