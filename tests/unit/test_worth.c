/*
 * The value report's facts where the journal's own API wrote them: what
 * models cost, in the run's row of `spend`, for the audit and after a
 * migration. All figures of a large history: tests/e2e/value.sh.
 */
#include "run_test.h"

#include "base/json.h"
#include "run/audit.h"
#include "run/worth.h"
#include "value/metrics.h"

#include <math.h>

static void
say_turn(struct journal *j, const char *step, const char *model,
	 const char *failure, int64_t tokens, int64_t cost)
{
	run_say(j, RUN_ID,
		(struct event){ .type = EV_model_turn,
				.model_turn = { .step = step,
						.item = -1,
						.turn = 1,
						.model = model,
						.end = "done",
						.message = "{}",
						.failure = failure,
						.requests = 1,
						.input_tokens = tokens,
						.output_tokens = tokens / 10,
						.cost_microusd = cost } });
}

/* A run that spent 1500 + 500 on the planner and 250 on a step. */
static struct journal *
spending_run(const char *status)
{
	struct journal *j = run_journal();
	struct metrics m = METRICS_INIT;
	struct err err = ERR_INIT;

	run_create(j, RUN_ID);
	say_turn(j, NULL, "big", NULL, 1000, 1500);
	say_turn(j, NULL, "big", "overloaded", 100, 500);
	say_turn(j, "write", "small", NULL, 10, 250);
	say_turn(j, "write", "local", NULL, 20, 0);
	m.run = RUN_ID;
	m.status = status;
	m.started_us = 1000000;
	m.finished_us = 61000000;
	assert_ok(metrics_insert(journal_db(j), &m, &err), err);
	return j;
}

static struct report_facts
read_facts(struct journal *j)
{
	struct metrics_filter all = { 0 };
	struct report_facts f;
	struct err err = ERR_INIT;

	assert_ok(worth_read(journal_db(j), &all, 100000000, &f, &err), err);
	return f;
}

static void
check_spend(struct journal *j)
{
	AUTO(report_facts) f = read_facts(j);

	assert_int_equal(f.spend_count, 3);
	assert_string_equal(f.spend[0].model, "big"); /* the dearest */
	assert_true(f.spend[0].phase);
	assert_int_equal(f.spend[0].turns, 2);
	assert_int_equal(f.spend[0].failed, 1);
	assert_int_equal(f.spend[0].input_tokens, 1100);
	assert_int_equal(f.spend[0].output_tokens, 110);
	assert_int_equal(f.spend[0].cost_microusd, 2000);
	assert_string_equal(f.spend[1].model, "small");
	assert_false(f.spend[1].phase);
	assert_string_equal(f.spend[2].model, "local");
	assert_int_equal(f.spend[2].unpriced, 1);
	assert_int_equal(f.model_runs, 1);
}

static void
test_spend_follows_from_events(void **state)
{
	AUTO_PTR(journal) j = spending_run("failed");
	AUTO(report_facts) f = read_facts(j);

	(void)state;
	check_spend(j);
	assert_int_equal(f.cost_failed_microusd, 2250);
	assert_int_equal(f.model_succeeded, 0);
	assert_int_equal(f.cost_open_microusd, 0); /* it has metrics */
	assert_int_equal(f.domains.items[0]->cost_microusd, 2250);
}

/* A database of an older version has no `spend`: it is made of events. */
static void
test_migration(void **state)
{
	struct journal *j = spending_run("succeeded");
	struct err err = ERR_INIT;

	(void)state;
	assert_ok(db_exec(journal_db(j),
			  "DROP TABLE spend; DROP INDEX gate_by_kind;"
			  "PRAGMA user_version=2",
			  &err),
		  err);
	journal_free(j);
	j = run_journal();
	check_spend(j);
	journal_free(j);
}

static void
on_problem(void *ud, const struct audit_problem *p)
{
	assert_string_equal(p->run, RUN_ID);
	assert_non_null(strstr(p->what, "what was spent"));
	++*(int *)ud;
}

static int
audit(struct journal *j)
{
	struct audit_result r;
	struct err err = ERR_INIT;
	int problems = 0;

	assert_ok(audit_verify(j, RUN_ID, on_problem, &problems, &r, &err),
		  err);
	return problems;
}

static void
test_audit_sees_spend(void **state)
{
	static const char of_nothing[] =
		"INSERT INTO spend VALUES('" RUN_ID "',0,'x',1,0,0,0,0,0)";
	const char *const changes[] = {
		"UPDATE spend SET cost_microusd=1 WHERE model='big'",
		"UPDATE spend SET turns=9 WHERE model='small'",
		"UPDATE spend SET output_tokens=9 WHERE model='local'",
		"DELETE FROM spend",
		of_nothing,
	};
	AUTO_PTR(journal) j = spending_run("succeeded");
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(audit(j), 0);
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		assert_ok(db_begin(journal_db(j), &err), err);
		assert_ok(db_exec(journal_db(j), changes[i], &err), err);
		assert_int_equal(audit(j), 1);
		db_rollback(journal_db(j));
	}
	assert_int_equal(audit(j), 0);
}

static double
figure(const struct report *r, const char *key)
{
	for (size_t i = 0; i < r->figure_count; i++)
		if (strcmp(r->figures[i].key, key) == 0)
			return r->figures[i].value;
	fail_msg("no figure %s", key);
	return NAN;
}

/* Without an entered baseline and rate there is no claim, only work. */
static void
test_nothing_is_invented(void **state)
{
	AUTO_PTR(journal) j = spending_run("succeeded");
	AUTO(report_facts) f = read_facts(j);
	AUTO(report) r = { 0 };
	AUTO(buf) text = BUF_INIT;

	(void)state;
	f.hourly_usd = 100;
	report_make(&f, &r);
	assert_true(isnan(figure(&r, "saved_minutes")));
	assert_true(isnan(figure(&r, "speedup")));
	assert_true(isnan(figure(&r, "saved_usd")));
	assert_true(isnan(figure(&r, "value_multiple")));
	assert_true(isnan(figure(&r, "error_reduction")));
	assert_true(figure(&r, "without_baseline") == 1);
	assert_true(figure(&r, "work_minutes") == 1);
	assert_true(figure(&r, "cost_per_accepted_usd") == 0.00225);
	report_write(&r, REPORT_TEXT, &text);
	assert_non_null(strstr(buf_str(&text),
			       "- Cumulative time saved: no claim (no "
			       "succeeded run has an entered baseline)\n"));
}

static void
value(double v, enum report_unit unit, const char *want)
{
	AUTO(buf) out = BUF_INIT;

	report_value(&out, v, unit);
	assert_string_equal(buf_str(&out), want);
}

static void
test_values(void **state)
{
	(void)state;
	value(14200, REPORT_USD, "$14,200.00");
	value(1234567.891, REPORT_USD, "$1,234,567.89");
	value(999.999, REPORT_USD, "$1,000.00");
	value(0.0312, REPORT_USD, "$0.0312");
	value(-3.1, REPORT_USD, "-$3.10");
	value(18.34, REPORT_TIMES, "18.3x");
	value(0.914, REPORT_SHARE, "91.4%");
	value(8520, REPORT_MINUTES, "142.0 hours");
	value(-90, REPORT_MINUTES, "-90.0 minutes");
	value(0.5, REPORT_MINUTES, "30.0 seconds");
	value(NAN, REPORT_COUNT, "-");
	value(INFINITY, REPORT_TIMES, "-");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		dir_test(test_spend_follows_from_events),
		dir_test(test_migration),
		dir_test(test_audit_sees_spend),
		dir_test(test_nothing_is_invented),
		cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
