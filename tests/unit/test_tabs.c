/* The tabs of the main screen, its zoom, an agent's conversation, and where a
 * run can be forked. */
#include "app_test.h"

#include "run/fork.h"
#include "run/order.h"
#include "ui/main_view.h"

#define AGENTS \
	"name: agents\n" \
	"steps:\n" \
	"  - {id: look, uses: agent, with: {prompt: look}}\n" \
	"  - {id: write, uses: agent, with: {prompt: write}}\n" \
	"  - {id: check, uses: agent, with: {prompt: check}}\n"

/* What a hostile model may say: colours, a title, text from right to left, a
 * zero-width space. */
#define HOSTILE \
	"\\u001b[31mred\\u001b]0;title\\u0007 \\u202eabc\\u200b.\\n" \
	"# No heading of ours"

static void
apply(struct app_test *t, struct event e)
{
	core_apply(&t->c, &e);
	core_go(&t->c);
}

static void
asked(struct app_test *t, const char *step)
{
	apply(t,
	      (struct event){ .type = EV_agent_told,
			      .agent_told = { .step = step,
					      .item = -1,
					      .message = "{\"role\":\"user\","
							 "\"parts\":[{\"type\":"
							 "\"text\",\"text\":"
							 "\"draw\"}]}" } });
	apply(t,
	      (struct event){ .type = EV_model_reserved,
			      .model_reserved = { .step = step, .item = -1 } });
}

static void
turned(struct app_test *t, const char *step, const char *end, const char *parts)
{
	AUTO_FREE char *message =
		xasprintf("{\"role\":\"assistant\",\"parts\":[%s]}", parts);

	apply(t, (struct event){ .type = EV_model_turn,
				 .model_turn = { .step = step,
						 .item = -1,
						 .end = end,
						 .message = message,
						 .input_tokens = 1200,
						 .cached_tokens = 1000,
						 .output_tokens = 34,
						 .cost_microusd = 4200 } });
}

static void
called(struct app_test *t, const char *step, const char *says)
{
	AUTO_FREE char *result = xasprintf(
		"{\"role\":\"user\",\"parts\":[{\"type\":\"result\",\"id\":"
		"\"c1\",\"failed\":false,\"parts\":[{\"type\":\"text\","
		"\"text\":\"%s\"}]}]}",
		says);

	apply(t, (struct event){ .type = EV_call_started,
				 .call_started = { .step = step,
						   .item = -1,
						   .call = "c1",
						   .tool = "chart",
						   .read_only = true } });
	apply(t, (struct event){ .type = EV_call_finished,
				 .call_finished = { .step = step,
						    .item = -1,
						    .call = "c1",
						    .tool = "chart",
						    .outcome = "ok",
						    .result = result } });
}

/* One agent has answered, one uses a tool, one waits for its turn; what they
 * say is hostile. */
static void
run_agents(struct app_test *t)
{
	app_test_init(t,
		      "{\"approve\":\"critical\",\"model\":\"m1\","
		      "\"budget_microusd\":1000000}",
		      AGENTS, "{}");
	asked(t, "look");
	asked(t, "write");
	asked(t, "check");
	turned(t, "look", "done",
	       "{\"type\":\"text\",\"text\":\"" HOSTILE "\"}");
	turned(t, "write", "calls",
	       "{\"type\":\"text\",\"text\":\"I draw it\"},"
	       "{\"type\":\"call\",\"id\":\"c1\",\"name\":\"chart\","
	       "\"text\":\"{\\\"title\\\":\\\"\\\\u001b[2J\\\"}\"}");
	called(t, "write", HOSTILE);
}

static void
agents_have_a_row_each(void **state)
{
	struct app_test t;

	(void)state;
	run_agents(&t);
	app_test_open(&t, true);
	view_keys(&t.v, "Esc 4");
	view_goldens(&t.v, "tab-agents");
	view_has(&t.v, "look");
	view_has(&t.v, "$0.0084 of $1.0000");
	app_test_release(&t);
}

static void
a_conversation_shows_hostile_text_as_symbols(void **state)
{
	struct app_test t;

	(void)state;
	run_agents(&t);
	app_test_open(&t, true);
	view_keys(&t.v, "Esc 4 g Enter");
	view_goldens(&t.v, "conversation-answered");
	view_keys(&t.v, "Esc j Enter");
	view_goldens(&t.v, "conversation-tool");
	view_has(&t.v, "I draw it");
	view_monkey(&t.v, 7, 300);
	app_test_release(&t);
}

