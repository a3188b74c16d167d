/*
 * The keys that work in the layer below, made of the key table: for each of
 * its contexts and for everywhere, every action with all its keys as they are
 * bound now.
 */
#include "ui/box.h"

#include <stdlib.h>
#include <string.h>

enum { HELP_WIDTH = 84, HELP_KEYS_MAX = 24 };

/* A heading (action is ACTION_NONE), an action, or a blank line. */
struct help_row {
	enum context context;
	enum action action;
	char *keys;
	bool blank;
};

struct help {
	struct layer base;
	struct list list;
	struct help_row *rows;
	size_t count, cap;
	int key_width;
	struct rect body;
};

static struct help_row *
add_row(struct help *h, enum context c)
{
	struct help_row *row;

	GROW(h->rows, h->count, h->cap);
	row = &h->rows[h->count++];
	*row = (struct help_row){ .context = c };
	return row;
}

static void
add_context(struct help *h, const struct keymap *k, enum context c)
{
	if (h->count)
		add_row(h, c)->blank = true;
	add_row(h, c);
	for (enum action i = ACTION_NONE + 1; i < ACTION_COUNT; i++) {
		struct help_row *row;
		int w;

		if (action_row(i)->context != c)
			continue;
		row = add_row(h, c);
		row->action = i;
		row->keys = keymap_keys(k, i);
		w = text_width(row->keys);
		if (w > h->key_width)
			h->key_width = w;
	}
}

static bool
help_action(struct layer *l, struct app *a, enum action act)
{
	struct help *h = (struct help *)l;

	if (list_action(&h->list, act))
		return true;
	switch (act) {
	case ACTION_GLOBAL_HELP:
	case ACTION_GLOBAL_BACK:
		app_pop(a);
		return true;
	default:
		return false;
	}
}

static bool
help_input(struct layer *l, struct app *a, const struct input *in)
{
	struct help *h = (struct help *)l;

	(void)a;
	if (in->kind == INPUT_MOUSE)
		list_mouse(&h->list, in, in->y - h->body.y);
	return true;
}

static void
draw_row(const struct help *h, const struct app *a, struct frame *f, int y,
	 const struct help_row *row)
{
	int keys = h->key_width < HELP_KEYS_MAX ? h->key_width : HELP_KEYS_MAX;

	if (row->blank)
		return;
	if (row->action == ACTION_NONE) {
		frame_cut(f, h->body, 0, y, h->body.w - 2,
			  context_help(row->context),
			  app_style(a, ROLE_HEADING));
		return;
	}
	frame_cut(f, h->body, 2, y, keys, *row->keys ? row->keys : "-",
		  app_style(a, ROLE_KEY));
	frame_cut(f, h->body, keys + 4, y, h->body.w - keys - 6,
		  action_row(row->action)->help, app_style(a, ROLE_TEXT));
}

static void
help_view(struct layer *l, const struct app *a, struct frame *f, struct rect r)
{
	static const enum action KEYS[] = { ACTION_LIST_UP, ACTION_LIST_DOWN,
					    ACTION_LIST_PAGE_DOWN,
					    ACTION_GLOBAL_BACK, ACTION_NONE };
	struct help *h = (struct help *)l;
	int height = (int)h->count + 3 < r.h - 2 ? (int)h->count + 3 : r.h - 2;
	struct rect in = box_open(a, f, r, HELP_WIDTH, height, "Keys");
	struct rect foot = rect_cut_bottom(&in, 1);

	h->body = in;
	list_fit(&h->list, (int64_t)h->count, in.h);
	for (int y = 0; y < in.h && h->list.first + y < h->list.count; y++)
		draw_row(h, a, f, y, &h->rows[h->list.first + y]);
	frame_scrollbar(f, in, h->list.first, in.h, h->list.count,
			app_style(a, ROLE_BORDER));
	box_foot(a, f, foot, KEYS);
}

static void
help_free(struct layer *l)
{
	struct help *h = (struct help *)l;

	for (size_t i = 0; i < h->count; i++)
		free(h->rows[i].keys);
	free(h->rows);
}

static const struct layer_class help_class = {
	.name = "Keys",
	.contexts = { CONTEXT_LIST, CONTEXT_GLOBAL },
	.action = help_action,
	.input = help_input,
	.view = help_view,
	.free = help_free,
};

/* What can be done now comes first: the keys of a prompt that has not the
 * focus stand at the end. */
static void
add_contexts(struct help *h, const struct app *a)
{
	const struct layer *l = a->top;
	bool typing = l->class->typing && l->class->typing(l);
	bool later = false;

	for (int i = 0; i < LAYER_CONTEXTS; i++) {
		enum context c = l->class->contexts[i];

		if (c == CONTEXT_PROMPT && !typing)
			later = true;
		else
			add_context(h, a->keys, c);
		if (c == CONTEXT_GLOBAL)
			break;
	}
	if (later)
		add_context(h, a->keys, CONTEXT_PROMPT);
}

struct layer *
help_new(struct app *a)
{
	struct help *h = xcalloc(1, sizeof(*h));

	h->base.class = &help_class;
	h->list.no_cursor = true;
	add_contexts(h, a);
	return &h->base;
}
