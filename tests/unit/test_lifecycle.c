#include "test.h"

#include "know/lifecycle.h"

static void
stage(int64_t executions, int64_t successes, enum pattern_status old,
      enum pattern_status want)
{
	struct pattern_counts c = { executions, successes,
				    executions - successes, 0 };
	enum pattern_status got = lifecycle_stage(&c, old);

	if (got != want)
		fail_msg("%d of %d from %s: %s, not %s", (int)successes,
			 (int)executions, pattern_status_word(old),
			 pattern_status_word(got), pattern_status_word(want));
}

/* The plan's table and the baseline's reading of its gaps. */
static void
test_stages(void **state)
{
	enum pattern_status D = PATTERN_DISCOVERED, V = PATTERN_VALIDATED,
			    L = PATTERN_LEARNED, X = PATTERN_DEPRECATED;

	(void)state;
	stage(0, 0, D, D);
	stage(1, 1, D, D);
	stage(4, 4, D, D);
	stage(5, 4, D, V);
	stage(5, 5, D, V);
	stage(19, 19, V, V);
	stage(20, 18, V, L);
	stage(20, 17, L, V); /* 85 % */
	stage(100, 80, L, V);
	stage(100, 79, L, D);
	stage(5, 3, D, D); /* 60 % */
	stage(1, 0, D, D); /* a first failure deprecates nothing */
	stage(4, 0, D, D);
	stage(5, 2, D, X);
	stage(10, 5, V, X);
	stage(3, 1, V, X); /* it had been validated */
	stage(5, 3, X, D); /* recovered */
	stage(25, 23, X, L);
	stage(0, 0, V, D);
}

/* Issue 5: 25 successes walk up, failures walk back. */
static void
test_walk(void **state)
{
	struct pattern_counts c = { 0, 0, 0, 0 };
	enum pattern_status s = PATTERN_DISCOVERED;

	(void)state;
	for (int i = 1; i <= 25; i++) {
		c = lifecycle_count(&c, EXECUTION_SUCCESS, i);
		s = lifecycle_stage(&c, s);
		assert_int_equal(s, i < 5  ? PATTERN_DISCOVERED :
				    i < 20 ? PATTERN_VALIDATED :
					     PATTERN_LEARNED);
	}
	assert_true(c.avg_minutes > 12.999 && c.avg_minutes < 13.001);
	for (int i = 1; s != PATTERN_DEPRECATED; i++) {
		c = lifecycle_count(
			&c, i % 2 ? EXECUTION_FAILED : EXECUTION_PARTIAL, 1);
		s = lifecycle_stage(&c, s);
		/* 25/27 = 92.6 %, 25/28 = 89 %, 25/31 = 80.6 %, 25/32 = 78 %,
		 * 25/41 = 60.98 %, 25/42 = 59.5 % */
		assert_int_equal(s, i < 3  ? PATTERN_LEARNED :
				    i < 7  ? PATTERN_VALIDATED :
				    i < 17 ? PATTERN_DISCOVERED :
					     PATTERN_DEPRECATED);
	}
	assert_int_equal(c.executions, 42);
	assert_int_equal(c.successes + c.failures, c.executions);
}

static void
next_is(int64_t executions, int64_t successes, const char *want)
{
	struct pattern_counts c = { executions, successes,
				    executions - successes, 0 };
	AUTO_FREE char *text = lifecycle_next(&c);

	if (!strstr(text, want))
		fail_msg("\"%s\" lacks \"%s\"", text, want);
}

static void
test_next_stage_in_words(void **state)
{
	(void)state;
	next_is(0, 0, "validated after 5 more successful runs");
	next_is(4, 4, "validated after 1 more successful run (5");
	next_is(5, 2, "validated after 10 more"); /* 12 of 15 */
	next_is(5, 5, "learned after 15 more");
	next_is(20, 17, "learned after 10 more"); /* 27 of 30 */
	next_is(20, 18, "the highest stage");
}

static void
test_words(void **state)
{
	enum execution_status s;

	(void)state;
	assert_true(execution_status_parse("partial", &s));
	assert_int_equal(s, EXECUTION_PARTIAL);
	assert_string_equal(execution_status_word(s), "partial");
	assert_false(execution_status_parse("failure", &s));
}

/* Computed by Wilson's formula with z = 1.959964 in another language. */
static void
test_wilson(void **state)
{
	static const struct {
		int64_t successes, executions;
		double low, high;
	} rows[] = {
		{ 0, 10, 0.0, 0.277533 },      { 10, 10, 0.722467, 1.0 },
		{ 9, 10, 0.595850, 0.982124 }, { 1, 1, 0.206549, 1.0 },
		{ 44, 48, 0.804467, 0.967116 }, { 0, 0, 0, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pattern_counts c = {
			.executions = rows[i].executions,
			.successes = rows[i].successes,
			.failures = rows[i].executions - rows[i].successes,
		};
		double low, high;

		wilson_interval(&c, &low, &high);
		assert_true(low > rows[i].low - 1e-4 &&
			    low < rows[i].low + 1e-4);
		assert_true(high > rows[i].high - 1e-4 &&
			    high < rows[i].high + 1e-4);
		assert_true(low >= 0 && high <= 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stages),
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_next_stage_in_words),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_wilson),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
