/* The whole app: messages in, frames and asks out. */
#include "app_test.h"

#include "ui/main_view.h"

#include <time.h>

#define FORMED \
	"name: formed\n" \
	"inputs:\n" \
	"  n: {type: number, required: true, min: 1, max: 9}\n" \
	"steps: [{id: a, uses: data_profile, with: " \
	"{path: '{{ inputs.n }}'}}]\n"

static const char *const told[] = {
	"Phase 1 of 4: research",
	"  worker patterns: 3 fit",
	"Phase 2 of 4: plan",
	"Phase 3 of 4: implement",
	"  chart   ok   0.8 s  21 points",
};

/* --- no run -------------------------------------------------------------- */

static void
send_runs(struct app_test *t)
{
	static const struct {
		const char *id, *status, *task;
		int gates;
		bool owned;
	} runs[] = {
		{ "261125-1200-aaaaa", "running", "Count the words", 0, true },
		{ "261125-1100-bbbbb", "parked", "Review sales.csv", 1, false },
		{ "261125-1000-ccccc", "running", "Cut off by a crash", 0,
		  false },
		{ "261124-0900-ddddd", "succeeded", "Who changes what", 0,
		  false },
		{ "261124-0800-eeeee", "failed", "\x1b[31mred\xe2\x80\xae", 0,
		  false },
	};
	struct run_rows rows = { 0 };
	struct gate_items gates = { 0 };
	struct msg m = { .kind = MSG_RUNS, .runs = &rows };
	struct msg g = { .kind = MSG_GATES, .gates = &gates };

	for (size_t i = 0; i < ARRAY_LEN(runs); i++) {
		GROW(rows.items, rows.count, rows.cap);
		rows.items[rows.count++] = (struct run_row){
			.id = xstrdup(runs[i].id),
			.task = xstrdup(runs[i].task),
			.workspace = xstrdup("/w"),
			.status = xstrdup(runs[i].status),
			.phase = xstrdup("implement"),
			.risk = xstrdup("low"),
			.iteration = 3,
			.limit = 30,
			.open_gates = runs[i].gates,
			.created_us = VIEW_NOW_US - 3600 * INT64_C(1000000),
			.updated_us = VIEW_NOW_US - 60 * INT64_C(1000000),
			.owned = runs[i].owned,
		};
	}
	view_send(&t->v, &m);
	for (int i = 0; i < 2; i++) {
		GROW(gates.items, gates.count, gates.cap);
		gates.items[gates.count++] = (struct gate_item){
			.run = xstrdup(runs[1].id),
			.title = xstrdup(i ? "Values are missing" :
					     "Accept the result?"),
			.task = xstrdup(runs[1].task),
			.shown = xstrdup("{}"),
			.kind = i ? GATE_FORM : GATE_REVIEW,
			.risk = i ? RISK_HIGH : RISK_LOW,
			.number = i + 1,
			.opened_us = VIEW_NOW_US,
		};
	}
	view_send(&t->v, &g);
}

static void
main_without_a_run(void **state)
{
	struct app_test t;

	(void)state;
	app_test_init(&t, "{}", NULL, NULL);
	view_goldens(&t.v, "app-empty");
	send_runs(&t);
	view_goldens(&t.v, "app-home");
	/* The prompt has the focus: letters are text. */
	view_size(&t.v, 80, 24);
	view_type(&t.v, "q?");
	view_has(&t.v, "> q?");
	view_keys(&t.v, "Backspace Backspace Esc j Enter");
	assert_string_equal(app_test_ask(&t, ASK_OPEN_RUN)->run,
			    "261125-1100-bbbbb");
	app_test_release(&t);
}

static void
a_small_terminal_says_so(void **state)
{
	struct app_test t;

	(void)state;
	app_test_init(&t, "{}", NULL, NULL);
	view_size(&t.v, 79, 24);
	view_has(&t.v, "agentops needs 80 x 24");
	view_has(&t.v, "this is 79 x 24");
	view_size(&t.v, 10, 2);
	view_keys(&t.v, "C-p x Enter Esc");
	view_size(&t.v, 1, 1);
	view_draw(&t.v);
	view_size(&t.v, 80, 24);
	view_lacks(&t.v, "needs 80 x 24");
	app_test_release(&t);
}

/* --- a run --------------------------------------------------------------- */