static void
tabs_of_a_run(void **state)
{
	static const char *const lines[] = { "Phase 1 of 4: research",
					     "  chart   ok   0.8 s" };
	struct app_test t;

	(void)state;
	app_test_init(&t, "{}", PICTURED, "{}");
	app_test_review(&t, 1);
	app_test_open(&t, true);
	app_test_lines(&t, lines, ARRAY_LEN(lines));
	view_keys(&t.v, "Esc 2");
	view_goldens(&t.v, "tab-plan");
	view_keys(&t.v, "3");
	view_goldens(&t.v, "tab-artifacts");
	view_keys(&t.v, "5");
	view_goldens(&t.v, "tab-log");
	view_keys(&t.v, "1 z");
	view_goldens(&t.v, "tab-zoomed");
	app_test_release(&t);
}

static void
send_runs(struct app_test *t)
{
	static const char *const ids[] = { "261125-1200-aaaaa",
					   "261125-1100-bbbbb" };
	struct run_rows rows = { 0 };
	struct msg m = { .kind = MSG_RUNS, .runs = &rows };

	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		GROW(rows.items, rows.count, rows.cap);
		rows.items[rows.count++] = (struct run_row){
			.id = xstrdup(ids[i]),
			.task = xstrdup("Review it"),
			.workspace = xstrdup("/w"),
			.status = xstrdup("succeeded"),
			.phase = xstrdup("learn"),
			.risk = xstrdup("low"),
			.created_us = VIEW_NOW_US - 1000000,
			.updated_us = VIEW_NOW_US,
		};
	}
	view_send(&t->v, &m);
}

/* One filter for all tabs; events are filtered where they are read. */
static void
tabs_have_a_filter(void **state)
{
	static const char *const lines[] = { "  chart   ok   0.8 s" };
	struct app_test t;

	(void)state;
	app_test_init(&t, "{}", PICTURED, "{}");
	app_test_review(&t, 1);
	app_test_open(&t, true);
	app_test_lines(&t, lines, ARRAY_LEN(lines));
	view_keys(&t.v, "f");
	view_type(&t.v, "CHart");
	assert_string_equal(t.v.a->feeds[FEED_ACTIVITY].filter, "CHart");
	assert_string_equal(t.v.a->feeds[FEED_LOG].filter, "CHart");
	assert_int_equal(app_test_ask(&t, ASK_FEED)->number, 0);
	assert_int_equal(t.v.a->feeds[FEED_ACTIVITY].lines.count, 0);
	view_has(&t.v, "reading ...");
	app_test_lines(&t, lines, ARRAY_LEN(lines));
	view_goldens(&t.v, "tab-filter");
	/* What is typed is no answer to the gate, and Enter ends it. */
	view_type(&t.v, "a");
	assert_null(view_ask(&t.v, ASK_DECIDE));
	view_keys(&t.v, "C-h Enter 2");
	view_goldens(&t.v, "tab-filter-plan");
	view_lacks(&t.v, "data_profile");
	view_keys(&t.v, "3");
	view_has(&t.v, "chart #1");
	view_keys(&t.v, "f");
	view_type(&t.v, "s");
	view_lacks(&t.v, "chart #1");
	view_keys(&t.v, "Enter Enter");
	view_has(&t.v, "filter: CHarts");
	view_keys(&t.v, "Esc");
	view_has(&t.v, "chart #1");
	assert_null(t.v.a->feeds[FEED_LOG].filter);
	/* Once more closes the run. */
	assert_null(view_ask(&t.v, ASK_OPEN_RUN));
	view_keys(&t.v, "Esc");
	app_test_ask(&t, ASK_OPEN_RUN);
	app_test_release(&t);
}

