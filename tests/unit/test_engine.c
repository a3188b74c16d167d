/* The engine: runs from their task to their end, limits, gates. What happens
 * to them from outside is in test_engine_life.c. */
#include "engine_test.h"


/* --- a whole run ------------------------------------------------------- */

static void
assert_step(const struct run_state *s, const char *id, enum item_status wanted,
	    int attempts)
{
	int i = workflow_find(s->workflow, id);

	assert_int_not_equal(i, -1);
	if (s->steps[i].outcome != wanted)
		fail_msg("step %s is %s, not %s", id,
			 item_status_name(s->steps[i].outcome),
			 item_status_name(wanted));
	if (attempts)
		assert_int_equal(s->steps[i].items[0].attempt, attempts);
}

static void
test_mixed(void **state)
{
	AUTO_PTR(run_state) s = NULL;
	struct err err = ERR_INIT;
	struct rig r;

	rig_pattern(*state, "mixed", mixed);
	rig_open(&r, *state, true);
	rig_start(&r, "mixed", yes_to_all);
	assert_true(r.ended);
	assert_string_equal(r.outcome, "succeeded");
	assert_int_equal(r.exit_status, 0);
	assert_int_equal(r.counts[EV_phase_started], 4);
	assert_int_equal(r.counts[EV_run_ended], 1);
	s = engine_read(r.j, r.run, r.tools, &err);
	assert_ok(s != NULL, err);
	assert_step(s, "first", ITEM_DONE, 1);
	assert_step(s, "left", ITEM_DONE, 1);
	assert_step(s, "right", ITEM_DONE, 2);
	assert_step(s, "broken", ITEM_DONE, 2);
	assert_step(s, "never", ITEM_SKIPPED, 0);
	assert_step(s, "each", ITEM_DONE, 1);
	assert_step(s, "none", ITEM_DONE, 0);
	assert_step(s, "maybe", ITEM_FAILED, 1);
	assert_step(s, "after", ITEM_SKIPPED, 0);
	assert_int_equal(s->rework, 2);
	assert_false(journal_is_owned(r.j, r.run));
	rig_close(&r);
}

static void
test_no_pattern(void **state)
{
	struct rig r;

	rig_open(&r, *state, true);
	rig_start(&r, "nothing-of-that-name", "");
	assert_string_equal(r.outcome, "failed");
	assert_int_equal(r.exit_status, 1);
	assert_int_equal(r.counts[EV_metrics_recorded], 1);
	rig_close(&r);
}

static void
test_failed_step(void **state)
{
	struct rig r;

	rig_pattern(*state, "bad",
		    "  steps:\n"
		    "    - {id: bad, uses: work, with: {fail: 99}}\n"
		    "    - {id: good, uses: work, with: {ms: 3}}\n");
	rig_open(&r, *state, true);
	rig_start(&r, "bad", ",\"on_failure\":\"abort\"");
	assert_string_equal(r.outcome, "failed");
	assert_int_equal(r.counts[EV_pattern_learned], 1);
	rig_start(&r, "bad", yes_to_all);
	assert_true(r.parked);
	rig_answer(&r, "interrupted", "retry", NULL);
	assert_true(r.parked);
	rig_answer(&r, "interrupted", "skip", NULL);
	assert_string_equal(r.outcome, "succeeded");
	rig_close(&r);
}

static void
test_many_items(void **state)
{
	AUTO(buf) b = BUF_INIT;
	struct rig r;

	buf_addstr(&b, "  jobs: 16\n  steps:\n    - id: each\n"
		       "      uses: work\n      with: {ms: 1}\n"
		       "      foreach: [0");
	for (int i = 1; i < 500; i++)
		buf_printf(&b, ", %d", i);
	buf_addstr(&b, "]\n");
	rig_pattern(*state, "many", buf_str(&b));
	rig_open(&r, *state, true);
	rig_start(&r, "many", yes_to_all);
	assert_string_equal(r.outcome, "succeeded");
	assert_int_equal(r.counts[EV_step_started], 500);
	assert_int_equal(r.counts[EV_iteration_started], 1);
	rig_close(&r);
}

/* A foreach step and a step whose id looks like one of its items work at
 * the same time; each has a folder of its own. */