static void
research_under_way(void **state)
{
	struct app_test t;

	(void)state;
	app_test_init(&t, "{}", NULL, NULL);
	app_test_open(&t, true);
	assert_int_equal(app_test_ask(&t, ASK_FEED)->where, FEED_FRESH);
	app_test_lines(&t, told, 3);
	view_goldens(&t.v, "app-research");
	app_test_release(&t);
}

static void
steps_under_way(void **state)
{
	struct app_test t;

	(void)state;
	app_test_init(&t, ALL, PICTURED, "{}");
	app_test_open(&t, true);
	app_test_lines(&t, told, 4);
	core_ok(&t.c, "profile");
	app_test_changed(&t, true);
	view_goldens(&t.v, "app-steps");
	view_size(&t.v, 120, 40);
	view_keys(&t.v, "z");
	view_lacks(&t.v, "Progress");
	view_keys(&t.v, "z 5");
	assert_int_equal(app_test_ask(&t, ASK_FEED)->which, FEED_LOG);
	view_keys(&t.v, "C-c");
	assert_string_equal(app_test_ask(&t, ASK_PARK)->run, t.c.s->id);
	app_test_release(&t);
}

static void
ended(void **state)
{
	struct app_test t;

	(void)state;
	app_test_init(&t, ALL, PICTURED, "{}");
	app_test_open(&t, true);
	app_test_lines(&t, told, 5);
	app_test_review(&t, 1);
	core_learn(&t.c);
	assert_true(t.c.s->ended);
	app_test_changed(&t, false);
	view_goldens(&t.v, "app-ended");
	view_keys(&t.v, "R");
	view_has(&t.v, "There is no run here to go on with");
	view_keys(&t.v, "X");
	assert_string_equal(t.v.a->top->class->name, "agentops");
	app_test_release(&t);
}

/* --- gates --------------------------------------------------------------- */

/* Opens a gate of each kind on a new run. */
static void
open_gate(struct app_test *t, enum gate_kind kind)
{
	static const char gated[] =
		"name: gated\n"
		"steps: [{id: a, uses: data_profile, with: {path: x}, "
		"gate: approve}]\n";
	static const char limited[] =
		"name: limited\n"
		"risk: critical\n"
		"steps: [{id: a, uses: data_profile, with: {path: x}, "
		"retry: {attempts: 9, backoff: 1s}}]\n";

	if (kind == GATE_FORM) {
		app_test_init(t, "{}", FORMED, "{}");
	} else if (kind == GATE_PLAN) {
		app_test_init(t, "{\"risk\":\"medium\"}", PICTURED, "{}");
	} else if (kind == GATE_APPROVE) {
		app_test_init(t, "{}", gated, "{}");
	} else if (kind == GATE_REVIEW) {
		app_test_init(t, "{}", PICTURED, "{}");
		app_test_review(t, 1);
	} else if (kind == GATE_INTERRUPTED) {
		app_test_init(t, ALL, TWO_STEPS, "{}");
		core_fail(&t->c, "a");
	} else {
		app_test_init(t, ALL, limited, "{}");
		for (int i = 0; i < 2; i++) {
			core_fail(&t->c, "a");
			t->c.now_us += 2000000;
			core_go(&t->c);
		}
	}
	assert_non_null(run_open_gate(t->c.s));
	assert_int_equal(run_open_gate(t->c.s)->kind, kind);
	app_test_open(t, true);
	app_test_lines(t, told, 4);
	asks_release(&t->v.a->asks);
}

static void
every_gate_has_its_screen(void **state)
{
	(void)state;
	for (int kind = 0; kind <= GATE_INTERRUPTED; kind++) {
		struct app_test t;
		AUTO_FREE char *name = xasprintf(
			"app-%s", gate_kind_name((enum gate_kind)kind));

		open_gate(&t, (enum gate_kind)kind);
		view_goldens(&t.v, name);
		app_test_release(&t);
	}
}

/* What a key does at each kind of gate: the decision that is asked for, or
 * the layer that opens, or nothing ("agentops" stays on top, no decision). */
