/*
 * agents_tab.c - the agents of the open run, a row each, and one agent's
 * conversation as a text. Everything is from the fold (run/agent_state.h).
 */
#include "ui/form.h"
#include "ui/main_view.h"

#include "base/clock.h"
#include "base/json.h"
#include "know/reference.h"
#include "run/order.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { RESULT_BYTES = 4000, WIDE = 88 };

static enum role
state_role(const struct agent_state *g)
{
	static const enum role roles[] = {
		[AGENT_IDLE] = ROLE_DIM,      [AGENT_WANTS] = ROLE_TEXT,
		[AGENT_ASKING] = ROLE_RUN,    [AGENT_CALLING] = ROLE_RUN,
		[AGENT_ANSWERED] = ROLE_GOOD, [AGENT_FAILED] = ROLE_BAD,
	};

	return order_is_held(g) ? ROLE_WARN : roles[g->status];
}

/* What it did last, in a few words; caller frees. */
static char *
last_action(const struct agent_state *g)
{
	const struct agent_call *waits = order_call(g, NULL);

	if (g->status == AGENT_FAILED && g->error)
		return xstrdup(g->error);
	if (g->paused && waits)
		return xasprintf("waits: %s %s", waits->tool,
				 waits->args ? waits->args : "");
	for (size_t i = g->call_count; i > 0; i--)
		if (g->calls[i - 1].status != CALL_WAITING)
			return xasprintf("%s %s", g->calls[i - 1].tool,
					 g->calls[i - 1].args ?
						 g->calls[i - 1].args :
						 "");
	for (size_t i = g->history.count; i > 0; i--)
		if (g->history.items[i - 1].role == ROLE_ASSISTANT)
			return message_plain(&g->history.items[i - 1]);
	return xstrdup("");
}

/* "$0.0421"; caller frees. */
static char *
dollars(int64_t microusd)
{
	return xasprintf("$%.4f", (double)microusd / 1e6);
}

char *
agents_spend(const struct run_state *s)
{
	AUTO_FREE char *spent = dollars(s->spend.spent_microusd);
	AUTO_FREE char *limit = NULL;

	if (!s->agent_count)
		return xstrdup("");
	if (!s->spend.limit_microusd)
		return xasprintf("%s %s",
				 s->options.model ? s->options.model : "",
				 spent);
	limit = dollars(s->spend.limit_microusd);
	return xasprintf("%s %s of %s",
			 s->options.model ? s->options.model : "", spent,
			 limit);
}

/* Name, state and turn. */
static void
view_state(const struct app *a, struct frame *f, struct rect r, int y,
	   const struct agent_state *g, const char *turn)
{
	AUTO_FREE char *name = run_agent_name(a->state, g);

	frame_cut(f, r, 1, y, 19, name, app_style(a, ROLE_STRONG));
	frame_cut(f, r, 21, y, 12, order_state_word(g),
		  app_style(a, state_role(g)));
	frame_printf(f, r, 33, y, app_style(a, ROLE_DIM), "%s%d", turn,
		     g->turn);
}

/* What its last turn read, what it cost, and how long it works. */
static void
view_figures(const struct app *a, struct frame *f, struct rect r, int y,
	     const struct agent_state *g)
{
	bool works = g->status == AGENT_ASKING || g->status == AGENT_CALLING;
	int64_t end_us = works && main_goes_on(a) ? a->now_us : g->last_us;
	AUTO_FREE char *cost = dollars(g->cost_microusd);
	char took[CLOCK_DURATION_SIZE];
	AUTO(buf) b = BUF_INIT;

	title_tokens(&b, g->read_tokens);
	frame_printf(f, r, 37, y, app_style(a, ROLE_DIM), "%5s %8s %10s",
		     buf_str(&b), cost,
		     clock_duration(end_us - g->began_us, took));
}

static void
view_row(const struct app *a, struct frame *f, struct rect r, int y,
	 const struct agent_state *g)
{
	const char *now = arriving_text(&a->arriving, a->state, g);
	bool wide = r.w >= WIDE;
	int x = wide ? 63 : 43;
	AUTO_FREE char *last =
		now ? arriving_line(now, r.w - x - 1) : last_action(g);

	view_state(a, f, r, y, g, wide ? "t" : "turn ");
	if (wide)
		view_figures(a, f, r, y, g);
	last[strcspn(last, "\n")] = 0;
	frame_cut(f, r, x, y, r.w - x - 1, last,
		  app_style(a, now ? ROLE_RUN : ROLE_TEXT));
}

bool
agents_hold(const struct row_filter *filter, const struct run_state *s,
	    const struct agent_state *g)
{
	AUTO_FREE char *name = NULL, *last = NULL;

	if (!filter->text.text.len)
		return true;
	name = run_agent_name(s, g);
	last = last_action(g);
	return row_filter_in(filter, name) || row_filter_in(filter, last) ||
	       row_filter_in(filter, order_state_word(g));
}

/* --- what fills the window ------------------------------------------------- */

/* Bytes of a conversation by who brought them. */
struct sources {
	size_t told, results, own;
	int pictures;
};

