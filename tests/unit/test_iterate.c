/* "Comment and iterate" at each gate that takes it: the pure core alone. */
#include "flow_tools.h"
#include "test.h"

#include "flow/research.h"
#include "run/state.h"

static const char WORKFLOW[] =
	"name: Two steps\n"
	"inputs:\n"
	"  who: {type: text, required: true}\n"
	"  data: {type: file}\n"
	"  count: {type: number, default: 1, max: 9}\n"
	"steps:\n"
	"  - {id: one, uses: data_profile, with: {path: x}}\n"
	"  - {id: two, needs: [one], gate: approve, uses: data_profile,"
	" with: {path: \"{{ inputs.who }}\"}}\n";

static void
apply(struct run_state *s, struct event *e)
{
	e->seq = s->seq + 1;
	e->ts_us = e->seq;
	run_apply(s, e);
}

/* Decides all there is to decide; ret is the last decision. */
static void
go(struct run_state *s, struct arena *scratch, struct event *ret)
{
	struct event e;

	while (run_next(s, 1, scratch, &e)) {
		*ret = e;
		apply(s, &e);
	}
}

static void
answer(struct run_state *s, const char *decision, const char *values)
{
	struct event e = { .type = EV_gate_decided };

	e.gate_decided.gate = run_open_gate(s)->number;
	e.gate_decided.decision = decision;
	e.gate_decided.values = values;
	apply(s, &e);
}

static void
finish_step(struct run_state *s, const char *step)
{
	struct event e = { .type = EV_step_finished };

	e.step_finished.step = step;
	e.step_finished.item = -1;
	e.step_finished.attempt = 1;
	e.step_finished.outcome = "ok";
	apply(s, &e);
}

/* A run that stands before its plan gate. */
static struct run_state *
planned_run(struct arena *scratch, struct event *last)
{
	struct run_state *s = run_state_new(&FLOW_TOOL_TABLE);
	struct event e = { .type = EV_run_created };
	size_t count;
	const struct research_worker *w = research_workers(&count);

	e.run_created.task = "a task";
	e.run_created.workspace = "/w";
	e.run_created.options = "{\"risk\":\"medium\"}";
	apply(s, &e);
	go(s, scratch, last);
	for (size_t i = 0; i < count; i++) {
		struct event done = { .type = EV_worker_finished };

		done.worker_finished.worker = w[i].name;
		apply(s, &done);
	}
	go(s, scratch, last);
	e = (struct event){ .type = EV_plan_proposed };
	e.plan_proposed.workflow = WORKFLOW;
	e.plan_proposed.inputs = "{\"who\":\"ann\",\"data\":\"a/b.csv\"}";
	apply(s, &e);
	go(s, scratch, last);
	return s;
}

static void
assert_input(const struct run_state *s, const char *name, const char *json)
{
	AUTO_FREE char *text = json_print(json_get(s->inputs, name));

	assert_string_equal(text, json);
}

static void
test_plan(void **state)
{
	AUTO(arena) scratch = { 0 };
	struct event last = { 0 };
	AUTO_PTR(run_state) s = planned_run(&scratch, &last);

	(void)state;
	assert_int_equal(run_open_gate(s)->kind, GATE_PLAN);
	assert_input(s, "data", "\"/w/a/b.csv\"");
	answer(s, "iterate", "{\"inputs\":{\"who\":\"bob\",\"count\":\"5\"}}");
	go(s, &scratch, &last);
	assert_int_equal(run_open_gate(s)->kind, GATE_PLAN);
	assert_int_equal(run_open_gate(s)->number, 2);
	assert_input(s, "who", "\"bob\"");
	assert_input(s, "count", "5");
	/* A value that does not fit is asked for. */
	answer(s, "iterate", "{\"inputs\":{\"count\":\"many\"}}");
	go(s, &scratch, &last);
	assert_int_equal(run_open_gate(s)->kind, GATE_FORM);
	answer(s, "approve", "{\"count\":\"7\"}");
	go(s, &scratch, &last);
	assert_int_equal(run_open_gate(s)->kind, GATE_PLAN);
	assert_input(s, "count", "7");
}

static void
test_step_and_review(void **state)
{
	AUTO(arena) scratch = { 0 };
	struct event last = { 0 };
	AUTO_PTR(run_state) s = planned_run(&scratch, &last);

	(void)state;
	answer(s, "approve", NULL);
	go(s, &scratch, &last);
	finish_step(s, "one");
	go(s, &scratch, &last);
	assert_int_equal(run_open_gate(s)->kind, GATE_APPROVE);
	answer(s, "iterate", "{\"inputs\":{\"who\":\"cleo\"}}");
	go(s, &scratch, &last);
	assert_non_null(run_open_gate(s));
	assert_int_equal(run_open_gate(s)->kind, GATE_APPROVE);
	answer(s, "approve", NULL);
	go(s, &scratch, &last);
	assert_int_equal(last.type, EV_step_started);
	assert_string_equal(last.step_started.args, "{\"path\":\"cleo\"}");
	finish_step(s, "two");
	go(s, &scratch, &last);
	assert_int_equal(run_open_gate(s)->kind, GATE_REVIEW);
	/* Text becomes the input's type; what does not fit is asked for. */
	answer(s, "iterate",
	       "{\"step\":\"one\",\"inputs\":{\"count\":\"99\","
	       "\"who\":\"dora\",\"data\":\"c.csv\"}}");
	go(s, &scratch, &last);
	assert_int_equal(run_open_gate(s)->kind, GATE_FORM);
	answer(s, "approve", "{\"count\":\"2\"}");
	go(s, &scratch, &last);
	assert_input(s, "count", "2");
	assert_input(s, "who", "\"dora\"");
	assert_input(s, "data", "\"/w/c.csv\"");
	assert_int_equal(last.type, EV_step_started);
	assert_string_equal(last.step_started.step, "one");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan),
		cmocka_unit_test(test_step_and_review),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