static void
agents_and_runs_have_a_filter(void **state)
{
	struct app_test t;

	(void)state;
	run_agents(&t);
	app_test_open(&t, true);
	view_keys(&t.v, "Esc 4 f");
	view_type(&t.v, "write");
	view_lacks(&t.v, "answered");
	view_keys(&t.v, "Enter Enter");
	view_has(&t.v, "I draw it");
	view_keys(&t.v, "Esc Esc f");
	view_monkey(&t.v, 3, 300);
	app_test_release(&t);

	app_test_init(&t, "{}", NULL, NULL);
	send_runs(&t);
	view_keys(&t.v, "Esc f");
	view_type(&t.v, "BBB");
	view_lacks(&t.v, "aaaaa");
	view_keys(&t.v, "Enter Enter");
	assert_string_equal(app_test_ask(&t, ASK_OPEN_RUN)->run,
			    "261125-1100-bbbbb");
	app_test_release(&t);
}

static void
arrives(struct app_test *t, const char *step, int turn, const char *text)
{
	struct engine_text x = { .run = t->c.s->id,
				 .step = step,
				 .item = -1,
				 .turn = turn,
				 .text = text };
	struct msg m = { .kind = MSG_ARRIVING, .arriving = &x };

	view_send(&t->v, &m);
}

/* While a turn comes its last words show, in the agent's row and below what
 * happened; another turn's, another agent's and a landed one's do not. */
static void
what_an_agent_says_shows_at_once(void **state)
{
	struct app_test t;

	(void)state;
	run_agents(&t);
	app_test_open(&t, true);
	arrives(&t, "look", 1, "late");     /* it has landed */
	arrives(&t, "check", 7, "another"); /* not the turn that comes */
	arrives(&t, NULL, 1, "no planner here");
	view_lacks(&t.v, "late");
	view_lacks(&t.v, "another");
	view_lacks(&t.v, "no planner here");
	arrives(&t, "check", 1, "First line.\nI \x1b[31mlook\xff");
	view_goldens(&t.v, "arriving-activity");
	view_keys(&t.v, "4");
	arrives(&t, "check", 1,
		"First line.\n\u65e5\u672c and on and on, more than a row "
		"of any of these screens has room for, so that its end is "
		"what is to be seen, \u65e5\u672c, as it must, and here it "
		"is even longer than the widest of them all can show.");
	view_goldens(&t.v, "arriving-agents");
	turned(&t, "check", "done", "{\"type\":\"text\",\"text\":\"Done\"}");
	view_lacks(&t.v, "can show.");
	view_monkey(&t.v, 11, 200);
	app_test_release(&t);
}

/* The call that the form showed is the one that is taken back, whatever
 * begins meanwhile; a pause shows as long as it keeps something back. */
static void
orders_name_what_was_shown(void **state)
{
	struct app_test t;
	struct ask *k;

	(void)state;
	run_agents(&t);
	turned(&t, "check", "calls",
	       "{\"type\":\"call\",\"id\":\"k1\",\"name\":\"chart\","
	       "\"text\":\"{}\"},{\"type\":\"call\",\"id\":\"k2\",\"name\":"
	       "\"python\",\"text\":\"{}\"}");
	app_test_open(&t, true);
	view_keys(&t.v, "4 G w");
	view_has(&t.v, "The call of chart that has not begun");
	apply(&t, (struct event){ .type = EV_call_started,
				  .call_started = { .step = "check",
						    .item = -1,
						    .call = "k1",
						    .tool = "chart" } });
	app_test_changed(&t, true);
	view_keys(&t.v, "C-s");
	k = app_test_ask(&t, ASK_ORDER);
	assert_int_equal(k->number, ORDER_WITHDRAW);
	assert_string_equal(k->text, "check");
	assert_string_equal(k->values, "k1");
	view_keys(&t.v, "P");
	k = app_test_ask(&t, ASK_ORDER);
	assert_int_equal(k->number, ORDER_PAUSE);
	assert_null(k->values);
	apply(&t, (struct event){ .type = EV_agent_paused,
				  .agent_paused = { .step = "check",
						    .item = -1,
						    .paused = true } });
	view_has(&t.v, "paused");
	t.c.s->agents[2]->status = AGENT_ANSWERED;
	view_lacks(&t.v, "paused");
	app_test_release(&t);
}

/* What fills the window of the chosen agent, by who brought it: a guide that
 * the engine loaded stands in what it was told, one that it asked for in the
 * results. */