static void
add_source(struct sources *s, enum message_role role,
	   const struct message_part *p)
{
	size_t n = (p->text ? strlen(p->text) : 0) +
		   (p->kind == PART_CALL && p->name ? strlen(p->name) : 0);

	if (p->kind == PART_IMAGE)
		s->pictures++;
	for (size_t i = 0; i < p->part_count; i++) {
		const struct message_part *one = &p->parts[i];

		s->results += one->text ? strlen(one->text) : 0;
		s->pictures += one->kind == PART_IMAGE;
	}
	if (role == ROLE_ASSISTANT)
		s->own += n;
	else
		s->told += n;
}

static int64_t
at_least_0(int64_t n)
{
	return n > 0 ? n : 0;
}

/* "about 790 guides, 240 told, 5.1k results, 400 its own, 1.9k base and
 * tools": guides stand in what it was told, or in the results of the calls
 * that asked for them. Caller frees. */
static char *
sources_words(const struct agent_state *g)
{
	struct sources s = { 0 };
	int64_t asked = g->asked_tokens, loaded = g->reference_tokens - asked;
	struct {
		const char *name;
		int64_t tokens;
	} rows[5] = { { "guides", g->reference_tokens } };
	int64_t rest = g->read_tokens;
	AUTO(buf) b = BUF_INIT;

	for (size_t i = 0; i < g->history.count; i++)
		for (size_t k = 0; k < g->history.items[i].part_count; k++)
			add_source(&s, g->history.items[i].role,
				   &g->history.items[i].parts[k]);
	rows[1].name = "told";
	rows[1].tokens = at_least_0(tokens_about(s.told) - loaded);
	rows[2].name = "results";
	rows[2].tokens = at_least_0(tokens_about(s.results) - asked);
	rows[3].name = "its own";
	rows[3].tokens = tokens_about(s.own);
	for (size_t i = 0; i < 4; i++)
		rest -= rows[i].tokens;
	rows[4].name = "base and tools";
	rows[4].tokens = s.pictures ? 0 : rest;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].tokens < 2)
			continue;
		buf_addstr(&b, b.len ? ", " : "tokens, about: ");
		title_tokens(&b, rows[i].tokens);
		buf_printf(&b, " %s", rows[i].name);
	}
	if (s.pictures)
		buf_printf(&b, ", %d picture%s", s.pictures,
			   s.pictures == 1 ? "" : "s");
	return buf_steal(&b);
}

/* Of the chosen agent, at the bottom. */
static void
view_sources(const struct main_layer *m, const struct app *a, struct frame *f,
	     struct rect *r)
{
	int row = row_filter_row(&m->filter, m->agents.at);
	AUTO_FREE char *words = NULL;

	if (row < 0 || r->h < 3)
		return;
	words = sources_words(a->state->agents[row]);
	frame_cut(f, rect_cut_bottom(r, 1), 1, 0, r->w - 2, words,
		  app_style(a, ROLE_DIM));
}

void
agents_view(struct main_layer *m, const struct app *a, struct frame *f,
	    struct rect r)
{
	const struct run_state *s = a->state;
	struct rect head = rect_cut_top(&r, 1);
	AUTO_FREE char *spend = agents_spend(s);

	main_filter_choose(m, a);
	view_sources(m, a, f, &r);
	list_fit(&m->agents, (int64_t)m->filter.count, r.h);
	if (!s->agent_count) {
		frame_text(f, head, 1, 0, "No agent works in this run.",
			   app_style(a, ROLE_DIM));
		return;
	}
	frame_printf(f, head, 1, 0, app_style(a, ROLE_DIM),
		     "%s  %d turns, %" PRId64 " tokens read, %" PRId64
		     " written",
		     spend, s->spend.turns, s->spend.input_tokens,
		     s->spend.output_tokens);
	for (int y = 0; y < r.h; y++) {
		int64_t i = m->agents.first + y;
		int row = row_filter_row(&m->filter, i);
		struct rect line = { r.x, r.y + y, r.w, 1 };

		if (row < 0)
			break;
		view_row(a, f, r, y, s->agents[row]);
		if (i == m->agents.at && m->focus == PANE_TAB)
			frame_restyle(f, line, app_style(a, ROLE_SELECTED));
	}
}

/* --- a conversation ------------------------------------------------------ */

/* As a block that no Markdown inside can end. */
static void
add_block(struct buf *out, const char *text)
{
	size_t len = text ? strlen(text) : 0;
	size_t shown = len < RESULT_BYTES ? len : RESULT_BYTES;

	for (size_t at = 0; at < shown;) {
		size_t n = strcspn(text + at, "\n");

		if (n > shown - at)
			n = shown - at;
		buf_addstr(out, "    ");
		buf_add(out, text + at, n);
		buf_addch(out, '\n');
		at += n + 1;
	}
	if (len > shown)
		buf_printf(out, "    ... %zu bytes in all\n", len);
	buf_addch(out, '\n');
}

