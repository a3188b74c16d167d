/* Choosing a file: see picker.h. */
#include "ui/picker.h"

#include "ui/box.h"

#include <stdlib.h>
#include <string.h>

enum { PICKER_WIDTH = 72, PICKER_HEIGHT = 22 };

struct picker {
	struct layer base;
	picker_fn *fn;
	char *folder;      /* "" or ends in "/" */
	struct edit typed; /* what the name begins with */
	struct strv names;
	int64_t ticket;
	struct list list;
	struct rect body;
};

static void
ask_names(struct picker *p, struct app *a)
{
	struct ask *e = app_ask(a, ASK_FILES);

	e->text = xasprintf("%s%s", p->folder, buf_str(&p->typed.text));
	e->ticket = p->ticket = app_ticket(a);
}

static void
open_folder(struct picker *p, struct app *a, const char *path)
{
	char *folder = xstrdup(path);

	free(p->folder);
	p->folder = folder;
	edit_set(&p->typed, "");
	strv_release(&p->names);
	p->list.at = p->list.first = 0;
	ask_names(p, a);
}

/* "a/b/" becomes "a/"; "" and "../" become one "../" more. */
static void
go_up(struct picker *p, struct app *a)
{
	AUTO_FREE char *up = xstrdup(p->folder);
	size_t n = strlen(up);
	char *slash;

	if (strcmp(up, "/") == 0)
		return;
	if (!n || str_ends(up, "../")) {
		AUTO_FREE char *more = xasprintf("%s../", up);

		open_folder(p, a, more);
		return;
	}
	up[n - 1] = '\0';
	slash = strrchr(up, '/');
	if (slash)
		slash[1] = '\0';
	else
		*up = '\0';
	open_folder(p, a, up);
}

static void
choose(struct picker *p, struct app *a)
{
	AUTO_FREE char *path = NULL;
	picker_fn *fn = p->fn;

	if (p->list.at < 0 || (size_t)p->list.at >= p->names.count)
		return;
	path = xstrdup(p->names.items[p->list.at]);
	if (str_ends(path, "/")) {
		open_folder(p, a, path);
		return;
	}
	app_pop(a);
	fn(a, path);
}

static bool
picker_typing(const struct layer *l)
{
	(void)l;
	return true;
}

static bool
picker_action(struct layer *l, struct app *a, enum action act)
{
	struct picker *p = (struct picker *)l;

	switch (act) {
	case ACTION_LIST_OPEN:
		choose(p, a);
		return true;
	case ACTION_GLOBAL_BACK:
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
picker_input(struct layer *l, struct app *a, const struct input *in)
{
	struct picker *p = (struct picker *)l;

	if (in->kind == INPUT_MOUSE) {
		if (list_mouse(&p->list, in, in->y - p->body.y) &&
		    in->mouse == INPUT_PRESS)
			choose(p, a);
		return true;
	}
	if (in->kind == INPUT_KEY && in->key == INPUT_BACKSPACE &&
	    !p->typed.text.len) {
		go_up(p, a);
		return true;
	}
	if (in->kind == INPUT_PASTE)
		edit_insert(&p->typed, in->text, in->len);
	else if (in->kind != INPUT_KEY || !edit_key(&p->typed, in))
		return true;
	p->list.at = p->list.first = 0;
	ask_names(p, a);
	return true;
}

static void
picker_message(struct layer *l, struct app *a, struct msg *m)
{
	struct picker *p = (struct picker *)l;

	(void)a;
	if (m->kind != MSG_FILES || m->ticket != p->ticket || !m->names)
		return;
	strv_release(&p->names);
	p->names = *m->names;
	memset(m->names, 0, sizeof(*m->names));
}

static void
draw_names(struct picker *p, const struct app *a, struct frame *f)
{
	struct rect in = p->body;

	list_fit(&p->list, (int64_t)p->names.count, in.h);
	if (!p->names.count)
		frame_text(f, in, 0, 0, "no file", app_style(a, ROLE_DIM));
	for (int y = 0; y < in.h && p->list.first + y < p->list.count; y++) {
		const char *path = p->names.items[p->list.first + y];
		size_t skip =
			str_starts(path, p->folder) ? strlen(p->folder) : 0;

		frame_cut(f, in, 0, y, in.w - 2, path + skip,
			  app_style(a, str_ends(path, "/") ? ROLE_STRONG :
							     ROLE_TEXT));
		if (p->list.first + y == p->list.at)
			frame_restyle(
				f, (struct rect){ in.x, in.y + y, in.w - 2, 1 },
				app_style(a, ROLE_SELECTED));
	}
	frame_scrollbar(f, in, p->list.first, in.h, p->list.count,
			app_style(a, ROLE_BORDER));
}

static void
picker_view(struct layer *l, const struct app *a, struct frame *f,
	    struct rect r)
{
	static const enum action KEYS[] = { ACTION_LIST_OPEN,
					    ACTION_GLOBAL_BACK, ACTION_NONE };
	struct picker *p = (struct picker *)l;
	struct rect in =
		box_open(a, f, r, PICKER_WIDTH, PICKER_HEIGHT, "Choose a file");
	struct rect foot = rect_cut_bottom(&in, 1);
	struct rect line = rect_cut_top(&in, 1);
	int x = frame_cut(f, line, 0, 0, line.w / 2,
			  *p->folder ? p->folder : "./",
			  app_style(a, ROLE_KEY));

	rect_cut_left(&line, x);
	p->body = in;
	draw_names(p, a, f);
	box_foot(a, f, foot, KEYS);
	frame_right(f, foot, 0, 0, "Backspace folder above",
		    app_style(a, ROLE_DIM));
	edit_view(&p->typed, f, line, app_style(a, ROLE_INPUT), true);
}

static void
picker_free(struct layer *l)
{
	struct picker *p = (struct picker *)l;

	free(p->folder);
	edit_release(&p->typed);
	strv_release(&p->names);
}

static const struct layer_class picker_class = {
	.name = "Choose a file",
	.contexts = { CONTEXT_LIST, CONTEXT_GLOBAL },
	.typing = picker_typing,
	.action = picker_action,
	.input = picker_input,
	.message = picker_message,
	.view = picker_view,
	.free = picker_free,
};

struct layer *
picker_new(struct app *a, const char *start, picker_fn *fn)
{
	struct picker *p = xcalloc(1, sizeof(*p));
	const char *slash = strrchr(start, '/');

	p->base.class = &picker_class;
	p->fn = fn;
	p->typed.single = true;
	p->folder = slash ? xstrndup(start, (size_t)(slash - start) + 1) :
			    xstrdup("");
	ask_names(p, a);
	return &p->base;
}
