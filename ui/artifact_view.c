/*
 * artifact_view.c - one artifact over the whole screen: a picture with zoom
 * and pan, two iterations of it side by side, a data file as a table, text
 * and Markdown as text.
 *
 *  1. index names the artifact in the open run's state; the app closes the
 *     view before another run is opened.
 *  2. "Iterations" of an artifact are those of the same step, item and name,
 *     in the order they were made.
 *  3. A table or text is asked for by ticket; what arrives late for another
 *     artifact is dropped.
 */
#include "ui/main_view.h"

#include "run/artifact.h"
#include "ui/markdown.h"
#include "ui/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ZOOM_MAX 16.0
#define ZOOM_STEP 1.5
#define PAN_STEP 0.1

enum show { SHOW_NOTHING, SHOW_PICTURE, SHOW_TABLE, SHOW_TEXT };

struct artifact_layer {
	struct layer base;
	const struct run_state *of;
	size_t index;
	bool compare; /* beside the iteration before it */
	double zoom, pan_x, pan_y;
	struct list list; /* of a table or text */
	int left;         /* first column of a table */
	int64_t ticket;
	enum show show;
	struct table table;
	struct buf text;
	struct markdown markdown;
	int columns; /* that markdown was made for */
	struct rect body;
};

static const struct artifact_state *
shown(const struct artifact_layer *v)
{
	return &v->of->artifacts[v->index];
}

static bool
same_thing(const struct artifact_state *a, const struct artifact_state *b)
{
	return strcmp(a->step, b->step) == 0 && a->item == b->item &&
	       strcmp(a->name, b->name) == 0;
}

/* The iteration of it before or after; -1 when there is none. */
static int
iteration(const struct artifact_layer *v, int by)
{
	int i = (int)v->index + by;

	for (; i >= 0 && i < (int)v->of->artifact_count; i += by)
		if (same_thing(&v->of->artifacts[i], shown(v)))
			return i;
	return -1;
}

static bool
is_markdown(const struct artifact_state *x)
{
	return str_ends(x->file, ".md") || str_ends(x->name, ".md");
}

static bool
is_table(const struct artifact_state *x)
{
	return str_ends(x->file, ".csv") || str_ends(x->file, ".tsv") ||
	       str_ends(x->file, ".jsonl");
}

/* --- loading ------------------------------------------------------------ */

static void
drop(struct artifact_layer *v)
{
	table_release(&v->table);
	memset(&v->table, 0, sizeof(v->table));
	buf_reset(&v->text);
	markdown_release(&v->markdown);
	memset(&v->markdown, 0, sizeof(v->markdown));
	v->columns = 0;
	v->ticket = 0;
	v->show = SHOW_NOTHING;
}

static void
go_to(struct artifact_layer *v, struct app *a, size_t index)
{
	const struct artifact_state *x;
	struct ask *k;

	drop(v);
	v->index = index;
	v->zoom = 1;
	v->pan_x = v->pan_y = 0.5;
	memset(&v->list, 0, sizeof(v->list));
	v->list.no_cursor = true;
	v->left = 0;
	x = shown(v);
	if (x->width) {
		v->show = SHOW_PICTURE;
		return;
	}
	if (!is_table(x) && !str_starts(x->media_type, "text/") &&
	    !str_starts(x->media_type, "application/json"))
		return;
	v->compare = false;
	v->ticket = app_ticket(a);
	k = app_ask(a, ASK_READ);
	k->text = artifact_path(a->run_dir, x->sha256, x->file);
	k->ticket = v->ticket;
}

static void
artifact_message(struct layer *l, struct app *a, struct msg *m)
{
	struct artifact_layer *v = (struct artifact_layer *)l;

	(void)a;
	if (!v->ticket || m->ticket != v->ticket)
		return;
	if (m->kind == MSG_TABLE) {
		v->table = *m->table;
		memset(m->table, 0, sizeof(*m->table));
		v->show = SHOW_TABLE;
	} else if (m->kind == MSG_DOCUMENT && !m->error) {
		buf_add(&v->text, buf_str(m->text), m->text->len);
		v->show = SHOW_TEXT;
	}
}

/* --- keys --------------------------------------------------------------- */

static void
go_by(struct artifact_layer *v, struct app *a, int by)
{
	int to = (int)v->index + by;

	if (to >= 0 && to < (int)v->of->artifact_count)
		go_to(v, a, (size_t)to);
}

static void
go_iteration(struct artifact_layer *v, struct app *a, int by)
{
	int to = iteration(v, by);

	if (to >= 0)
		go_to(v, a, (size_t)to);
	else
		app_note(a, false,
			 by < 0 ? "This is the first iteration" :
				  "This is the last iteration");
}