static void
tokens_have_their_source(void **state)
{
	AUTO(buf) told = BUF_INIT;
	AUTO_FREE char *json = NULL;
	struct app_test t;

	(void)state;
	run_agents(&t);
	while (told.len < 3800)
		buf_addstr(&told, "word ");
	json = xasprintf("{\"role\":\"user\",\"parts\":[{\"type\":\"text\","
			 "\"text\":\"%s\"}]}",
			 buf_str(&told));
	apply(&t, (struct event){
			  .type = EV_reference_loaded,
			  .reference_loaded = { .step = "look",
						.item = -1,
						.reference = "planning-guide",
						.reason = "phase plan",
						.tokens = 400 } });
	t.c.s->agents[0]->status = AGENT_IDLE;
	apply(&t, (struct event){ .type = EV_agent_told,
				  .agent_told = { .step = "look",
						  .item = -1,
						  .message = json } });
	app_test_open(&t, true);
	view_keys(&t.v, "4");
	view_has(&t.v, "tokens, about: 400 guides, 602 told, 14 its own, 184 "
		       "base and tools");
	view_keys(&t.v, "j");
	view_has(&t.v, "about: 2 told, 14 results, 10 its own, ");
	app_test_release(&t);
}

/* "ctx n/limit": what the fullest agent read of what its model can. */
static void
the_title_says_how_full_the_context_is(void **state)
{
	static const struct {
		int64_t tokens, limit;
		const char *words;
	} rows[] = {
		{ 1200, 200000, "ctx 1.2k/200k  " },
		{ 999, 1048576, "ctx 999/1M  " },
		{ 1000, 0, "ctx 1k  " },
		{ 12999, 128000, "ctx 12k/128k  " },
		{ 9999, 1500000, "ctx 9.9k/1.5M  " },
	};
	struct app_test t;

	(void)state;
	run_agents(&t);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct msg m = { .kind = MSG_RUN,
				 .run = t.c.s->id,
				 .state = t.c.s,
				 .run_dir = "/runs/R",
				 .context_tokens = rows[i].limit };

		t.c.s->agents[0]->read_tokens = rows[i].tokens;
		t.c.s->agents[1]->read_tokens = rows[i].tokens / 2;
		view_send(&t.v, &m);
		view_has(&t.v, rows[i].words);
	}
	t.c.s->agents[0]->read_tokens = t.c.s->agents[1]->read_tokens = 0;
	view_lacks(&t.v, "ctx");
	app_test_release(&t);
}

/* --- forks -------------------------------------------------------------- */

static void
send_points(struct app_test *t, int64_t ticket)
{
	static const struct {
		int64_t seq;
		const char *what;
	} points[] = {
		{ 12, "research is done" },
		{ 15, "the plan is accepted" },
		{ 21, "gate 1 approve: Run \x1b[31mthis\x1b[m?" },
		{ 25, "step chart: ok" },
	};
	struct fork_points p = { .last = 30 };
	struct msg m = { .kind = MSG_POINTS, .points = &p, .ticket = ticket };

	for (size_t i = 0; i < ARRAY_LEN(points); i++) {
		GROW(p.items, p.count, p.cap);
		p.items[p.count++] = (struct fork_point){
			points[i].seq,
			VIEW_NOW_US - (60 - (int64_t)i) * INT64_C(1000000),
			xstrdup(points[i].what),
		};
	}
	view_send(&t->v, &m);
	/* Taken, or not for this view. */
	fork_points_release(&p);
}

static void
a_fork_begins_at_a_chosen_place(void **state)
{
	struct app_test t;
	struct ask *k;

	(void)state;
	app_test_init(&t, "{}", NULL, NULL);
	send_runs(&t);
	view_keys(&t.v, "Esc r j F");
	k = app_test_ask(&t, ASK_POINTS);
	assert_string_equal(k->run, "261125-1100-bbbbb");
	send_points(&t, k->ticket + 1000);
	view_has(&t.v, "Reading");
	assert_null(view_ask(&t.v, ASK_FORK));
	app_test_release(&t);

	app_test_init(&t, "{}", NULL, NULL);
	send_runs(&t);
	view_keys(&t.v, "Esc r j F");
	send_points(&t, app_test_ask(&t, ASK_POINTS)->ticket);
	view_goldens(&t.v, "fork");
	/* The last gate is chosen; one further down is a step. */
	view_keys(&t.v, "j Enter");
	k = app_test_ask(&t, ASK_FORK);
	assert_string_equal(k->run, "261125-1100-bbbbb");
	assert_int_equal(k->number, 25);
	app_test_release(&t);
}

