/* The gates of a run, the iteration limit, and comment and iterate. */
#include "run_core.h"

/* --- gates --------------------------------------------------------------- */

static const char classed[] =
	"name: classed\n"
	"risk: %s\n"
	"steps:\n"
	"  - {id: a, uses: write_file, with: {path: x}, effects: %s}\n"
	"  - {id: b, uses: write_file, with: {path: y}, effects: %s, "
	"needs: [a]}\n";

/* The kinds of the gates a run of the class meets, in order. */
static void
assert_gates(const char *risk, const char *effects, int limit,
	     const char *wanted)
{
	AUTO_FREE char *flow = xasprintf(classed, risk, effects, effects);
	AUTO(buf) kinds = BUF_INIT;
	AUTO(core) c;

	core_begin(&c, "{}", flow, "{}");
	assert_int_equal(c.s->limit, limit);
	for (int i = 0; i < 20 && c.s->phase != PHASE_LEARN; i++) {
		const struct gate_state *g = run_open_gate(c.s);

		if (g) {
			buf_printf(&kinds, "%s%s ", gate_kind_name(g->kind),
				   g->step < 0 ? "" :
				   c.s->workflow->steps[g->step].id);
			assert_true(run_waits_for_person(c.s));
			core_answer(&c, g->number, "approve", NULL);
		} else if (c.s->steps[0].outcome == ITEM_WAITING) {
			core_ok(&c, "a");
		} else {
			core_ok(&c, "b");
		}
	}
	assert_string_equal(buf_str(&kinds), wanted);
	core_ends(&c, "succeeded", 0);
}

static void
test_gates_by_class(void **state)
{
	(void)state;
	assert_gates("medium", "writes", 10, "plan review ");
	assert_gates("high", "writes", 5, "plan approve ");
	assert_gates("high", "destructive", 5, "plan approveb approve ");
	assert_gates("critical", "writes", 2, "plan approvea approveb ");
}

static void
test_a_low_run_is_reviewed(void **state)
{
	AUTO(core) c;

	(void)state;
	core_begin(&c, "{}", TWO_STEPS, "{}");
	core_ok(&c, "a");
	core_ok(&c, "b");
	assert_int_equal(run_open_gate(c.s)->kind, GATE_REVIEW);
	assert_int_equal(c.s->limit, 30);
}

static void
test_a_declared_gate_stands(void **state)
{
	static const char flow[] =
		"name: gate\n"
		"steps: [{id: a, uses: data_profile, with: {path: x}, "
		"gate: approve}]\n";
	AUTO(core) c;

	(void)state;
	core_begin(&c, "{}", flow, "{}");
	assert_int_equal(run_open_gate(c.s)->kind, GATE_APPROVE);
	assert_int_equal(c.s->iteration, 0);
	assert_non_null(strstr(run_open_gate(c.s)->shown,
			       "\"args\":{\"path\":\"x\"}"));
	core_answer(&c, 1, "approve", NULL);
	assert_int_equal(c.s->running.count, 1);
}

static void
test_a_person_may_raise_the_class(void **state)
{
	AUTO(core) c;

	(void)state;
	core_begin(&c, "{\"risk\":\"critical\"}", TWO_STEPS, "{}");
	assert_int_equal(c.s->risk, RISK_CRITICAL);
	assert_int_equal(c.s->limit, 2);
	assert_int_equal(run_open_gate(c.s)->kind, GATE_PLAN);
	assert_non_null(strstr(c.s->risk_reasons, "asked for it"));
}

static void
test_approve_covers_up_to_its_level(void **state)
{
	AUTO(core) c;
	AUTO(core) d;

	(void)state;
	core_begin(&c, "{\"approve\":\"low\"}", WRITING, "{}");
	assert_int_equal(run_open_gate(c.s)->kind, GATE_PLAN);
	core_begin(&d, "{\"approve\":\"medium\"}", WRITING, "{}");
	assert_null(run_open_gate(d.s));
	assert_string_equal(d.last[EV_gate_decided].gate_decided.by,
			    "--approve=medium");
	core_ok(&d, "w");
	core_ends(&d, "succeeded", 0);
}

static void
test_plan_only_asks_whatever_covers(void **state)
{
	AUTO(core) c;

	(void)state;
	core_begin(&c, "{\"approve\":\"critical\",\"plan_only\":true}",
		   TWO_STEPS, "{}");
	assert_int_equal(run_open_gate(c.s)->kind, GATE_PLAN);
	assert_true(run_waits_for_person(c.s));
	core_answer(&c, 1, "approve", NULL);
	assert_int_equal(c.s->phase, PHASE_IMPLEMENT);
}

