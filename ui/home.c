/* What shows when no run is open: how to begin, and the runs there are. */
#include "ui/main_view.h"

#include <string.h>

static enum role
status_role(const struct run_row *r)
{
	if (r->open_gates)
		return ROLE_GATE;
	if (strcmp(r->status, "succeeded") == 0)
		return ROLE_GOOD;
	if (strcmp(r->status, "failed") == 0)
		return ROLE_BAD;
	return strcmp(r->status, "running") == 0 ? ROLE_RUN : ROLE_TEXT;
}

/* The words for a run's state, as screens.md has them. */
const char *
run_row_word(const struct run_row *r)
{
	if (r->open_gates)
		return "needs you";
	if (strcmp(r->status, "running") == 0)
		return r->owned ? "working" : "cut off";
	if (strcmp(r->status, "succeeded") == 0)
		return "done";
	return r->status;
}

void
run_row_view(const struct app *a, struct frame *f, struct rect r,
	     const struct run_row *row)
{
	frame_cut(f, r, 1, 0, 18, row->id, app_style(a, ROLE_DIM));
	frame_cut(f, r, 20, 0, 10, run_row_word(row),
		  app_style(a, status_role(row)));
	frame_cut(f, r, 31, 0, 10, row->phase ? row->phase : "",
		  app_style(a, ROLE_DIM));
	frame_cut(f, r, 42, 0, r.w - 43, row->task ? row->task : "",
		  app_style(a, ROLE_TEXT));
}

static const char *const hello[] = {
	"Type a task and press Enter, for example",
	"    Review the tabular data in sales.csv",
	"    Who changes what in this git history",
	"A slash lists the commands; Tab completes.",
};

void
home_view(struct main_layer *m, const struct app *a, struct frame *f,
	  struct rect r)
{
	int y = 1;

	for (size_t i = 0; i < ARRAY_LEN(hello); i++)
		frame_text(f, r, 2, y++, hello[i],
			   app_style(a, i == 1 || i == 2 ? ROLE_INPUT :
							   ROLE_TEXT));
	y++;
	if (!a->runs.count)
		return;
	frame_printf(f, r, 2, y++, app_style(a, ROLE_HEADING), "%s",
		     a->gates.count ? "Runs (some wait for you)" : "Runs");
	rect_cut_top(&r, y);
	main_filter_choose(m, a);
	list_fit(&m->home, (int64_t)m->filter.count, r.h);
	for (int i = 0; i < r.h; i++) {
		int64_t at = m->home.first + i;
		int row = row_filter_row(&m->filter, at);
		struct rect line = { r.x + 1, r.y + i, r.w - 2, 1 };

		if (row < 0)
			break;
		run_row_view(a, f, line, &a->runs.items[row]);
		if (at == m->home.at)
			frame_restyle(f, line, app_style(a, ROLE_SELECTED));
	}
}
