/* What the run made: the list of its artifacts, and a picture with the words
 * that belong to it. */
#include "ui/main_view.h"

#include "base/json.h"
#include "run/artifact.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FACTS_WIDTH = 34, FACTS_ROWS = 6, PICTURE_MIN = 20, SERIES_SHOWN = 6 };

/* The item that made it, or NULL when the plan does not have it. */
static const struct item_state *
maker(const struct run_state *s, const struct artifact_state *f)
{
	int step = s->workflow ? workflow_find(s->workflow, f->step) : -1;
	int item = f->item < 0 ? 0 : f->item;

	if (step < 0 || !s->steps || item >= s->steps[step].item_count)
		return NULL;
	return &s->steps[step].items[item];
}

int
artifacts_picture(const struct run_state *s, int n)
{
	for (size_t i = s ? s->artifact_count : 0; i > 0; i--) {
		const struct artifact_state *f = &s->artifacts[i - 1];
		const struct item_state *it = maker(s, f);

		if (!f->width || (it && it->attempt != f->attempt))
			continue;
		if (n-- == 0)
			return (int)i - 1;
	}
	return -1;
}

static void
view_row(const struct app *a, struct frame *f, struct rect r, int y,
	 size_t index)
{
	const struct artifact_state *x = &a->state->artifacts[index];
	AUTO_FREE char *made =
		x->item < 0 ?
			xasprintf("%s #%d", x->step, x->attempt) :
			xasprintf("%s[%d] #%d", x->step, x->item, x->attempt);
	AUTO_FREE char *size =
		x->width ? xasprintf("%dx%d", x->width, x->height) :
			   xasprintf("%" PRId64 " B", x->size_bytes);

	frame_cut(f, r, 1, y, 22, made, app_style(a, ROLE_TEXT));
	frame_cut(f, r, 24, y, 22, x->name, app_style(a, ROLE_STRONG));
	frame_cut(f, r, 47, y, 14, size, app_style(a, ROLE_DIM));
	if (x->checked)
		frame_text(f, r, 62, y,
			   x->visual_ok ? "checks passed" : "has findings",
			   app_style(a, x->visual_ok ? ROLE_GOOD : ROLE_WARN));
	else
		frame_text(f, r, 62, y, x->media_type ? x->media_type : "",
			   app_style(a, ROLE_DIM));
}

void
artifacts_view(struct main_layer *m, const struct app *a, struct frame *f,
	       struct rect r)
{
	int64_t count;

	main_filter_choose(m, a);
	count = (int64_t)m->filter.count;
	list_fit(&m->artifacts, count, r.h);
	if (!a->state->artifact_count)
		frame_text(f, r, 1, 0, "Nothing was made yet.",
			   app_style(a, ROLE_DIM));
	for (int y = 0; y < r.h; y++) {
		int64_t row = m->artifacts.first + y;
		int index = row_filter_row(&m->filter, row);
		struct rect line = { r.x, r.y + y, r.w, 1 };

		if (index < 0)
			break;
		view_row(a, f, r, y, (size_t)index);
		if (row == m->artifacts.at && m->focus == PANE_TAB)
			frame_restyle(f, line, app_style(a, ROLE_SELECTED));
	}
	frame_scrollbar(f, r, m->artifacts.first, r.h, count,
			app_style(a, ROLE_BORDER));
}

/* --- a picture with its words ------------------------------------------ */

/* The key numbers of a chart: what its tool measured of each series. */
static void
view_series(const struct app *a, struct frame *f, struct rect r, int y,
	    const struct item_state *it)
{
	AUTO_JSON *data = it->data ? cJSON_Parse(it->data) : NULL;
	const cJSON *one;
	int n = 0;

	cJSON_ArrayForEach (one, json_get(data, "series")) {
		const char *name = json_str(one, "name");

		if (n++ == SERIES_SHOWN || y + 1 >= r.h)
			break;
		frame_cut(f, r, 0, y++, r.w, name ? name : "values",
			  app_style(a, ROLE_STRONG));
		frame_printf(f, r, 2, y++, app_style(a, ROLE_TEXT),
			     "%.4g to %.4g, mean %.4g, n %.0f",
			     json_num(one, "min", NAN),
			     json_num(one, "max", NAN),
			     json_num(one, "mean", NAN), json_num(one, "n", 0));
	}
}

