/* Where a run can be forked: gates, steps and phases, one a line. */
#include "ui/main_view.h"

#include "run/fork.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct fork_layer {
	struct layer base;
	struct list list;
	struct fork_points points;
	char *run;
	int64_t ticket;
	bool read;
	struct rect list_at;
};

static const struct fork_point *
chosen(const struct fork_layer *v)
{
	return v->list.at >= 0 && v->list.at < (int64_t)v->points.count ?
		       &v->points.items[v->list.at] :
		       NULL;
}

static bool
fork_action(struct layer *l, struct app *a, enum action act)
{
	struct fork_layer *v = (struct fork_layer *)l;
	const struct fork_point *p = chosen(v);
	struct ask *k;

	if (act != ACTION_LIST_OPEN)
		return list_action(&v->list, act);
	if (!p)
		return true;
	k = app_ask(a, ASK_FORK);
	k->run = xstrdup(v->run);
	k->number = p->seq;
	app_note(a, false, "Forking %s@%" PRId64 " ...", v->run, p->seq);
	app_pop(a);
	return true;
}

static bool
fork_input(struct layer *l, struct app *a, const struct input *in)
{
	struct fork_layer *v = (struct fork_layer *)l;

	(void)a;
	return in->kind == INPUT_MOUSE &&
	       list_mouse(&v->list, in, in->y - v->list_at.y);
}

/* The list comes in; the place that is taken without a choice is chosen. */
static void
fork_message(struct layer *l, struct app *a, struct msg *m)
{
	struct fork_layer *v = (struct fork_layer *)l;
	int64_t at;

	(void)a;
	if (m->kind != MSG_POINTS || m->ticket != v->ticket)
		return;
	fork_points_release(&v->points);
	v->points = *m->points;
	memset(m->points, 0, sizeof(*m->points));
	v->read = true;
	at = fork_point_default(&v->points);
	v->list.at = (int64_t)v->points.count - 1;
	for (size_t i = 0; i < v->points.count; i++)
		if (v->points.items[i].seq == at)
			v->list.at = (int64_t)i;
}

static void
view_point(const struct app *a, struct frame *f, struct rect r,
	   const struct fork_point *p)
{
	time_t at = (time_t)(p->ts_us / 1000000);
	char when[32];
	struct tm tm;

	localtime_r(&at, &tm);
	strftime(when, sizeof(when), "%m-%d %H:%M:%S", &tm);
	frame_printf(f, r, 1, 0, app_style(a, ROLE_DIM), "@%" PRId64, p->seq);
	frame_text(f, r, 9, 0, when, app_style(a, ROLE_DIM));
	frame_cut(f, r, 25, 0, r.w - 26, p->what, app_style(a, ROLE_TEXT));
}

static const enum action hints[] = { ACTION_LIST_OPEN, ACTION_GLOBAL_BACK,
				     ACTION_NONE };

static void
fork_view(struct layer *l, const struct app *a, struct frame *f, struct rect r)
{
	struct fork_layer *v = (struct fork_layer *)l;
	struct rect bottom = rect_cut_bottom(&r, 1), in;
	AUTO_FREE char *title = xasprintf("Fork %s: go on from", v->run);

	in = frame_box(f, r, title, app_style(a, ROLE_BORDER_FOCUS),
		       app_style(a, ROLE_STRONG));
	v->list_at = in;
	list_fit(&v->list, (int64_t)v->points.count, in.h);
	if (!v->points.count)
		frame_text(f, in, 1, 0,
			   v->read ? "Nothing in this run can be forked." :
				     "Reading ...",
			   app_style(a, ROLE_DIM));
	for (int y = 0; y < in.h; y++) {
		int64_t i = v->list.first + y;
		struct rect line = { in.x, in.y + y, in.w, 1 };

		if (i >= (int64_t)v->points.count)
			break;
		view_point(a, f, line, &v->points.items[i]);
		if (i == v->list.at)
			frame_restyle(f, line, app_style(a, ROLE_SELECTED));
	}
	frame_scrollbar(f, in, v->list.first, in.h, (int64_t)v->points.count,
			app_style(a, ROLE_BORDER));
	app_keys(a, f, bottom, 1, 0, hints);
}

static void
fork_free(struct layer *l)
{
	struct fork_layer *v = (struct fork_layer *)l;

	fork_points_release(&v->points);
	free(v->run);
}

static const struct layer_class fork_class = {
	.name = "Fork",
	.contexts = { CONTEXT_LIST, CONTEXT_GLOBAL },
	.covers = true,
	.action = fork_action,
	.input = fork_input,
	.message = fork_message,
	.view = fork_view,
	.free = fork_free,
};

struct layer *
fork_new(struct app *a, const char *run)
{
	struct fork_layer *v = xcalloc(1, sizeof(*v));
	struct ask *k = app_ask(a, ASK_POINTS);

	v->base.class = &fork_class;
	v->run = xstrdup(run);
	v->ticket = k->ticket = app_ticket(a);
	k->run = xstrdup(run);
	return &v->base;
}