#define NONE 0
static const struct {
	enum gate_kind kind;
	const char *key;
	unsigned decision;
	const char *layer;
} presses[] = {
	{ GATE_APPROVE, "a", DECISION_APPROVE, "agentops" },
	{ GATE_APPROVE, "c", NONE, "Form" },
	{ GATE_APPROVE, "x", NONE, "Form" },
	{ GATE_APPROVE, "d", NONE, "Text" },
	{ GATE_APPROVE, "e", NONE, "agentops" },
	{ GATE_APPROVE, "t", NONE, "Templates" },
	{ GATE_APPROVE, "b", NONE, "agentops" },
	{ GATE_PLAN, "a", DECISION_APPROVE, "agentops" },
	{ GATE_PLAN, "c", NONE, "Form" },
	{ GATE_PLAN, "x", NONE, "Form" },
	{ GATE_PLAN, "m", NONE, "agentops" },
	{ GATE_REVIEW, "a", DECISION_APPROVE, "agentops" },
	{ GATE_REVIEW, "c", NONE, "Form" },
	{ GATE_REVIEW, "x", NONE, "Form" },
	{ GATE_REVIEW, "v", NONE, "Artifact" },
	{ GATE_REVIEW, "b", NONE, "Artifact" },
	{ GATE_REVIEW, "d", NONE, "Text" },
	{ GATE_LIMIT, "a", DECISION_APPROVE, "agentops" },
	{ GATE_LIMIT, "c", NONE, "agentops" },
	{ GATE_LIMIT, "x", NONE, "Form" },
	{ GATE_FORM, "a", NONE, "agentops" },
	{ GATE_FORM, "c", NONE, "agentops" },
	{ GATE_FORM, "Enter", NONE, "Form" },
	{ GATE_FORM, "x", NONE, "Form" },
	{ GATE_INTERRUPTED, "a", NONE, "agentops" },
	{ GATE_INTERRUPTED, "x", NONE, "agentops" },
	{ GATE_INTERRUPTED, "c", NONE, "agentops" },
	{ GATE_INTERRUPTED, "t", DECISION_RETRY, "agentops" },
	{ GATE_INTERRUPTED, "m", DECISION_MARK_DONE, "agentops" },
	{ GATE_INTERRUPTED, "s", DECISION_SKIP, "agentops" },
	{ GATE_INTERRUPTED, "X", DECISION_ABORT, "agentops" },
};

static void
keys_at_each_gate(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(presses); i++) {
		const char *kind = gate_kind_name(presses[i].kind);
		struct app_test t;
		struct ask *k;

		open_gate(&t, presses[i].kind);
		view_keys(&t.v, presses[i].key);
		k = view_ask(&t.v, ASK_DECIDE);
		if ((k ? k->decision : NONE) != presses[i].decision)
			fail_msg("%s at %s: decision %d", presses[i].key, kind,
				 k ? (int)k->decision : NONE);
		if (k) {
			assert_string_equal(k->run, t.c.s->id);
			assert_int_equal(k->number,
					 run_open_gate(t.c.s)->number);
		}
		if (strcmp(t.v.a->top->class->name, presses[i].layer) != 0)
			fail_msg("%s at %s: %s is on top", presses[i].key, kind,
				 t.v.a->top->class->name);
		app_test_release(&t);
	}
}

/* --- a gate in full ------------------------------------------------------ */

static void
the_review_shows_the_picture(void **state)
{
	struct app_test t;
	struct artifact_state *x;

	(void)state;
	open_gate(&t, GATE_REVIEW);
	x = &t.c.s->artifacts[0];
	assert_int_equal(x->width, 1280);
	view_size(&t.v, 120, 40);
	view_draw(&t.v);
	assert_int_equal(t.v.frame.slot_count, 1);
	assert_string_equal(t.v.frame.slots[0].sha256, x->sha256);
	view_has(&t.v, "[picture");
	/* The help covers it; closed, it is back. */
	view_keys(&t.v, "?");
	assert_string_equal(t.v.a->top->class->name, "Keys");
	view_keys(&t.v, "Esc v");
	assert_string_equal(t.v.a->top->class->name, "Artifact");
	view_goldens(&t.v, "app-artifact");
	app_test_release(&t);
}

static void
iterate_changes_what_was_changed(void **state)
{
	struct app_test t;
	struct ask *k;

	(void)state;
	open_gate(&t, GATE_REVIEW);
	view_size(&t.v, 120, 40);
	view_keys(&t.v, "c");
	view_has(&t.v, "run chart again");
	view_type(&t.v, "bars please");
	/* From the comment to data, x, kind. */
	view_keys(&t.v, "Tab Tab Tab");
	view_goldens(&t.v, "app-iterate");
	view_keys(&t.v, "Right C-s");
	k = app_test_ask(&t, ASK_DECIDE);
	assert_int_equal(k->decision, DECISION_ITERATE);
	assert_string_equal(k->text, "bars please");
	assert_string_equal(k->values, "{\"step\":\"chart\","
				       "\"with\":{\"kind\":\"bar\"}}");
	app_test_release(&t);
}

