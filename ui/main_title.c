/* The line at the top of the main screen: what is open, what it reads and
 * costs, how long it takes, and who waits. */
#include "ui/main_view.h"

#include "base/clock.h"

#include <inttypes.h>
#include <string.h>

bool
main_goes_on(const struct app *a)
{
	const struct run_rows *rows = &a->runs;

	if (a->own || a->state->ended)
		return !a->state->ended;
	for (size_t i = 0; i < rows->count; i++)
		if (strcmp(rows->items[i].id, a->state->id) == 0)
			return rows->items[i].owned;
	return false;
}

void
title_tokens(struct buf *out, int64_t n)
{
	static const struct {
		int64_t size;
		const char *unit;
	} units[] = { { 1000000, "M" }, { 1000, "k" } };

	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		int64_t size = units[i].size, tenth = n % size / (size / 10);

		if (n < size)
			continue;
		if (tenth && n < 10 * size)
			buf_printf(out, "%" PRId64 ".%" PRId64 "%s", n / size,
				   tenth, units[i].unit);
		else
			buf_printf(out, "%" PRId64 "%s", n / size,
				   units[i].unit);
		return;
	}
	buf_printf(out, "%" PRId64, n);
}

/* "ctx 812/200k  ": what the fullest agent's last turn read, of what the
 * model can, where that is known. */
static void
add_context(struct buf *out, const struct app *a)
{
	const struct run_state *s = a->state;
	int64_t most = 0;

	for (size_t i = 0; i < s->agent_count; i++)
		if (s->agents[i]->read_tokens > most)
			most = s->agents[i]->read_tokens;
	if (!most)
		return;
	buf_addstr(out, "ctx ");
	title_tokens(out, most);
	if (a->context_tokens) {
		buf_addch(out, '/');
		title_tokens(out, a->context_tokens);
	}
	buf_addstr(out, "  ");
}

static void
add_run(struct buf *out, const struct app *a)
{
	const struct run_state *s = a->state;
	AUTO_FREE char *spend = agents_spend(s);
	char took[CLOCK_DURATION_SIZE];

	add_context(out, a);
	if (*spend)
		buf_printf(out, "%s  ", spend);
	buf_printf(out, "%s  ",
		   clock_duration((main_goes_on(a) ? a->now_us : s->last_us) -
					  s->created_us,
				  took));
}

void
title_view(const struct app *a, struct frame *f, struct rect r)
{
	const struct run_state *s = a->state;
	struct style bar = app_style(a, ROLE_BAR);
	const char *help = keymap_key(a->keys, ACTION_GLOBAL_HELP);
	AUTO(buf) right = BUF_INIT;
	int x;

	frame_fill(f, r, bar);
	if (a->gates.count)
		buf_printf(&right, "%zu waiting (%s)  ", a->gates.count,
			   keymap_key(a->keys, ACTION_GLOBAL_INBOX));
	if (s)
		add_run(&right, a);
	buf_printf(&right, "%s help ", help);
	x = frame_text(f, r, 1, 0, "agentops", bar);
	if (s) {
		AUTO_FREE char *words = xasprintf(
			"%s %s %s%s", s->task ? s->task : "",
			frame_glyph(f, GLYPH_DOT),
			s->limit ? risk_name(s->risk) : phase_name(s->phase),
			s->options.sandbox_off ? " SANDBOX OFF" : "");

		frame_cut(f, r, x + 2, 0,
			  r.w - x - 4 - text_width(buf_str(&right)), words,
			  bar);
	}
	frame_right(f, r, 0, 0, buf_str(&right), bar);
}
