/*
 * Two runs side by side: a row for each thing that both, or one of them,
 * have; of a picture both pictures. The rows are what `agentops compare
 * --json` says.
 */
#include "ui/main_view.h"

#include "base/json.h"
#include "cli/compare_text.h"
#include "run/artifact.h"
#include "ui/box.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_WIDTH = 28, PICTURE_ROWS = 8 };

struct compare_layer {
	struct layer base;
	struct list list;
	char *runs[2];
	int64_t ticket;
	char *error;
	cJSON *said;   /* NULL: not here yet */
	const cJSON **rows;
	size_t count, cap;
	int differ;
	struct rect list_at;
};

static bool
differs(const cJSON *row)
{
	return !cJSON_IsTrue(json_get(row, "same"));
}

static const cJSON *
chosen(const struct compare_layer *v)
{
	return v->list.at >= 0 && v->list.at < (int64_t)v->count ?
		       v->rows[v->list.at] :
		       NULL;
}

/* To the next row that differs, or the one before. */
static void
go_different(struct compare_layer *v, int by)
{
	for (int64_t i = v->list.at + by; i >= 0 && i < (int64_t)v->count;
	     i += by)
		if (differs(v->rows[i])) {
			v->list.at = i;
			return;
		}
}

static bool
compare_action(struct layer *l, struct app *a, enum action act)
{
	struct compare_layer *v = (struct compare_layer *)l;

	(void)a;
	if (act != ACTION_LIST_NEXT && act != ACTION_LIST_PREV)
		return list_action(&v->list, act);
	go_different(v, act == ACTION_LIST_NEXT ? 1 : -1);
	return true;
}

static bool
compare_input(struct layer *l, struct app *a, const struct input *in)
{
	struct compare_layer *v = (struct compare_layer *)l;

	(void)a;
	return in->kind == INPUT_MOUSE &&
	       list_mouse(&v->list, in, in->y - v->list_at.y);
}

static bool
take_rows(struct compare_layer *v, const struct buf *text)
{
	const cJSON *row;

	v->said = json_parse(buf_str(text), text->len, "compare", NULL);
	cJSON_ArrayForEach (row, json_get(v->said, "rows")) {
		if (!json_str(row, "key") || !json_str(row, "part"))
			continue;
		GROW(v->rows, v->count, v->cap);
		v->rows[v->count++] = row;
		v->differ += differs(row);
	}
	return json_get(v->said, "rows") != NULL;
}

static void
compare_message(struct layer *l, struct app *a, struct msg *m)
{
	struct compare_layer *v = (struct compare_layer *)l;

	(void)a;
	if (m->kind != MSG_DOCUMENT || m->ticket != v->ticket || v->said ||
	    v->error)
		return;
	if (m->error)
		v->error = xstrdup(buf_str(m->text));
	else if (!take_rows(v, m->text))
		v->error = xasprintf("There is more to compare than fits here: "
				     "agentops compare %s %s",
				     v->runs[0], v->runs[1]);
}

/* --- view --------------------------------------------------------------- */

static bool
is_picture(const cJSON *x)
{
	return json_int(x, "width", 0) > 0 && json_int(x, "height", 0) > 0 &&
	       json_str(x, "sha256") && json_str(x, "file");
}

static void
view_picture(const struct compare_layer *v, const struct app *a,
	     struct frame *f, struct rect r, int side)
{
	const cJSON *x = json_get(chosen(v), side ? "b" : "a");
	const char *dir = json_str(v->said, side ? "b_dir" : "a_dir");
	struct picture_slot slot = { .zoom = 1, .pan_x = .5, .pan_y = .5 };
	AUTO_FREE char *path = NULL;

	frame_cut(f, rect_cut_top(&r, 1), 1, 0, r.w - 2, v->runs[side],
		  app_style(a, ROLE_STRONG));
	if (!is_picture(x) || !dir) {
		frame_text(f, r, 1, 0, "no picture here",
			   app_style(a, ROLE_DIM));
		return;
	}
	path = artifact_path(dir, json_str(x, "sha256"), json_str(x, "file"));
	if (strlen(path) >= sizeof(slot.path))
		return;
	slot.rect = r;
	slot.width = (int)json_int(x, "width", 0);
	slot.height = (int)json_int(x, "height", 0);
	snprintf(slot.path, sizeof(slot.path), "%s", path);
	snprintf(slot.sha256, sizeof(slot.sha256), "%s",
		 json_str(x, "sha256"));
	frame_picture(f, &slot);
}

/* Below the rows, when the chosen one is a picture. */
static void
view_pictures(const struct compare_layer *v, const struct app *a,
	      struct frame *f, struct rect *r)
{
	const cJSON *row = chosen(v);
	struct rect left, right;

