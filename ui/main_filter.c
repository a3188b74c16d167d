/* What the main screen's lists show: rows, lines and events that hold the text
 * of its filter. Events are chosen where they are read (ui/client_read.c). */
#include "ui/main_view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool
run_holds(const struct row_filter *f, const struct run_row *r)
{
	return row_filter_in(f, r->task) || row_filter_in(f, r->id) ||
	       row_filter_in(f, run_row_word(r));
}

static bool
artifact_holds(const struct row_filter *f, const struct artifact_state *x)
{
	return row_filter_in(f, x->name) || row_filter_in(f, x->step) ||
	       row_filter_in(f, x->file) || row_filter_in(f, x->media_type);
}

void
main_filter_choose(struct main_layer *m, const struct app *a)
{
	const struct run_state *s = a->state;
	struct row_filter *f = &m->filter;

	row_filter_clear(f);
	for (size_t i = 0; !s && i < a->runs.count; i++)
		if (run_holds(f, &a->runs.items[i]))
			row_filter_add(f, i);
	for (size_t i = s && m->tab == TAB_ARTIFACTS ? s->artifact_count : 0;
	     i > 0; i--)
		if (artifact_holds(f, &s->artifacts[i - 1]))
			row_filter_add(f, i - 1);
	for (size_t i = 0; s && m->tab == TAB_AGENTS && i < s->agent_count; i++)
		if (agents_hold(f, s, s->agents[i]))
			row_filter_add(f, i);
}

int
main_filter_row(struct main_layer *m, const struct app *a, int64_t at)
{
	main_filter_choose(m, a);
	return row_filter_row(&m->filter, at);
}

void
main_filter_lines(const struct main_layer *m, struct pane_lines *l)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->count; i++)
		if (row_filter_in(&m->filter, l->items[i].text))
			l->items[kept++] = l->items[i];
		else
			free(l->items[i].text);
	l->count = kept;
}

void
main_filter_changed(struct main_layer *m, struct app *a)
{
	const char *text = buf_str(&m->filter.text.text);

	m->plan_of = NULL;
	for (int i = 0; i < 2; i++)
		if (a->state &&
		    !str_eq(a->feeds[i].filter ? a->feeds[i].filter : "",
			    text)) {
			feed_filter(&a->feeds[i], text);
			if (i == FEED_ACTIVITY || m->tab == TAB_LOG)
				app_want(a, (enum feed_kind)i);
		}
}

void
main_filter_end(struct main_layer *m, struct app *a)
{
	m->filter.typing = false;
	edit_set(&m->filter.text, "");
	main_filter_changed(m, a);
}

/* How many lines there are, and whether more may come. */
static void
view_found(const struct main_layer *m, const struct app *a, struct frame *f,
	   struct rect line)
{
	const struct feed *feed =
		&a->feeds[m->tab == TAB_LOG ? FEED_LOG : FEED_ACTIVITY];

	if (a->state && (m->tab == TAB_LOG || m->tab == TAB_ACTIVITY))
		frame_right(f, line, 1, 0,
			    feed->asked && !feed->at_start ? "reading ..." :
			    feed->lines.count              ? "" :
							     "none",
			    app_style(a, ROLE_DIM));
}

void
main_filter_view(const struct main_layer *m, const struct app *a,
		 struct frame *f, struct rect *r)
{
	struct rect line = { r->x, r->y + r->h - 1, r->w, 1 };

	if (!row_filter_view(&m->filter, a, f, line,
			     m->focus == PANE_TAB && !a->top->below))
		return;
	view_found(m, a, f, line);
	rect_cut_bottom(r, 1);
}
