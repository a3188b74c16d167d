/*
 * The pure core of a run (src/run/apply*, next, values, shown): events in,
 * decisions out. No engine, no I/O, a clock that the test sets. Gates are in
 * test_gate.c, events that make no sense in test_fold.c.
 */
#include "run_core.h"

/* --- phases ------------------------------------------------------------ */

static void
test_phases_in_order(void **state)
{
	AUTO(core) c;

	(void)state;
	core_new(&c, ALL);
	core_go(&c);
	core_expect(&c, "phase.started research\nworker.started\n"
			"worker.started\nworker.started\nworker.started\n");
	assert_true(run_busy(c.s));
	core_workers(&c);
	core_expect(&c, "phase.finished research done\n"
			"phase.started plan\nplan.asked\n");
	core_plan(&c, TWO_STEPS, "{}");
	core_expect(&c, "plan.accepted\nphase.finished plan done\n"
			"phase.started implement\niteration.started 1/30 a\n"
			"step.started a data_profile #1\n");
	core_ok(&c, "a");
	core_expect(&c, "iteration.started 2/30 b\n"
			"step.started b data_profile #1\n");
	core_ok(&c, "b");
	core_expect(&c, "gate.opened review -\n"
			"gate.decided approve --approve=critical\n"
			"phase.finished implement done\n"
			"phase.started learn\nlearn.asked\n");
	core_learn(&c);
	core_expect(&c, "phase.finished learn done\nrun.ended succeeded 0\n");
	assert_true(c.s->ended);
	assert_false(run_busy(c.s));
	assert_false(run_waits_for_person(c.s));
}

static void
test_no_plan_fails_and_still_learns(void **state)
{
	struct event e = { .type = EV_plan_failed,
			   .plan_failed = { .reason = "nothing fits" } };
	AUTO(core) c;

	(void)state;
	core_new(&c, "{}");
	core_go(&c);
	core_workers(&c);
	core_forget(&c);
	core_apply(&c, &e);
	core_go(&c);
	core_expect(&c, "run.failing failed 1\nphase.finished plan failed\n"
			"phase.started learn\nlearn.asked\n");
	core_ends(&c, "failed", 1);
	assert_string_equal(c.s->outcome_reason, "nothing fits");
}

static void
test_a_broken_workflow_is_no_plan(void **state)
{
	AUTO(core) c;

	(void)state;
	core_begin(&c, "{}", "name: x\nsteps: [{id: a, uses: nonsense}]", "{}");
	assert_non_null(strstr(c.s->plan_problem, "nonsense"));
	core_ends(&c, "failed", 1);
}

/* --- a failed attempt --------------------------------------------------- */

static void
test_retries_back_off(void **state)
{
	static const char flow[] =
		"name: retry\n"
		"steps: [{id: a, uses: data_profile, with: {path: x}, "
		"retry: {attempts: 3, backoff: 2s}}]\n";
	AUTO(core) c;

	(void)state;
	core_begin(&c, ALL, flow, "{}");
	core_forget(&c);
	core_fail(&c, "a");
	core_expect(&c, "step.retrying a 2000 ms\n");
	assert_int_equal(run_wake_us(c.s), c.now_us + 2000000);
	assert_false(run_busy(c.s));
	assert_false(run_waits_for_person(c.s));
	c.now_us += 1999999;
	core_go(&c);
	core_expect(&c, "");
	c.now_us += 1;
	core_go(&c);
	core_expect(&c, "iteration.started 2/30 a\n"
			"step.started a data_profile #2\n");
	core_end_item(&c, "a", -1, "timeout", "too slow");
	core_expect(&c, "step.retrying a 4000 ms\n");
	c.now_us += 4000000;
	core_go(&c);
	core_forget(&c);
	core_fail(&c, "a");
	core_expect(&c, "gate.opened interrupted a\n");
	assert_true(run_waits_for_person(c.s));
	assert_int_equal(run_wake_us(c.s), 0);
	assert_int_equal(c.s->rework, 2);
	assert_string_equal(c.last[EV_gate_opened].gate_opened.step, "a");
}