static const char asking[] =
	"name: asking\n"
	"inputs:\n"
	"  n: {type: number, required: true, min: 1, max: 9}\n"
	"  text: {required: true}\n"
	"steps: [{id: a, uses: data_profile, with: "
	"{path: '{{ inputs.n }}'}}]\n";

static void
test_a_form_asks_until_values_fit(void **state)
{
	AUTO(core) c;

	(void)state;
	core_begin(&c, ALL, asking, "{\"text\":\"t\"}");
	assert_int_equal(run_open_gate(c.s)->kind, GATE_FORM);
	assert_non_null(strstr(run_open_gate(c.s)->shown, "\"name\":\"n\""));
	assert_null(strstr(run_open_gate(c.s)->shown, "\"name\":\"text\""));
	core_answer(&c, 1, "approve", "{}");
	assert_int_equal(run_open_gate(c.s)->number, 2);
	core_answer(&c, 2, "approve", "{\"n\":\"12\"}");
	assert_int_equal(run_open_gate(c.s)->number, 3);
	assert_null(strstr(run_open_gate(c.s)->shown, "\"problem\":null"));
	core_answer(&c, 3, "approve", "{\"n\":\"5\"}");
	assert_null(run_open_gate(c.s));
	assert_string_equal(c.last[EV_plan_accepted].plan_accepted.inputs,
			    "{\"n\":5,\"text\":\"t\"}");
	core_ok(&c, "a");
	core_ends(&c, "succeeded", 0);
}