static void
a_form_gate_is_filled_in(void **state)
{
	struct app_test t;
	struct ask *k;

	(void)state;
	open_gate(&t, GATE_FORM);
	view_keys(&t.v, "Enter");
	view_type(&t.v, "77");
	view_keys(&t.v, "C-s");
	assert_null(view_ask(&t.v, ASK_DECIDE));
	view_has(&t.v, "9");
	/* What was typed is there after going back. */
	view_keys(&t.v, "Esc");
	assert_string_equal(t.v.a->top->class->name, "agentops");
	view_keys(&t.v, "Enter");
	view_has(&t.v, "77");
	view_keys(&t.v, "Backspace C-s");
	k = app_test_ask(&t, ASK_DECIDE);
	assert_int_equal(k->decision, DECISION_APPROVE);
	assert_string_equal(k->values, "{\"n\":7}");
	app_test_release(&t);
}

static void
reject_takes_a_reason(void **state)
{
	struct app_test t;
	struct ask *k;

	(void)state;
	open_gate(&t, GATE_REVIEW);
	view_keys(&t.v, "x");
	view_type(&t.v, "wrong file");
	view_keys(&t.v, "C-s");
	k = app_test_ask(&t, ASK_DECIDE);
	assert_int_equal(k->decision, DECISION_REJECT);
	assert_string_equal(k->text, "wrong file");
	app_test_release(&t);
}

static void
an_answer_elsewhere_is_told(void **state)
{
	struct app_test t;

	(void)state;
	open_gate(&t, GATE_REVIEW);
	view_keys(&t.v, "x");
	core_answer(&t.c, 1, "approve", NULL);
	app_test_changed(&t, false);
	/* The form about it is still there, and too late. */
	view_type(&t.v, "no");
	view_keys(&t.v, "C-s");
	assert_null(view_ask(&t.v, ASK_DECIDE));
	view_has(&t.v, "answered meanwhile by ann");
	app_test_release(&t);

	open_gate(&t, GATE_REVIEW);
	core_answer(&t.c, 1, "approve", NULL);
	app_test_changed(&t, false);
	view_has(&t.v, "Gate 1 was answered elsewhere: approve by ann");
	view_keys(&t.v, "a");
	assert_null(view_ask(&t.v, ASK_DECIDE));
	app_test_release(&t);

	/* Ours needs no note. */
	open_gate(&t, GATE_REVIEW);
	view_keys(&t.v, "a");
	core_answer(&t.c, 1, "approve", NULL);
	app_test_changed(&t, true);
	view_lacks(&t.v, "answered elsewhere");
	app_test_release(&t);
}

static void
two_gates_wait_one_after_the_other(void **state)
{
	static const char two[] =
		"name: two\n"
		"steps:\n"
		"  - {id: a, uses: data_profile, with: {path: x}, "
		"gate: approve}\n"
		"  - {id: b, uses: data_profile, with: {path: y}, "
		"gate: approve}\n";
	struct app_test t;

	(void)state;
	app_test_init(&t, "{}", two, "{}");
	assert_int_equal(t.c.s->gates_open, 2);
	app_test_open(&t, true);
	app_test_lines(&t, told, 4);
	view_goldens(&t.v, "app-two-gates");
	view_has(&t.v, "Gate 1 (more follow)");
	view_keys(&t.v, "a");
	assert_int_equal(app_test_ask(&t, ASK_DECIDE)->number, 1);
	core_answer(&t.c, 1, "approve", NULL);
	app_test_changed(&t, true);
	view_has(&t.v, "Gate 2 ");
	view_lacks(&t.v, "more follow");
	asks_release(&t.v.a->asks);
	/* A key pressed twice was not meant for a gate that just came up. */
	view_keys(&t.v, "a");
	assert_null(view_ask(&t.v, ASK_DECIDE));
	view_has(&t.v, "This is another gate");
	t.v.later_us = 1000000;
	view_keys(&t.v, "a");
	assert_int_equal(app_test_ask(&t, ASK_DECIDE)->number, 2);
	app_test_release(&t);
}