static void
test_fallback_after_the_retries(void **state)
{
	static const char flow[] =
		"name: fallback\n"
		"steps:\n"
		"  - {id: a, uses: data_profile, with: {path: x}, "
		"retry: {attempts: 2, backoff: 1s}, "
		"fallback: {uses: write_file, with: {path: y}}}\n"
		"  - {id: b, uses: data_profile, with: "
		"{path: '{{ steps.a.data.n }}'}, needs: [a]}\n";
	AUTO(core) c;

	(void)state;
	core_begin(&c, ALL, flow, "{}");
	core_fail(&c, "a");
	c.now_us += 1000000;
	core_go(&c);
	core_forget(&c);
	core_fail(&c, "a");
	core_expect(&c, "step.retrying a 0 ms fallback\n"
			"iteration.started 3/10 a\n"
			"step.started a write_file #3 fallback\n");
	core_ok(&c, "a");
	core_expect(&c, "iteration.started 4/10 b\n"
			"step.started b data_profile #1\n");
	assert_string_equal(c.last[EV_step_started].step_started.args,
			    "{\"path\":1}");
}

static void
test_a_failed_fallback_asks(void **state)
{
	static const char flow[] =
		"name: fallback\n"
		"steps: [{id: a, uses: data_profile, with: {path: x}, "
		"fallback: {uses: data_profile, with: {path: y}}}]\n";
	AUTO(core) c;

	(void)state;
	core_begin(&c, ALL, flow, "{}");
	core_fail(&c, "a");
	core_forget(&c);
	core_fail(&c, "a");
	core_expect(&c, "gate.opened interrupted a\n");
	core_answer(&c, 1, "retry", NULL);
	core_expect(&c, "iteration.started 3/30 a\n"
			"step.started a data_profile #3 fallback\n");
	core_fail(&c, "a");
	core_forget(&c);
	core_answer(&c, 2, "abort", NULL);
	core_ends(&c, "failed", 1);
}

static void
test_invalid_results_are_broken(void **state)
{
	static const char flow[] =
		"name: valid\n"
		"steps: [{id: a, uses: data_profile, with: "
		"{path: '{{ findings | length }}'}, retry: {attempts: 2, "
		"backoff: 1s}}]\n";
	struct event e = { .type = EV_step_validated,
			   .step_validated = { .step = "a",
					       .item = -1,
					       .attempt = 1,
					       .validation = "file x",
					       .message = "missing" } };
	AUTO(core) c;

	(void)state;
	core_begin(&c, ALL, flow, "{}");
	core_apply(&c, &e);
	core_forget(&c);
	core_ok(&c, "a");
	core_expect(&c, "step.retrying a 1000 ms\n");
	c.now_us += 1000000;
	core_go(&c);
	/* The next attempt sees what was wrong. */
	assert_string_equal(c.last[EV_step_started].step_started.args,
			    "{\"path\":1}");
	core_ok(&c, "a");
	assert_int_equal(core_outcome(&c, "a"), ITEM_DONE);
	assert_int_equal(c.s->steps[0].validations, 1);
	assert_int_equal(c.s->steps[0].validations_passed, 0);
}

static void
test_optional_failure_goes_on(void **state)
{
	static const char flow[] =
		"name: optional\n"
		"steps:\n"
		"  - {id: a, uses: data_profile, with: {path: x}, "
		"optional: true}\n"
		"  - {id: b, uses: data_profile, with: {path: y}, "
		"needs: [a]}\n"
		"  - {id: c, uses: data_profile, with: {path: z}}\n";
	AUTO(core) c;

	(void)state;
	core_begin(&c, ALL, flow, "{}");
	core_forget(&c);
	core_fail(&c, "a");
	core_expect(&c, "step.settled a failed\nstep.settled b skipped\n");
	core_ok(&c, "c");
	core_ends(&c, "succeeded", 0);
}

static void
test_failure_ends_the_run_when_told(void **state)
{
	AUTO(core) c;

	(void)state;
	core_begin(&c, "{\"approve\":\"low\",\"on_failure\":\"abort\"}",
		   TWO_STEPS, "{}");
	core_forget(&c);
	core_fail(&c, "a");
	core_expect(&c, "step.settled a failed\nrun.failing failed 1\n"
			"phase.finished implement failed\n"
			"phase.started learn\nlearn.asked\n");
	assert_string_equal(c.s->outcome_reason, "step a failed: it broke");
	core_ends(&c, "failed", 1);
}