static void
test_folders(void **state)
{
	AUTO_FREE char *dir = NULL;
	AUTO_FREE char *a = NULL, *b = NULL;
	struct rig r;

	rig_pattern(*state, "folders",
		    "  steps:\n"
		    "    - {id: a, uses: work, foreach: [1, 2]}\n"
		    "    - {id: a-1, uses: work}\n");
	rig_open(&r, *state, true);
	rig_start(&r, "folders", yes_to_all);
	dir = journal_run_dir(r.j, r.run);
	a = xasprintf("%s/work/a.1.1", dir);
	b = xasprintf("%s/work/a-1.1", dir);
	assert_true(path_is_dir(a));
	assert_true(path_is_dir(b));
	rig_close(&r);
}

/* --- limits ------------------------------------------------------------ */

static void
on_checkpoint(struct rig *r, const struct event *e)
{
	AUTO_JSON *d = NULL;

	if (e->type != EV_checkpoint_saved)
		return;
	d = cJSON_Parse(e->checkpoint_saved.diagnostics);
	assert_int_equal(e->checkpoint_saved.iteration, r->number);
	assert_int_equal(json_int(d, "iteration", 0), r->number);
	assert_int_equal(json_int(d, "granted_by_yes", 0), 10);
	assert_true(cJSON_GetArraySize(json_get(d, "incomplete")) > 0);
	assert_non_null(json_str(d, "next"));
}

/* Stands at the limit: n iterations, n effects, not one more. */
static void
assert_stands_at(struct rig *r, int n)
{
	assert_true(r->parked);
	assert_int_equal(r->counts[EV_iteration_started], n);
	assert_int_equal(count_lines(r->dir), n);
}

static void
hold_limit(const char *dir, const char *risk, int limit)
{
	AUTO_FREE char *log = path_join(dir, "log");
	struct rig r;

	unlink(log);
	limit_pattern(dir, risk, limit + 13);
	rig_open(&r, dir, true);
	r.watch = on_checkpoint;
	r.number = limit;
	rig_start(&r, risk, yes_to_all);
	assert_stands_at(&r, limit);
	assert_int_equal(r.counts[EV_checkpoint_saved], 1);
	/* Coming back without an answer changes nothing. */
	rig_resume(&r, r.run);
	assert_stands_at(&r, limit);
	assert_int_equal(r.counts[EV_checkpoint_saved], 1);
	r.number += 10;
	rig_answer(&r, "limit", "approve", NULL);
	assert_stands_at(&r, limit + 10);
	assert_int_equal(r.counts[EV_checkpoint_saved], 2);
	rig_answer(&r, "limit", "approve", NULL);
	assert_string_equal(r.outcome, "succeeded");
	assert_int_equal(count_lines(dir), limit + 13);
	rig_close(&r);
}

static void
test_limits(void **state)
{
	hold_limit(*state, "critical", 2);
	hold_limit(*state, "high", 5);
	hold_limit(*state, "medium", 10);
	hold_limit(*state, "low", 30);
}

static void
test_limit_refused(void **state)
{
	struct rig r;

	limit_pattern(*state, "critical", 4);
	rig_open(&r, *state, true);
	rig_start(&r, "critical", yes_to_all);
	rig_answer(&r, "limit", "reject", NULL);
	assert_true(r.ended);
	assert_string_equal(r.outcome, "aborted");
	assert_int_equal(r.exit_status, 5);
	assert_int_equal(count_lines(*state), 2);
	assert_int_equal(r.counts[EV_pattern_learned], 1);
	rig_close(&r);
}

/* --- gates ------------------------------------------------------------- */

static void
test_gate_iterate(void **state)
{
	struct rig r;

	rig_pattern(*state, "ask",
		    "  inputs: {n: {type: number, default: 1}}\n"
		    "  steps:\n"
		    "    - {id: a, uses: work, gate: approve, "
		    "with: {ms: \"{{ inputs.n }}\"}}\n"
		    "    - {id: b, uses: work, with: {ms: 30}}\n");
	rig_open(&r, *state, true);
	rig_start(&r, "ask", ",\"approve\":\"none\"");
	assert_true(r.parked);
	/* Other inputs: the gate opens again and shows them. */
	rig_answer(&r, "approve", "iterate", "{\"inputs\":{\"n\":0}}");
	assert_true(r.parked);
	assert_non_null(strstr(buf_str(&r.live), "inputs: {\"n\":0}"));
	rig_answer(&r, "approve", "approve", NULL);
	rig_answer(&r, "review", "approve", NULL);
	assert_string_equal(r.outcome, "succeeded");
	rig_close(&r);
}