static int
view_findings(const struct app *a, struct frame *f, struct rect r, int y,
	      const struct artifact_state *x)
{
	AUTO_JSON *all = x->findings ? cJSON_Parse(x->findings) : NULL;
	int total = cJSON_GetArraySize(all), ok = 0;
	const cJSON *one;

	cJSON_ArrayForEach (one, all)
		ok += json_bool(one, "ok", true);
	if (x->checked)
		frame_printf(f, r, 0, y++,
			     app_style(a, ok == total ? ROLE_GOOD : ROLE_WARN),
			     "visual checks %d/%d passed", ok, total);
	cJSON_ArrayForEach (one, all) {
		const char *words = json_str(one, "message");

		if (!json_bool(one, "ok", true))
			y += frame_wrap(f, r, y, 0, words ? words : "",
					app_style(a, ROLE_WARN));
	}
	return y;
}

static void
view_facts(const struct app *a, struct frame *f, struct rect r, size_t index)
{
	const struct artifact_state *x = &a->state->artifacts[index];
	const struct item_state *it = maker(a->state, x);
	AUTO_JSON *args = it && it->args ? cJSON_Parse(it->args) : NULL;
	const char *title = json_str(args, "title");
	const char *words = it ? it->text : NULL;
	int y = 0;

	y += frame_wrap(f, r, y, 0, title ? title : x->name,
			app_style(a, ROLE_HEADING));
	frame_printf(f, r, 0, y++, app_style(a, ROLE_DIM),
		     "%s  %dx%d, attempt %d", x->file, x->width, x->height,
		     x->attempt);
	y = view_findings(a, f, r, y, x);
	/* The tool's own words often begin with the title. */
	if (words && title && str_starts(words, title))
		words += strlen(title) + strspn(words + strlen(title), "\n");
	/* They have the numbers, too. */
	if (words && *words)
		frame_wrap(f, r, y, 0, words, app_style(a, ROLE_TEXT));
	else if (it)
		view_series(a, f, r, y, it);
}

/* How many columns a picture gets in w x h cells. */
static double
picture_columns(const struct app *a, const struct artifact_state *x, int w,
		int h)
{
	double a_row = (double)x->width / x->height * a->caps->cell_height /
		       a->caps->cell_width;

	return h * a_row < w ? h * a_row : w;
}

/* Cuts the place of the words off: beside the picture or below it, where the
 * picture stays larger. */
static struct rect
facts_rect(const struct app *a, const struct artifact_state *x, struct rect *r)
{
	double beside = picture_columns(a, x, r->w - FACTS_WIDTH - 1, r->h);
	double below = picture_columns(a, x, r->w, r->h - FACTS_ROWS);
	struct rect facts;

	if (r->w < FACTS_WIDTH + PICTURE_MIN || below > beside * 1.1)
		return rect_cut_bottom(r, FACTS_ROWS);
	facts = rect_cut_right(r, FACTS_WIDTH);
	rect_cut_right(r, 1);
	return facts;
}

void
picture_panel(const struct app *a, struct frame *f, struct rect r, size_t index)
{
	picture_panel_at(a, f, r, index, 1, 0.5, 0.5);
}

void
picture_panel_at(const struct app *a, struct frame *f, struct rect r,
		 size_t index, double zoom, double pan_x, double pan_y)
{
	const struct artifact_state *x = &a->state->artifacts[index];
	AUTO_FREE char *path = artifact_path(a->run_dir, x->sha256, x->file);
	struct picture_slot slot = { .width = x->width,
				     .height = x->height,
				     .zoom = zoom,
				     .pan_x = pan_x,
				     .pan_y = pan_y };
	view_facts(a, f, facts_rect(a, x, &r), index);
	if (strlen(path) >= sizeof(slot.path) || r.w < 4 || r.h < 2)
		return;
	slot.rect = r;
	snprintf(slot.path, sizeof(slot.path), "%s", path);
	snprintf(slot.sha256, sizeof(slot.sha256), "%s", x->sha256);
	frame_picture(f, &slot);
}