static void
test_a_person_may_skip_or_mark_done(void **state)
{
	AUTO(core) c;
	AUTO(core) d;

	(void)state;
	core_begin(&c, ALL, TWO_STEPS, "{}");
	core_fail(&c, "a");
	core_answer(&c, 1, "skip", NULL);
	assert_int_equal(core_outcome(&c, "a"), ITEM_SKIPPED);
	assert_int_equal(c.s->steps[1].items[0].status, ITEM_RUNNING);

	core_begin(&d, ALL, TWO_STEPS, "{}");
	core_fail(&d, "a");
	core_answer(&d, 1, "mark-done", NULL);
	assert_int_equal(core_outcome(&d, "a"), ITEM_DONE);
	assert_int_equal(d.s->steps[1].items[0].status, ITEM_RUNNING);
}

/* --- when, foreach, jobs ------------------------------------------------ */

static void
test_when(void **state)
{
	static const char flow[] =
		"name: when\n"
		"inputs: {go: {type: boolean, default: false}}\n"
		"steps:\n"
		"  - {id: a, uses: data_profile, with: {path: x}, "
		"when: inputs.go}\n"
		"  - {id: b, uses: data_profile, with: {path: y}, "
		"needs: [a]}\n";
	AUTO(core) c;
	AUTO(core) d;

	(void)state;
	core_begin(&c, ALL, flow, "{}");
	assert_int_equal(core_outcome(&c, "a"), ITEM_SKIPPED);
	/* Skipped by its own condition is no failure: b runs. */
	assert_int_equal(c.s->running.count, 1);
	core_begin(&d, ALL, flow, "{\"go\":\"true\"}");
	assert_int_equal(core_outcome(&d, "a"), ITEM_WAITING);
	assert_int_equal(d.s->running.count, 1);
}

static const char each[] =
	"name: each\n"
	"inputs: {files: {type: list}}\n"
	"steps:\n"
	"  - {id: a, uses: data_profile, foreach: '{{ inputs.files }}', "
	"with: {path: '{{ item }}'}}\n"
	"  - {id: b, uses: data_profile, needs: [a], "
	"with: {path: '{{ steps.a.data | length }}'}}\n";

static void
test_foreach_of_none_and_one(void **state)
{
	AUTO(core) c;
	AUTO(core) d;

	(void)state;
	core_begin(&c, ALL, each, "{\"files\":[]}");
	core_expect(&c, "plan.accepted\nphase.finished plan done\n"
			"phase.started implement\nstep.expanded\n"
			"iteration.started 1/30 b\n"
			"step.started b data_profile #1\n");
	assert_int_equal(core_outcome(&c, "a"), ITEM_DONE);
	assert_string_equal(c.last[EV_step_started].step_started.args,
			    "{\"path\":0}");

	core_begin(&d, ALL, each, "{\"files\":[\"x\"]}");
	core_forget(&d);
	core_end_item(&d, "a", 0, "ok", NULL);
	core_expect(&d, "iteration.started 2/30 b\n"
			"step.started b data_profile #1\n");
	assert_string_equal(d.last[EV_step_started].step_started.args,
			    "{\"path\":1}");
}

static void
test_foreach_of_many_respects_jobs(void **state)
{
	AUTO(core) c;

	(void)state;
	core_begin(&c, "{\"approve\":\"low\",\"jobs\":2}", each,
		   "{\"files\":[\"x\",\"y\",\"z\"]}");
	core_expect(&c, "plan.accepted\nphase.finished plan done\n"
			"phase.started implement\nstep.expanded\n"
			"iteration.started 1/30 a\n"
			"step.started a[0] data_profile #1\n"
			"step.started a[1] data_profile #1\n");
	core_end_item(&c, "a", 1, "ok", NULL);
	core_expect(&c, "step.started a[2] data_profile #1\n");
	assert_string_equal(c.last[EV_step_started].step_started.args,
			    "{\"path\":\"z\"}");
	/* One bad element makes the step fail once all have ended. */
	core_end_item(&c, "a", 0, "failed", "bad");
	assert_int_equal(c.s->gates_open, 1);
	assert_int_equal(c.last[EV_gate_opened].gate_opened.item, 0);
	core_end_item(&c, "a", 2, "ok", NULL);
	core_forget(&c);
	core_answer(&c, 1, "skip", NULL);
	assert_int_equal(core_outcome(&c, "a"), ITEM_SKIPPED);
	core_expect(&c, "iteration.started 2/30 b\n"
			"step.started b data_profile #1\n");
	assert_string_equal(c.last[EV_step_started].step_started.args,
			    "{\"path\":3}");
}