/* Red, and in words. */
static void
sandbox_off_says_so(void **state)
{
	struct app_test t;
	bool red = false;

	(void)state;
	app_test_init(&t, "{\"sandbox\":\"off\"}", PICTURED, "{}");
	t.v.theme.roles[ROLE_BAD].fg = 1;
	app_test_review(&t, 1);
	app_test_open(&t, true);
	app_test_lines(&t, told, 4);
	view_goldens(&t.v, "app-sandbox-off");
	view_has(&t.v, "SANDBOX OFF");
	for (int y = 0; y < t.v.height; y++)
		for (int x = 0; x + 1 < t.v.width; x++) {
			const struct cell *c = frame_cell(&t.v.frame, x, y);
			struct style bad = app_style(t.v.a, ROLE_BAD);

			red |= strcmp(c->text, "O") == 0 &&
			       c->style.fg == bad.fg &&
			       c->style.attrs == bad.attrs;
		}
	assert_true(red);
	app_test_release(&t);
}

/* --- artifacts ----------------------------------------------------------- */

static void
artifacts_are_compared(void **state)
{
	struct app_test t;

	(void)state;
	open_gate(&t, GATE_REVIEW);
	view_keys(&t.v, "v b");
	view_has(&t.v, "no iteration before");
	view_keys(&t.v, "Esc");
	core_answer(&t.c, 1, "iterate",
		    "{\"step\":\"chart\",\"with\":{\"kind\":\"bar\"}}");
	app_test_review(&t, 2);
	app_test_changed(&t, true);
	assert_int_equal(run_open_gate(t.c.s)->number, 2);
	view_has(&t.v, "kind");
	view_size(&t.v, 120, 40);
	view_keys(&t.v, "b");
	view_goldens(&t.v, "app-compare");
	assert_int_equal(t.v.frame.slot_count, 2);
	assert_string_not_equal(t.v.frame.slots[0].sha256,
				t.v.frame.slots[1].sha256);
	view_keys(&t.v, "b + l");
	assert_int_equal(t.v.frame.slot_count, 1);
	assert_true(t.v.frame.slots[0].zoom > 1);
	assert_true(t.v.frame.slots[0].pan_x > 0.5);
	view_keys(&t.v, "0");
	assert_true(t.v.frame.slots[0].zoom == 1 &&
		    t.v.frame.slots[0].pan_x == 0.5);
	view_keys(&t.v, "<");
	view_has(&t.v, "attempt 1");
	view_keys(&t.v, "< >");
	view_has(&t.v, "attempt 2");
	view_keys(&t.v, "y");
	assert_non_null(
		strstr(app_test_ask(&t, ASK_COPY)->text, "/runs/R/artifacts/"));
	view_monkey(&t.v, 4711, 300);
	app_test_release(&t);
}

/* --- other views --------------------------------------------------------- */

static void
runs_view_filters(void **state)
{
	struct app_test t;

	(void)state;
	app_test_init(&t, "{}", NULL, NULL);
	send_runs(&t);
	view_keys(&t.v, "Esc r");
	view_goldens(&t.v, "app-runs");
	view_size(&t.v, 80, 24);
	view_keys(&t.v, "s");
	view_has(&t.v, "Count the words");
	view_lacks(&t.v, "Review sales.csv");
	view_keys(&t.v, "s s s");
	view_has(&t.v, "Cut off by a crash");
	view_lacks(&t.v, "Count the words");
	view_keys(&t.v, "s s s s f");
	view_type(&t.v, "changes");
	view_keys(&t.v, "Enter Enter");
	assert_string_equal(app_test_ask(&t, ASK_OPEN_RUN)->run,
			    "261124-0900-ddddd");
	view_keys(&t.v, "r j j R");
	assert_string_equal(app_test_ask(&t, ASK_RESUME)->run,
			    "261125-1000-ccccc");
	view_keys(&t.v, "r X y");
	assert_string_equal(app_test_ask(&t, ASK_ABORT)->run,
			    "261125-1200-aaaaa");
	app_test_release(&t);
}