static void
add_part(struct buf *out, const struct message_part *p)
{
	switch (p->kind) {
	case PART_TEXT:
		add_block(out, p->text);
		break;
	case PART_IMAGE:
	case PART_FILE:
		buf_addstr(out, "a file it sees:\n\n");
		add_block(out, p->name ? p->name : p->path);
		break;
	case PART_CALL:
		buf_addstr(out, "**calls**\n\n");
		add_block(out, p->name);
		add_block(out, p->text);
		break;
	case PART_RESULT:
		buf_printf(out, "**%s**\n\n",
			   p->failed ? "the call failed" : "the result");
		for (size_t i = 0; i < p->part_count; i++)
			if (p->parts[i].kind == PART_TEXT)
				add_block(out, p->parts[i].text);
			else
				add_block(out, p->parts[i].name ?
						       p->parts[i].name :
						       p->parts[i].path);
		break;
	case PART_OPAQUE:
		buf_addstr(out, "(it reasons)\n\n");
		break;
	}
}

void
agents_open(struct main_layer *m, struct app *a)
{
	const struct run_state *s = a->state;
	const struct agent_state *g;
	AUTO_FREE char *title = NULL;
	AUTO(buf) text = BUF_INIT;
	int row;

	row = main_filter_row(m, a, m->agents.at);
	if (row < 0)
		return;
	g = s->agents[row];
	title = run_agent_name(s, g);
	if (g->references)
		buf_printf(&text, "*%d guide%s, about %" PRId64 " tokens*\n\n",
			   g->references, g->references == 1 ? "" : "s",
			   g->reference_tokens);
	for (size_t i = 0; i < g->history.count; i++) {
		const struct message *x = &g->history.items[i];

		buf_printf(&text, "## %s\n\n",
			   x->role == ROLE_USER ? "told" : "the model");
		for (size_t k = 0; k < x->part_count; k++)
			add_part(&text, &x->parts[k]);
	}
	if (g->error) {
		buf_addstr(&text, "## the last turn failed\n\n");
		add_block(&text, g->error);
	}
	app_push(a, document_text(a, title, buf_str(&text), true));
}

/* --- what a person tells the chosen one ---------------------------------- */

/* What a form is about: an agent, and the call it showed. */
struct about {
	char *agent, *call;
};

static void
about_free(void *ud)
{
	struct about *b = ud;

	free(b->agent);
	free(b->call);
	free(b);
}

static void
ask_order(struct app *a, enum order_kind kind, const char *agent,
	  const char *call, const char *text)
{
	struct ask *k = app_ask(a, ASK_ORDER);

	k->run = xstrdup(a->state->id);
	k->text = xstrdup(agent);
	k->number = kind;
	k->values = xstrdup0(call);
	k->more = xstrdup0(text);
}

static void
on_words(struct app *a, void *ud, const cJSON *values, const cJSON *changed)
{
	const struct about *b = ud;

	(void)changed;
	if (a->state)
		ask_order(a, b->call ? ORDER_WITHDRAW : ORDER_SAY, b->agent,
			  b->call, json_str(values, "text"));
}

/* call NULL: words for the agent. */
static void
ask_words(struct app *a, const char *agent, const struct agent_call *call,
	  const char *title, const char *intro)
{
	AUTO_FREE char *key = xasprintf("%s.%s.%s", a->state->id, agent, title);
	struct about *b = xcalloc(1, sizeof(*b));
	struct form *f = form_new(a, key, title, intro);

	b->agent = xstrdup(agent);
	b->call = xstrdup0(call ? call->id : NULL);
	form_add(f, &(struct form_field){ .name = "text",
					  .label = "Your words",
					  .help = "kept in the journal",
					  .type = FORM_COMMENT,
					  .required = !call });
	form_on_submit(f, on_words, b, about_free);
	app_push(a, form_layer(f));
}

static void
ask_withdraw(struct app *a, const char *agent, const struct agent_state *g)
{
	const struct agent_call *k = order_call(g, NULL);
	AUTO_FREE char *intro = NULL;

	if (!k) {
		app_note(a, true,
			 "No call of %s waits; pause it to hold the "
			 "next ones",
			 agent);
		return;
	}
	intro = xasprintf("The call of %s that has not begun is taken back: "
			  "%s",
			  k->tool, k->args ? k->args : "");
	ask_words(a, agent, k, "Take back", intro);
}

bool
agents_action(struct main_layer *m, struct app *a, enum action act)
{
	const struct agent_state *g;
	AUTO_FREE char *name = NULL;
	int row;

	if (m->tab != TAB_AGENTS || m->focus != PANE_TAB || !a->state)
		return false;
	row = main_filter_row(m, a, m->agents.at);
	if (row < 0)
		return false;
	g = a->state->agents[row];
	name = run_agent_name(a->state, g);
	switch (act) {
	case ACTION_MAIN_SAY:
		ask_words(a, name, NULL, "Say",
			  "It hears this before its next turn.");
		return true;
	case ACTION_MAIN_PAUSE:
		ask_order(a, g->paused ? ORDER_GO_ON : ORDER_PAUSE, name, NULL,
			  NULL);
		return true;
	case ACTION_MAIN_WITHDRAW:
		ask_withdraw(a, name, g);
		return true;
	default:
		return false;
	}
}