static void
compare(struct artifact_layer *v, struct app *a)
{
	if (iteration(v, -1) < 0 && !v->compare) {
		app_note(a, false, "There is no iteration before this one");
		return;
	}
	v->compare = !v->compare;
}

static double
between(double x, double low, double high)
{
	return x < low ? low : x > high ? high : x;
}

static void
zoom(struct artifact_layer *v, double by)
{
	v->zoom = between(v->zoom * by, 1, ZOOM_MAX);
	if (v->zoom == 1)
		v->pan_x = v->pan_y = 0.5;
}

static bool
pan(struct artifact_layer *v, enum action act)
{
	double step = PAN_STEP / v->zoom * 2;

	switch (act) {
	case ACTION_LIST_LEFT:
		v->pan_x = between(v->pan_x - step, 0, 1);
		return true;
	case ACTION_LIST_RIGHT:
		v->pan_x = between(v->pan_x + step, 0, 1);
		return true;
	case ACTION_LIST_UP:
		v->pan_y = between(v->pan_y - step, 0, 1);
		return true;
	case ACTION_LIST_DOWN:
		v->pan_y = between(v->pan_y + step, 0, 1);
		return true;
	default:
		return false;
	}
}

static bool
move(struct artifact_layer *v, enum action act)
{
	if (v->show == SHOW_PICTURE)
		return pan(v, act);
	if (act == ACTION_LIST_LEFT && v->left > 0)
		v->left--;
	if (act == ACTION_LIST_RIGHT && v->left + 1 < v->table.columns)
		v->left++;
	return list_action(&v->list, act);
}

/* A text is searched where texts are read. */
static bool
search(struct artifact_layer *v, struct app *a)
{
	if (v->show != SHOW_TEXT)
		return false;
	app_push(a, document_text(a, shown(v)->file, buf_str(&v->text),
				  is_markdown(shown(v))));
	return app_act(a, ACTION_LIST_FILTER);
}

static bool
artifact_action(struct layer *l, struct app *a, enum action act)
{
	struct artifact_layer *v = (struct artifact_layer *)l;

	switch (act) {
	case ACTION_ARTIFACT_PREV:
		go_by(v, a, -1);
		return true;
	case ACTION_ARTIFACT_NEXT:
		go_by(v, a, 1);
		return true;
	case ACTION_ARTIFACT_OLDER:
		go_iteration(v, a, -1);
		return true;
	case ACTION_ARTIFACT_NEWER:
		go_iteration(v, a, 1);
		return true;
	case ACTION_ARTIFACT_COMPARE:
		compare(v, a);
		return true;
	case ACTION_ARTIFACT_ZOOM_IN:
		zoom(v, ZOOM_STEP);
		return true;
	case ACTION_ARTIFACT_ZOOM_OUT:
		zoom(v, 1 / ZOOM_STEP);
		return true;
	case ACTION_ARTIFACT_ZOOM_FIT:
		zoom(v, 0);
		return true;
	case ACTION_LIST_FILTER:
		return search(v, a);
	case ACTION_ARTIFACT_COPY:
		app_ask(a, ASK_COPY)->text = artifact_path(
			a->run_dir, shown(v)->sha256, shown(v)->file);
		return true;
	case ACTION_ARTIFACT_EXTERNAL:
		app_ask(a, ASK_EXTERNAL)->text = artifact_path(
			a->run_dir, shown(v)->sha256, shown(v)->file);
		return true;
	default:
		return move(v, act);
	}
}

static bool
artifact_input(struct layer *l, struct app *a, const struct input *in)
{
	struct artifact_layer *v = (struct artifact_layer *)l;

	(void)a;
	if (in->kind != INPUT_MOUSE)
		return false;
	if (v->show == SHOW_PICTURE && in->mouse == INPUT_WHEEL_UP)
		zoom(v, ZOOM_STEP);
	else if (v->show == SHOW_PICTURE && in->mouse == INPUT_WHEEL_DOWN)
		zoom(v, 1 / ZOOM_STEP);
	else
		return list_mouse(&v->list, in, in->y - v->body.y);
	return true;
}

/* --- view --------------------------------------------------------------- */

static void
view_picture(const struct artifact_layer *v, const struct app *a,
	     struct frame *f, struct rect r, size_t index, const char *label)
{
	const struct artifact_state *x = &v->of->artifacts[index];
	AUTO_FREE char *path = artifact_path(a->run_dir, x->sha256, x->file);
	struct picture_slot slot = { .width = x->width,
				     .height = x->height,
				     .zoom = v->zoom,
				     .pan_x = v->pan_x,
				     .pan_y = v->pan_y };