static void
inbox_answers_in_place(void **state)
{
	struct app_test t;
	struct ask *k;

	(void)state;
	app_test_init(&t, "{}", NULL, NULL);
	send_runs(&t);
	view_keys(&t.v, "Esc i");
	view_goldens(&t.v, "app-inbox");
	view_keys(&t.v, "t");
	assert_null(view_ask(&t.v, ASK_DECIDE));
	view_keys(&t.v, "a");
	assert_null(view_ask(&t.v, ASK_DECIDE));
	view_has(&t.v, "approve, gate 261125-1100-bbbbb.1");
	view_keys(&t.v, "y");
	k = app_test_ask(&t, ASK_DECIDE);
	assert_string_equal(k->run, "261125-1100-bbbbb");
	assert_int_equal(k->number, 1);
	asks_release(&t.v.a->asks);
	/* Only what holds the text; nothing is answered by typing it. */
	view_keys(&t.v, "/");
	view_type(&t.v, "fORma");
	view_lacks(&t.v, "261125-1100-bbbbb.1");
	assert_null(view_ask(&t.v, ASK_DECIDE));
	view_keys(&t.v, "Backspace");
	view_has(&t.v, "filter: fORm");
	view_keys(&t.v, "Enter");
	view_has(&t.v, "filter: fORm");
	view_keys(&t.v, "Esc");
	view_has(&t.v, "261125-1100-bbbbb.1");
	assert_string_equal(t.v.a->top->class->name, "Inbox");
	/* A form is not answered blindly. */
	view_keys(&t.v, "j a");
	assert_null(view_ask(&t.v, ASK_DECIDE));
	view_keys(&t.v, "Enter");
	assert_string_equal(app_test_ask(&t, ASK_OPEN_RUN)->run,
			    "261125-1100-bbbbb");
	app_test_release(&t);
}

static void
leaving_asks_when_a_run_is_here(void **state)
{
	struct app_test t;

	(void)state;
	app_test_init(&t, "{}", NULL, NULL);
	send_runs(&t);
	t.v.a->runs.items[0].own = true;
	view_keys(&t.v, "Esc q");
	assert_string_equal(t.v.a->top->class->name, "Question");
	assert_null(view_ask(&t.v, ASK_QUIT));
	view_keys(&t.v, "n q y");
	assert_non_null(view_ask(&t.v, ASK_QUIT));
	asks_release(&t.v.a->asks);
	view_keys(&t.v, "C-c");
	assert_string_equal(t.v.a->top->class->name, "Question");
	assert_null(view_ask(&t.v, ASK_QUIT));
	view_keys(&t.v, "C-c");
	assert_non_null(view_ask(&t.v, ASK_QUIT));
	assert_null(t.v.a->top->below);
	app_test_release(&t);
	app_test_init(&t, "{}", NULL, NULL);
	view_keys(&t.v, "C-q");
	assert_non_null(view_ask(&t.v, ASK_QUIT));
	app_test_release(&t);
}

static void
any_keys_do_no_harm(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 24; seed++) {
		struct app_test t;

		open_gate(&t, (enum gate_kind)(seed % (GATE_INTERRUPTED + 1)));
		send_runs(&t);
		for (uint32_t i = 0, s = seed * 7919; i < 150; i++) {
			view_random_input(&t.v, &s);
			view_draw(&t.v);
			if (i % 40 == 0)
				app_test_changed(&t, i % 80 == 0);
		}
		app_test_release(&t);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(main_without_a_run),
		cmocka_unit_test(a_small_terminal_says_so),
		cmocka_unit_test(research_under_way),
		cmocka_unit_test(steps_under_way),
		cmocka_unit_test(ended),
		cmocka_unit_test(every_gate_has_its_screen),
		cmocka_unit_test(keys_at_each_gate),
		cmocka_unit_test(the_review_shows_the_picture),
		cmocka_unit_test(iterate_changes_what_was_changed),
		cmocka_unit_test(a_form_gate_is_filled_in),
		cmocka_unit_test(reject_takes_a_reason),
		cmocka_unit_test(an_answer_elsewhere_is_told),
		cmocka_unit_test(two_gates_wait_one_after_the_other),
		cmocka_unit_test(sandbox_off_says_so),
		cmocka_unit_test(artifacts_are_compared),
		cmocka_unit_test(runs_view_filters),
		cmocka_unit_test(inbox_answers_in_place),
		cmocka_unit_test(leaving_asks_when_a_run_is_here),
		cmocka_unit_test(any_keys_do_no_harm),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