static void
two_runs_are_compared(void **state)
{
	struct app_test t;

	(void)state;
	app_test_init(&t, "{}", NULL, NULL);
	send_runs(&t);
	view_keys(&t.v, "Esc r c");
	view_goldens(&t.v, "runs-marked");
	/* The same again: no mark any more. */
	view_keys(&t.v, "c j c c");
	assert_null(view_ask(&t.v, ASK_COMMAND));
	view_keys(&t.v, "c k c");
	assert_string_equal(app_test_ask(&t, ASK_COMMAND)->values,
			    "[\"compare\",\"--json\",\"--\","
			    "\"261125-1100-bbbbb\","
			    "\"261125-1200-aaaaa\"]");
	app_test_release(&t);
}

/* What `agentops compare --json` says of two runs with a chart each; titles
 * may be anything. */
static void
pictures_of_two_runs_are_side_by_side(void **state)
{
	static const char said[] =
		"{\"a\":\"261125-1100-bbbbb\",\"b\":\"261125-1200-aaaaa\","
		"\"a_dir\":\"/runs/B\",\"b_dir\":\"/runs/A\",\"rows\":["
		"{\"part\":\"run\",\"key\":\"task\",\"a\":\"Review it\","
		"\"b\":\"Review it\",\"same\":true},"
		"{\"part\":\"run\",\"key\":\"duration_us\",\"a\":1500000,"
		"\"b\":2500000,\"same\":false},"
		"{\"part\":\"input\",\"key\":\"title\",\"a\":"
		"\"\\u001b[31mred\",\"b\":\"\\u202eblue\",\"same\":false},"
		"{\"part\":\"step\",\"key\":\"chart\",\"a\":{\"status\":"
		"\"done\",\"attempts\":1,\"wall_us\":12000,\"text\":"
		"\"21 points\"},\"b\":null,\"same\":false},"
		"{\"part\":\"artifact\",\"key\":\"chart/chart\",\"a\":"
		"{\"file\":\"chart.png\",\"sha256\":\"1111111111\","
		"\"size_bytes\":5,\"width\":1280,\"height\":800},\"b\":"
		"{\"file\":\"chart.png\",\"sha256\":\"2222222222\","
		"\"size_bytes\":5,\"width\":1280,\"height\":800},"
		"\"same\":false}]}";
	struct msg m = { .kind = MSG_DOCUMENT };
	AUTO(buf) text = BUF_INIT;
	struct app_test t;

	(void)state;
	app_test_init(&t, "{}", NULL, NULL);
	send_runs(&t);
	view_keys(&t.v, "Esc r j c k c");
	view_has(&t.v, "Reading ...");
	buf_addstr(&text, said);
	m.text = &text;
	m.ticket = app_test_ask(&t, ASK_COMMAND)->ticket;
	view_send(&t.v, &m);
	view_goldens(&t.v, "compare-rows");
	view_keys(&t.v, "n n n n n");
	view_goldens(&t.v, "compare-pictures");
	view_has(&t.v, "[picture 1111111111.png");
	view_has(&t.v, "[picture 2222222222.png");
	view_monkey(&t.v, 5, 200);
	app_test_release(&t);

	app_test_init(&t, "{}", NULL, NULL);
	view_type(&t.v, "/compare a b");
	view_keys(&t.v, "Enter");
	buf_reset(&text);
	buf_addstr(&text, "{\"a\":");
	m.ticket = app_test_ask(&t, ASK_COMMAND)->ticket;
	view_send(&t.v, &m);
	view_has(&t.v, "more to compare than fits here");
	app_test_release(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agents_have_a_row_each),
		cmocka_unit_test(a_conversation_shows_hostile_text_as_symbols),
		cmocka_unit_test(tabs_of_a_run),
		cmocka_unit_test(tabs_have_a_filter),
		cmocka_unit_test(agents_and_runs_have_a_filter),
		cmocka_unit_test(what_an_agent_says_shows_at_once),
		cmocka_unit_test(orders_name_what_was_shown),
		cmocka_unit_test(tokens_have_their_source),
		cmocka_unit_test(the_title_says_how_full_the_context_is),
		cmocka_unit_test(a_fork_begins_at_a_chosen_place),
		cmocka_unit_test(two_runs_are_compared),
		cmocka_unit_test(pictures_of_two_runs_are_side_by_side),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