static void
test_gate_rejected(void **state)
{
	struct rig r;

	rig_pattern(*state, "ask",
		    "  steps: [{id: a, uses: work, gate: approve}]\n");
	rig_open(&r, *state, true);
	rig_start(&r, "ask", ",\"approve\":\"none\"");
	rig_answer(&r, "approve", "reject", NULL);
	assert_string_equal(r.outcome, "aborted");
	assert_int_equal(r.exit_status, 4);
	assert_int_equal(r.counts[EV_step_started], 0);
	assert_int_equal(r.counts[EV_pattern_learned], 1);
	rig_close(&r);
}

static void
test_form(void **state)
{
	struct rig r;

	rig_pattern(*state, "form",
		    "  inputs: {n: {type: number, required: true}}\n"
		    "  steps: [{id: a, uses: work}]\n");
	rig_open(&r, *state, true);
	rig_start(&r, "form", yes_to_all);
	rig_answer(&r, "form", "approve", "{\"n\":\"not a number\"}");
	rig_answer(&r, "form", "approve", "{\"n\":\"7\"}");
	assert_string_equal(r.outcome, "succeeded");
	assert_non_null(strstr(buf_str(&r.live), "inputs: {\"n\":7}"));
	rig_close(&r);
}

/* --- without a sandbox ------------------------------------------------- */

static void
on_shown(struct rig *r, const struct event *e)
{
	AUTO_JSON *shown = NULL;

	if (e->type == EV_step_started)
		assert_string_equal(e->step_started.profile,
				    r->number ? "full" : "read-only");
	if (e->type != EV_gate_opened)
		return;
	shown = cJSON_Parse(e->gate_opened.shown);
	if (r->number)
		assert_string_equal(json_str(shown, "sandbox"), "off");
	else
		assert_null(json_get(shown, "sandbox"));
}

static void
open_every_gate(const char *dir, const char *options, bool off)
{
	struct rig r;

	rig_pattern(dir, "gates",
		    "  risk: critical\n"
		    "  inputs: {n: {type: number, required: true}}\n"
		    "  steps:\n"
		    "    - {id: a, uses: work}\n"
		    "    - {id: b, uses: work, needs: [a]}\n"
		    "    - {id: c, uses: work, needs: [b], review: true,\n"
		    "       with: {fail: 1}}\n");
	rig_open(&r, dir, true);
	r.watch = on_shown;
	r.number = off;
	rig_start(&r, "gates", options);
	rig_answer(&r, "form", "approve", "{\"n\":1}");
	rig_answer(&r, "plan", "approve", NULL);
	rig_answer(&r, "approve", "approve", NULL);
	rig_answer(&r, "approve", "approve", NULL);
	rig_answer(&r, "approve", "approve", NULL);
	rig_answer(&r, "limit", "approve", NULL);
	rig_answer(&r, "interrupted", "retry", NULL);
	rig_answer(&r, "review", "approve", NULL);
	assert_string_equal(r.outcome, "succeeded");
	assert_int_equal(fake_seen.profile,
			 off ? SANDBOX_FULL : SANDBOX_READ_ONLY);
	rig_close(&r);
}

static void
test_sandbox_off(void **state)
{
	open_every_gate(*state, ",\"sandbox\":\"off\"", true);
	open_every_gate(*state, ",\"sandbox\":\"on\"", false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		rig_test(test_mixed),
		rig_test(test_no_pattern),
		rig_test(test_failed_step),
		rig_test(test_many_items),
		rig_test(test_folders),
		rig_test(test_limits),
		rig_test(test_limit_refused),
		rig_test(test_gate_iterate),
		rig_test(test_gate_rejected),
		rig_test(test_form),
		rig_test(test_sandbox_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
