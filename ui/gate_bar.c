/* The bar of the open gate: what is asked, under which risk and sandbox, what
 * changed, and the keys that answer. */
#include "ui/main_view.h"

#include "base/json.h"
#include "cli/gate_text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { BAR_ROWS = 5 };

int
gate_bar_rows(const struct app *a)
{
	return app_gate(a) ? BAR_ROWS : 0;
}

/* The widest profile that what the gate lets through may have. */
static enum sandbox_profile
gate_profile(const struct run_state *s, const struct gate_state *g)
{
	enum sandbox_profile most = SANDBOX_READ_ONLY;

	if (!s->workflow)
		return most;
	for (size_t i = 0; i < s->workflow->step_count; i++) {
		enum sandbox_profile p =
			run_profile(s, &s->workflow->steps[i].action);

		if ((g->step < 0 || (int)i == g->step) && p > most)
			most = p;
	}
	return most;
}

/* One line on what a person should know before answering. */
static char *
summary(const struct app *a, const struct gate_state *g)
{
	AUTO_JSON *shown = g->shown ? cJSON_Parse(g->shown) : NULL;
	AUTO(strv) changes = STRV_INIT;
	const char *problem = json_str(shown, "problem");
	const char *error = json_str(shown, "error");
	AUTO(buf) b = BUF_INIT;

	if (problem)
		buf_printf(&b, "%s. ", problem);
	if (error)
		buf_printf(&b, "%s. ", error);
	if (a->state->limit)
		buf_printf(&b, "Iteration %d of %d. ", a->state->iteration,
			   a->state->limit);
	gate_text_changes(g->shown, &changes);
	for (size_t i = 0; i < changes.count; i++)
		buf_printf(&b, "%s%s", i ? "; " : "", changes.items[i]);
	return buf_steal(&b);
}

static const enum action approve_keys[] = {
	ACTION_GATE_APPROVE,      ACTION_GATE_ITERATE,
	ACTION_GATE_REJECT,       ACTION_GLOBAL_ARTIFACT,
	ACTION_GATE_BEFORE_AFTER, ACTION_GATE_DETAILS,
	ACTION_GLOBAL_HELP,       ACTION_NONE,
};
static const enum action plan_keys[] = {
	ACTION_GATE_APPROVE, ACTION_GATE_EDIT,    ACTION_GATE_ITERATE,
	ACTION_GATE_REJECT,  ACTION_GATE_DETAILS, ACTION_GLOBAL_HELP,
	ACTION_NONE,
};
static const enum action limit_keys[] = {
	ACTION_GATE_APPROVE, ACTION_GATE_REJECT, ACTION_GATE_DETAILS,
	ACTION_GLOBAL_HELP,  ACTION_NONE,
};
static const enum action form_keys[] = {
	ACTION_GATE_FILL,   ACTION_GATE_REJECT, ACTION_GATE_DETAILS,
	ACTION_GLOBAL_HELP, ACTION_NONE,
};
static const enum action interrupted_keys[] = {
	ACTION_GATE_RETRY, ACTION_GATE_MARK_DONE, ACTION_GATE_SKIP,
	ACTION_GATE_STOP,  ACTION_GATE_DETAILS,   ACTION_GLOBAL_HELP,
	ACTION_NONE,
};

static const enum action *const keys_of[] = {
	[GATE_APPROVE] = approve_keys, [GATE_PLAN] = plan_keys,
	[GATE_REVIEW] = approve_keys,  [GATE_LIMIT] = limit_keys,
	[GATE_FORM] = form_keys,       [GATE_INTERRUPTED] = interrupted_keys,
};

/* The frame in the colour that the title has as its ground. */
static struct style
edge_style(const struct app *a, enum role role)
{
	struct style st = app_style(a, role);

	if (st.bg != COLOUR_DEFAULT) {
		st.fg = st.bg;
		st.bg = COLOUR_DEFAULT;
	}
	st.attrs &= STYLE_BOLD;
	return st;
}

void
gate_bar_view(const struct app *a, struct frame *f, struct rect r)
{
	const struct run_state *s = a->state;
	const struct gate_state *g = app_gate(a);
	time_t at = (time_t)(g->opened_us / 1000000);
	AUTO_FREE char *words = summary(a, g), *title = NULL;
	enum role role = s->options.sandbox_off ? ROLE_BAD : ROLE_GATE;
	struct rect in;
	struct tm tm;

	localtime_r(&at, &tm);
	title = xasprintf(" Gate %d%s %s %s risk %s %s %s ", g->number,
			  s->gates_open > 1 ? " (more follow)" : "",
			  gate_kind_name(g->kind), frame_glyph(f, GLYPH_DOT),
			  risk_name(g->risk), frame_glyph(f, GLYPH_DOT),
			  s->options.sandbox_off ?
				  "SANDBOX OFF" :
				  sandbox_profile_name(gate_profile(s, g)));
	in = frame_box(f, r, title, edge_style(a, role), app_style(a, role));
	frame_printf(f, (struct rect){ r.x, r.y, r.w - 2, 1 }, r.w - 23, 0,
		     app_style(a, ROLE_DIM), " waiting since %02d:%02d ",
		     tm.tm_hour, tm.tm_min);
	frame_cut(f, in, 1, 0, in.w - 2, g->title ? g->title : "",
		  app_style(a, ROLE_STRONG));
	frame_cut(f, in, 1, 1, in.w - 2, words, app_style(a, ROLE_TEXT));
	app_keys(a, f, in, 1, 2, keys_of[g->kind]);
}