static void
test_jobs_of_the_workflow(void **state)
{
	static const char flow[] =
		"name: jobs\n"
		"jobs: 1\n"
		"steps:\n"
		"  - {id: a, uses: data_profile, with: {path: x}}\n"
		"  - {id: b, uses: data_profile, with: {path: x}}\n"
		"  - {id: c, uses: data_profile, with: {path: x}}\n";
	AUTO(core) c;
	AUTO(core) d;

	(void)state;
	core_begin(&c, ALL, flow, "{}");
	assert_int_equal(c.s->running.count, 1);
	core_begin(&d, "{\"jobs\":2}", flow, "{}");
	assert_int_equal(d.s->running.count, 2);
	core_ok(&d, "b");
	assert_int_equal(d.s->running.count, 2);
}

/* --- interruption -------------------------------------------------------- */

static void
test_reading_steps_are_issued_again(void **state)
{
	AUTO(core) c;

	(void)state;
	core_begin(&c, ALL, TWO_STEPS, "{}");
	core_forget(&c);
	core_resume(&c);
	core_expect(&c, "step.started a data_profile #1\n");
	core_ok(&c, "a");
	core_ok(&c, "b");
	core_ends(&c, "succeeded", 0);
	assert_int_equal(c.s->iteration, 2);
	assert_int_equal(c.s->rework, 0);
}

static void
test_writing_steps_ask_first(void **state)
{
	AUTO(core) c;

	(void)state;
	core_begin(&c, ALL, WRITING, "{}");
	core_forget(&c);
	core_resume(&c);
	core_expect(&c, "gate.opened interrupted w\n");
	core_resume(&c); /* and asks only once */
	core_expect(&c, "");
	core_answer(&c, 2, "retry", NULL);
	core_expect(&c, "iteration.started 2/10 w\n"
			"step.started w write_file #2\n");
	core_ok(&c, "w");
	core_ends(&c, "succeeded", 0);
}

static void
test_phases_cut_off_begin_again(void **state)
{
	AUTO(core) c;

	(void)state;
	core_new(&c, ALL);
	core_go(&c);
	core_forget(&c);
	core_resume(&c);
	core_expect(&c, "worker.started\nworker.started\nworker.started\n"
			"worker.started\n");
	core_workers(&c);
	core_forget(&c);
	core_resume(&c);
	core_expect(&c, "plan.asked\n");
	core_plan(&c, TWO_STEPS, "{}");
	core_ok(&c, "a");
	core_ok(&c, "b");
	core_forget(&c);
	core_resume(&c);
	core_expect(&c, "learn.asked\n");
	core_ends(&c, "succeeded", 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_phases_in_order),
		cmocka_unit_test(test_no_plan_fails_and_still_learns),
		cmocka_unit_test(test_a_broken_workflow_is_no_plan),
		cmocka_unit_test(test_retries_back_off),
		cmocka_unit_test(test_fallback_after_the_retries),
		cmocka_unit_test(test_a_failed_fallback_asks),
		cmocka_unit_test(test_invalid_results_are_broken),
		cmocka_unit_test(test_optional_failure_goes_on),
		cmocka_unit_test(test_failure_ends_the_run_when_told),
		cmocka_unit_test(test_a_person_may_skip_or_mark_done),
		cmocka_unit_test(test_when),
		cmocka_unit_test(test_foreach_of_none_and_one),
		cmocka_unit_test(test_foreach_of_many_respects_jobs),
		cmocka_unit_test(test_jobs_of_the_workflow),
		cmocka_unit_test(test_reading_steps_are_issued_again),
		cmocka_unit_test(test_writing_steps_ask_first),
		cmocka_unit_test(test_phases_cut_off_begin_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