/* Opens a gate of each kind, rejects it, and looks at the exit status. */
static void
test_rejection_at_each_kind(void **state)
{
	static const struct {
		const char *options, *flow, *word;
		enum gate_kind kind;
		int steps; /* to finish before the gate */
		const char *outcome;
		int status;
	} rows[] = {
		{ "{}", WRITING, "reject", GATE_PLAN, 0, "aborted", 4 },
		{ "{}", asking, "reject", GATE_FORM, 0, "aborted", 4 },
		{ "{}", TWO_STEPS, "reject", GATE_REVIEW, 2, "aborted", 4 },
		{ "{}",
		  "name: x\nsteps: [{id: a, uses: data_profile, "
		  "with: {path: x}, gate: approve}]",
		  "reject", GATE_APPROVE, 0, "aborted", 4 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(core) c;

		core_begin(&c, rows[i].options, rows[i].flow, "{}");
		if (rows[i].steps > 0)
			core_ok(&c, "a");
		if (rows[i].steps > 1)
			core_ok(&c, "b");
		assert_non_null(run_open_gate(c.s));
		assert_int_equal(run_open_gate(c.s)->kind, rows[i].kind);
		core_answer(&c, 1, rows[i].word, NULL);
		assert_non_null(strstr(c.s->outcome_reason, "ann"));
		core_ends(&c, rows[i].outcome, rows[i].status);
	}
}

static void
test_abort_waits_for_what_runs(void **state)
{
	struct event e = { .type = EV_run_abort_asked,
			   .run_abort_asked = { .by = "ann",
						.reason = "enough" } };
	AUTO(core) c;

	(void)state;
	core_begin(&c, ALL, TWO_STEPS, "{}");
	core_forget(&c);
	core_apply(&c, &e);
	core_go(&c);
	core_expect(&c, "run.failing aborted 1\n");
	core_end_item(&c, "a", -1, "cancelled", "cancelled");
	core_expect(&c, "phase.finished implement failed\n"
			"phase.started learn\nlearn.asked\n");
	assert_string_equal(c.s->outcome_reason, "ended by ann: enough");
	core_ends(&c, "aborted", 1);
}

/* --- the limit ----------------------------------------------------------- */

static const char limited[] =
	"name: limited\n"
	"risk: critical\n"
	"steps:\n"
	"  - {id: a, uses: data_profile, with: {path: x}, "
	"retry: {attempts: 9, backoff: 1s}}\n";

static void
test_limit_asks_and_grants_ten(void **state)
{
	AUTO(core) c;

	(void)state;
	core_begin(&c, ALL, limited, "{}");
	core_fail(&c, "a");
	c.now_us += 1000000;
	core_go(&c);
	core_fail(&c, "a");
	core_forget(&c);
	c.now_us += 2000000;
	core_go(&c);
	core_expect(&c, "checkpoint.saved\ngate.opened limit -\n");
	assert_int_equal(c.s->iteration, 2);
	/* It waits for a person, and for no timer: the run can be parked. */
	assert_true(run_waits_for_person(c.s));
	assert_int_equal(run_wake_us(c.s), 0);
	core_resume(&c);
	core_expect(&c, "");
	core_answer(&c, run_open_gate(c.s)->number, "approve", NULL);
	core_expect(&c, "iteration.started 3/12 a\n"
			"step.started a data_profile #3\n");
	assert_int_equal(c.s->limit, 12);
}

static void
test_limit_refused_is_status_5(void **state)
{
	AUTO(core) c;

	(void)state;
	core_begin(&c, ALL, limited, "{}");
	core_fail(&c, "a");
	c.now_us += 1000000;
	core_go(&c);
	core_fail(&c, "a");
	c.now_us += 9000000;
	core_go(&c);
	core_answer(&c, run_open_gate(c.s)->number, "reject", NULL);
	core_ends(&c, "aborted", 5);
	assert_int_equal(c.s->iteration, 2);
}

/* --- comment and iterate -------------------------------------------------- */

static void
to_review(struct core *c)
{
	core_begin(c, "{}", DIAMOND, "{}");
	core_ok(c, "a");
	core_ok(c, "b");
	core_ok(c, "c");
	core_ok(c, "d");
	assert_int_equal(run_open_gate(c->s)->kind, GATE_REVIEW);
	core_forget(c);
}

static void
test_iterate_at_review(void **state)
{
	AUTO(core) c;

	(void)state;
	to_review(&c);
	core_answer(&c, 1, "iterate",
		    "{\"step\":\"b\",\"inputs\":{\"n\":\"5\"}}");
	core_expect(&c, "plan.accepted\niteration.started 5/30 b\n"
			"step.started b data_profile #2\n");
	/* The new value was checked and converted, as the first was. */
	assert_string_equal(c.last[EV_step_started].step_started.args,
			    "{\"path\":5}");
	assert_int_equal(core_outcome(&c, "a"), ITEM_DONE);
	assert_int_equal(core_outcome(&c, "c"), ITEM_DONE);
	assert_int_equal(core_outcome(&c, "b"), ITEM_WAITING);
	assert_int_equal(core_outcome(&c, "d"), ITEM_WAITING);
	core_ok(&c, "b");
	assert_string_equal(c.last[EV_step_started].step_started.args,
			    "{\"path\":\"1/done\"}");
	core_ok(&c, "d");
	assert_int_equal(run_open_gate(c.s)->number, 2);
	core_answer(&c, 2, "approve", NULL);
	core_ends(&c, "succeeded", 0);
	assert_int_equal(c.s->iteration, 6);
}

static void
test_iterate_with_a_bad_value_asks(void **state)
{
	AUTO(core) c;

	(void)state;
	to_review(&c);
	core_answer(&c, 1, "iterate",
		    "{\"step\":\"b\",\"inputs\":{\"n\":\"99\"}}");
	core_expect(&c, "gate.opened form -\n");
	core_answer(&c, 2, "approve", "{\"n\":\"9\"}");
	core_expect(&c, "plan.accepted\niteration.started 5/30 b\n"
			"step.started b data_profile #2\n");
}

static void
test_iterate_without_a_step_starts_over(void **state)
{
	AUTO(core) c;

	(void)state;
	to_review(&c);
	core_answer(&c, 1, "iterate", "{}");
	core_expect(&c, "plan.accepted\niteration.started 5/30 a\n"
			"step.started a data_profile #2\n");
	assert_int_equal(c.s->steps_settled, 0);
}

/* What a kept step failed at is still failed for those that start again. */
static void
test_iterate_keeps_failures(void **state)
{
	static const char flow[] =
		"name: kept\n"
		"steps:\n"
		"  - {id: a, uses: data_profile, with: {path: x}, "
		"optional: true}\n"
		"  - {id: b, uses: data_profile, with: {path: x}}\n"
		"  - {id: c, uses: data_profile, needs: [a, b], "
		"with: {path: x}}\n";
	AUTO(core) c;

	(void)state;
	core_begin(&c, "{}", flow, "{}");
	core_fail(&c, "a");
	core_ok(&c, "b");
	assert_int_equal(core_outcome(&c, "c"), ITEM_SKIPPED);
	core_answer(&c, 1, "iterate", "{\"step\":\"b\"}");
	core_ok(&c, "b");
	assert_int_equal(core_outcome(&c, "c"), ITEM_SKIPPED);
	core_answer(&c, 2, "approve", NULL);
	core_ends(&c, "succeeded", 0);
}

static void
test_extensions_survive_an_iteration(void **state)
{
	static const char flow[] =
		"name: reviewed\n"
		"steps:\n"
		"  - {id: a, uses: data_profile, with: {path: x}}\n"
		"  - {id: b, uses: data_profile, with: {path: y}, "
		"needs: [a], review: true}\n";
	AUTO(core) c;

	(void)state;
	core_begin(&c, "{\"risk\":\"critical\"}", flow, "{}");
	core_answer(&c, 1, "approve", NULL); /* plan */
	core_answer(&c, 2, "approve", NULL); /* a */
	core_ok(&c, "a");
	core_answer(&c, 3, "approve", NULL); /* b */
	core_ok(&c, "b");
	core_answer(&c, 4, "iterate", "{}"); /* the review */
	core_answer(&c, 5, "approve", NULL); /* a, again */
	assert_int_equal(run_open_gate(c.s)->kind, GATE_LIMIT);
	core_answer(&c, 6, "approve", NULL);
	assert_int_equal(c.s->limit, 12);
	assert_int_equal(c.s->running.count, 1);
}

static void
test_iterate_at_plan(void **state)
{
	static const char flow[] =
		"name: n\n"
		"inputs: {n: {type: number, required: true}}\n"
		"steps: [{id: w, uses: write_file, with: "
		"{path: '{{ inputs.n }}'}}]\n";
	AUTO(core) c;

	(void)state;
	core_begin(&c, "{}", flow, "{\"n\":1}");
	core_forget(&c);
	core_answer(&c, 1, "iterate", "{\"inputs\":{\"n\":\"2\"}}");
	core_expect(&c, "plan.accepted\ngate.opened plan -\n");
	core_answer(&c, 2, "approve", NULL);
	assert_string_equal(c.last[EV_step_started].step_started.args,
			    "{\"path\":2}");
	core_ok(&c, "w");
	core_answer(&c, 3, "approve", NULL);
	core_ends(&c, "succeeded", 0);
}

/* At a step's own gate the answer changes the inputs and is asked again. */
static void
test_iterate_at_a_step(void **state)
{
	static const char flow[] =
		"name: n\n"
		"inputs: {n: {type: number, default: 1}}\n"
		"steps: [{id: a, uses: data_profile, gate: approve, with: "
		"{path: '{{ inputs.n }}'}}]\n";
	AUTO(core) c;

	(void)state;
	core_begin(&c, "{}", flow, "{}");
	core_forget(&c);
	core_answer(&c, 1, "iterate", "{\"inputs\":{\"n\":\"3\"}}");
	core_expect(&c, "plan.accepted\ngate.opened approve a\n");
	assert_non_null(strstr(run_open_gate(c.s)->shown, "\"path\":3"));
	core_answer(&c, 2, "approve", NULL);
	assert_int_equal(c.s->running.count, 1);
}

/* A call that is under way holds the values it began with. */
static void
test_running_steps_keep_their_inputs(void **state)
{
	static const char flow[] =
		"name: n\n"
		"inputs: {n: {type: number, default: 1}}\n"
		"steps:\n"
		"  - {id: a, uses: data_profile, with: {path: x}}\n"
		"  - {id: b, uses: data_profile, gate: approve, with: "
		"{path: '{{ inputs.n }}'}}\n";
	AUTO_JSON *values = NULL;
	AUTO_FREE char *text = NULL;
	AUTO(core) c;

	(void)state;
	core_begin(&c, "{}", flow, "{}");
	values = run_item_values(c.s, 0, 0, 1);
	core_answer(&c, 1, "iterate", "{\"inputs\":{\"n\":\"3\"}}");
	text = json_print(json_get(values, "inputs"));
	assert_string_equal(text, "{\"n\":1}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gates_by_class),
		cmocka_unit_test(test_a_low_run_is_reviewed),
		cmocka_unit_test(test_a_declared_gate_stands),
		cmocka_unit_test(test_a_person_may_raise_the_class),
		cmocka_unit_test(test_approve_covers_up_to_its_level),
		cmocka_unit_test(test_plan_only_asks_whatever_covers),
		cmocka_unit_test(test_a_form_asks_until_values_fit),
		cmocka_unit_test(test_rejection_at_each_kind),
		cmocka_unit_test(test_abort_waits_for_what_runs),
		cmocka_unit_test(test_limit_asks_and_grants_ten),
		cmocka_unit_test(test_limit_refused_is_status_5),
		cmocka_unit_test(test_iterate_at_review),
		cmocka_unit_test(test_iterate_with_a_bad_value_asks),
		cmocka_unit_test(test_iterate_without_a_step_starts_over),
		cmocka_unit_test(test_iterate_keeps_failures),
		cmocka_unit_test(test_extensions_survive_an_iteration),
		cmocka_unit_test(test_iterate_at_plan),
		cmocka_unit_test(test_iterate_at_a_step),
		cmocka_unit_test(test_running_steps_keep_their_inputs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