	if (!is_picture(json_get(row, "a")) && !is_picture(json_get(row, "b")))
		return;
	if (r->h < 2 * PICTURE_ROWS)
		return;
	right = rect_cut_bottom(r, r->h * 3 / 5);
	frame_rule(f, right, 0, app_style(a, ROLE_BORDER));
	rect_cut_top(&right, 1);
	left = rect_cut_left(&right, right.w / 2);
	rect_cut_right(&left, 1);
	view_picture(v, a, f, left, 0);
	view_picture(v, a, f, right, 1);
}

static void
view_row(const struct app *a, struct frame *f, struct rect r, const cJSON *row)
{
	AUTO_FREE char *one = compare_text_cell(row, "a");
	AUTO_FREE char *two = compare_text_cell(row, "b");
	AUTO_FREE char *key =
		xasprintf("%s %s", json_str(row, "part"),
			  compare_text_key(json_str(row, "key")));
	bool d = differs(row);
	int w = (r.w - KEY_WIDTH - 3) / 2, x = KEY_WIDTH + 3;

	if (d)
		frame_text(f, r, 0, 0, "*", app_style(a, ROLE_WARN));
	frame_cut(f, r, 2, 0, KEY_WIDTH, key, app_style(a, ROLE_DIM));
	frame_cut(f, r, x, 0, w - 1, one,
		  app_style(a, d ? ROLE_REMOVED : ROLE_TEXT));
	frame_cut(f, r, x + w, 0, w - 1, d ? two : "the same",
		  app_style(a, d ? ROLE_ADDED : ROLE_DIM));
}

static void
view_rows(struct compare_layer *v, const struct app *a, struct frame *f,
	  struct rect r)
{
	v->list_at = r;
	list_fit(&v->list, (int64_t)v->count, r.h);
	for (int y = 0; y < r.h; y++) {
		int64_t i = v->list.first + y;
		struct rect line = { r.x, r.y + y, r.w - 1, 1 };

		if (i >= (int64_t)v->count)
			break;
		view_row(a, f, line, v->rows[i]);
		if (i == v->list.at)
			frame_restyle(f, line, app_style(a, ROLE_SELECTED));
	}
	frame_scrollbar(f, r, v->list.first, r.h, (int64_t)v->count,
			app_style(a, ROLE_BORDER));
}

static const enum action hints[] = {
	ACTION_LIST_NEXT,   ACTION_LIST_PREV,   ACTION_LIST_DOWN,
	ACTION_GLOBAL_HELP, ACTION_GLOBAL_BACK, ACTION_NONE,
};

static void
compare_view(struct layer *l, const struct app *a, struct frame *f,
	     struct rect r)
{
	struct compare_layer *v = (struct compare_layer *)l;
	struct rect bottom = rect_cut_bottom(&r, 1), in;
	AUTO_FREE char *title =
		v->said ? xasprintf("%s and %s: %d of %zu differ (*)",
				    v->runs[0], v->runs[1], v->differ,
				    v->count) :
			  xasprintf("%s and %s", v->runs[0], v->runs[1]);

	in = frame_box(f, r, title, app_style(a, ROLE_BORDER_FOCUS),
		       app_style(a, ROLE_STRONG));
	rect_cut_left(&bottom, 1);
	box_foot(a, f, bottom, hints);
	if (!v->count) {
		frame_wrap(f, in, 0, 0, v->error ? v->error : "Reading ...",
			   app_style(a, v->error ? ROLE_BAD : ROLE_DIM));
		return;
	}
	view_pictures(v, a, f, &in);
	view_rows(v, a, f, in);
}

static void
compare_free(struct layer *l)
{
	struct compare_layer *v = (struct compare_layer *)l;

	cJSON_Delete(v->said);
	free(v->rows);
	free(v->runs[0]);
	free(v->runs[1]);
	free(v->error);
}

static const struct layer_class compare_class = {
	.name = "Compare",
	.contexts = { CONTEXT_LIST, CONTEXT_GLOBAL },
	.covers = true,
	.action = compare_action,
	.input = compare_input,
	.message = compare_message,
	.view = compare_view,
	.free = compare_free,
};

struct layer *
compare_new(struct app *a, const char *run, const char *other)
{
	struct compare_layer *v = xcalloc(1, sizeof(*v));
	AUTO_JSON *args = cJSON_CreateArray();
	const char *const words[] = { "compare", "--json", "--", run, other };
	struct ask *k = app_ask(a, ASK_COMMAND);

	v->base.class = &compare_class;
	v->runs[0] = xstrdup(run);
	v->runs[1] = xstrdup(other);
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		cJSON_AddItemToArray(args, cJSON_CreateString(words[i]));
	k->values = json_print(args);
	v->ticket = k->ticket = app_ticket(a);
	return &v->base;
}