	if (label)
		frame_printf(f, rect_cut_top(&r, 1), 1, 0,
			     app_style(a, ROLE_STRONG), "%s: attempt %d", label,
			     x->attempt);
	if (strlen(path) >= sizeof(slot.path))
		return;
	slot.rect = r;
	snprintf(slot.path, sizeof(slot.path), "%s", path);
	snprintf(slot.sha256, sizeof(slot.sha256), "%s", x->sha256);
	frame_picture(f, &slot);
}

static void
view_pictures(const struct artifact_layer *v, const struct app *a,
	      struct frame *f, struct rect r)
{
	int before = iteration(v, -1);
	struct rect left;

	if (!v->compare || before < 0) {
		picture_panel_at(a, f, r, v->index, v->zoom, v->pan_x,
				 v->pan_y);
		return;
	}
	left = rect_cut_left(&r, r.w / 2);
	rect_cut_right(&left, 1);
	view_picture(v, a, f, left, (size_t)before, "before");
	view_picture(v, a, f, r, v->index, "after");
}

static void
view_text(struct artifact_layer *v, const struct app *a, struct frame *f,
	  struct rect r)
{
	struct rect in = { r.x, r.y, r.w - 1, r.h };
	int lines;

	if (is_markdown(shown(v))) {
		if (v->columns != in.w) {
			markdown_release(&v->markdown);
			memset(&v->markdown, 0, sizeof(v->markdown));
			markdown_render(buf_str(&v->text), v->text.len, in.w,
					f->ascii, &v->markdown);
			v->columns = in.w;
		}
		lines = (int)v->markdown.line_count;
		list_fit(&v->list, lines, r.h);
		markdown_view(&v->markdown, a->theme, f, in, v->list.first);
	} else {
		lines = frame_wrap(f, in, 0, (int)v->list.first,
				   buf_str(&v->text), app_style(a, ROLE_TEXT));
		list_fit(&v->list, lines, r.h);
	}
	frame_scrollbar(f, r, v->list.first, r.h, lines,
			app_style(a, ROLE_BORDER));
}

static const enum action picture_hints[] = {
	ACTION_ARTIFACT_PREV,     ACTION_ARTIFACT_NEXT,
	ACTION_ARTIFACT_OLDER,    ACTION_ARTIFACT_NEWER,
	ACTION_ARTIFACT_COMPARE,  ACTION_ARTIFACT_ZOOM_IN,
	ACTION_ARTIFACT_ZOOM_OUT, ACTION_ARTIFACT_COPY,
	ACTION_GLOBAL_BACK,       ACTION_NONE,
};

static void
artifact_view(struct layer *l, const struct app *a, struct frame *f,
	      struct rect r)
{
	struct artifact_layer *v = (struct artifact_layer *)l;
	const struct artifact_state *x = shown(v);
	struct rect bottom = rect_cut_bottom(&r, 1), in;
	AUTO_FREE char *title = xasprintf("%s %s of %s, attempt %d (%zu/%zu)",
					  x->name, x->file, x->step, x->attempt,
					  v->index + 1, v->of->artifact_count);

	app_keys(a, f, bottom, 1, 0, picture_hints);
	if (a->note)
		frame_right(f, bottom, 1, 0, a->note, app_style(a, ROLE_WARN));
	in = frame_box(f, r, title, app_style(a, ROLE_BORDER_FOCUS),
		       app_style(a, ROLE_STRONG));
	v->body = in;
	switch (v->show) {
	case SHOW_PICTURE:
		view_pictures(v, a, f, in);
		break;
	case SHOW_TABLE:
		list_fit(&v->list, v->table.rows, in.h);
		table_view(&v->table, a->theme, f, in, v->list.first, v->left);
		break;
	case SHOW_TEXT:
		view_text(v, a, f, in);
		break;
	default:
		frame_printf(f, in, 1, 0, app_style(a, ROLE_DIM),
			     "%s, %" PRId64 " bytes%s",
			     x->media_type ? x->media_type : "a file",
			     x->size_bytes, v->ticket ? "; reading ..." : "");
	}
}

static void
artifact_free(struct layer *l)
{
	struct artifact_layer *v = (struct artifact_layer *)l;

	drop(v);
	buf_release(&v->text);
}

static const struct layer_class artifact_class = {
	.name = "Artifact",
	.contexts = { CONTEXT_ARTIFACT, CONTEXT_LIST, CONTEXT_GLOBAL },
	.covers = true,
	.action = artifact_action,
	.input = artifact_input,
	.message = artifact_message,
	.view = artifact_view,
	.free = artifact_free,
};

struct layer *
artifact_new(struct app *a, size_t index)
{
	struct artifact_layer *v = xcalloc(1, sizeof(*v));

	v->base.class = &artifact_class;
	v->of = a->state;
	go_to(v, a, index);
	return &v->base;
}
