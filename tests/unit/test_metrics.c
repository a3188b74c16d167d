#include "know_test.h"

#include "base/json.h"

static struct metrics
sample(const char *run)
{
	return (struct metrics){
		.run = run,
		.pattern_id = "p-v1",
		.domain = "analytics",
		.status = "succeeded",
		.started_us = 1000000,
		.finished_us = 301000000, /* 300 s */
		.phase_ms = { 10, 20, 170000, 30 },
		.human_wait_ms = 120000,
		.iterations = 4,
		.steps = 3,
		.validations = 3,
		.validations_first = 2,
		.rework = 1,
		.baseline_minutes = 45,
		.baseline_origin = "pattern",
	};
}

static void
insert(struct db *db, const struct metrics *m)
{
	struct err err = ERR_INIT;

	assert_ok(metrics_insert(db, m, &err), err);
}

static void
test_what_is_derived(void **state)
{
	struct metrics m = sample("r");
	double minutes = -1, speedup = -1;

	(void)state;
	assert_int_equal(metrics_work_ms(&m), 180000);
	assert_true(metrics_saved(&m, &minutes, &speedup));
	assert_true(minutes == 42 && speedup == 15);
	m.baseline_minutes = 0; /* no baseline, no claim */
	assert_false(metrics_saved(&m, &minutes, &speedup));
	m.baseline_minutes = 45;
	m.status = "failed";
	assert_false(metrics_saved(&m, &minutes, &speedup));
	m.human_wait_ms = 999999999;
	assert_int_equal(metrics_work_ms(&m), 0);
}

static void
compare(const struct metrics *m, void *data)
{
	AUTO(buf) got = BUF_INIT;
	AUTO(buf) want = BUF_INIT;

	metrics_json(m, &got);
	metrics_json(data, &want);
	assert_string_equal(buf_str(&got), buf_str(&want));
	assert_int_equal(m->finished_us,
			 ((const struct metrics *)data)->finished_us);
}

static void
test_a_row_comes_back_and_stays(void **state)
{
	struct metrics m = sample("r"), other = sample("r");
	struct err err = ERR_INIT;
	struct db *db = know_db();

	(void)state;
	insert(db, &m);
	other.iterations = 99;
	insert(db, &other); /* the same run again changes nothing */
	assert_ok(metrics_get(db, "r", compare, &m, &err), err);
	assert_fails(metrics_get(db, "none", compare, &m, &err), err,
		     ERR_NOTFOUND, "no value metrics of the run none");
	db_free(db);
}

static void
add(const struct metrics *m, void *data)
{
	metrics_add(data, m);
}

static struct metrics_totals
sum(struct db *db, struct metrics_filter filter)
{
	struct metrics_totals t = { 0 };
	struct err err = ERR_INIT;

	assert_ok(metrics_each(db, &filter, add, &t, &err), err);
	return t;
}

static void
test_sums(void **state)
{
	struct db *db = know_db();
	struct metrics m = sample("a");
	struct metrics_totals t;

	(void)state;
	insert(db, &m);
	m.run = "b";
	m.baseline_minutes = 0;
	m.started_us += 5000000;
	insert(db, &m);
	m.run = "c";
	m.status = "failed";
	m.baseline_minutes = 45;
	m.domain = NULL;
	insert(db, &m);
	t = sum(db, (struct metrics_filter){ 0 });
	assert_int_equal(t.runs, 3);
	assert_int_equal(t.succeeded, 2);
	assert_int_equal(t.failed, 1);
	assert_int_equal(t.lost_ms, 175000);
	assert_int_equal(t.work_ms, 180000 + 2 * 175000);
	assert_int_equal(t.human_wait_ms, 360000);
	assert_int_equal(t.phase_ms[METRICS_IMPLEMENT], 510000);
	assert_int_equal(t.validations_first, 6);
	assert_int_equal(t.with_baseline, 1);
	assert_true(t.baseline_minutes == 45 && t.saved_minutes == 42);
	t = sum(db, (struct metrics_filter){ .domain = "analytics",
					     .since_us = 2000000 });
	assert_int_equal(t.runs, 1);
	t = sum(db, (struct metrics_filter){ .until_us = 1 });
	assert_int_equal(t.runs, 0);
	assert_int_equal(t.work_ms, 0);
	db_free(db);
}

static void
test_groups(void **state)
{
	static const char *const names[] = { "b", NULL, "a b", "b", "", "a" };
	AUTO(metrics_groups) g = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		metrics_group(&g, names[i])->totals.runs++;
	metrics_groups_sort(&g);
	assert_int_equal(g.count, 4);
	assert_string_equal(g.items[0]->key, "");
	assert_string_equal(g.items[1]->key, "a");
	assert_string_equal(g.items[2]->key, "a b");
	assert_string_equal(g.items[3]->key, "b");
	assert_int_equal(g.items[0]->totals.runs, 2);
	assert_int_equal(metrics_group(&g, "b")->totals.runs, 2);
}

static void
test_json_says_where_numbers_come_from(void **state)
{
	struct metrics m = sample("r");
	AUTO(buf) out = BUF_INIT;
	struct err err = ERR_INIT;
	AUTO_JSON *json = NULL;

	(void)state;
	metrics_json(&m, &out);
	json = json_parse(buf_str(&out), out.len, "metrics", &err);
	assert_non_null(json);
	assert_string_equal(json_path(json, "rework.source")->valuestring,
			    "measured");
	assert_string_equal(
		json_path(json, "baseline_minutes.source")->valuestring,
		"entered");
	assert_string_equal(json_path(json, "speedup.source")->valuestring,
			    "derived");
	assert_true(json_path(json, "speedup.value")->valuedouble == 15);
	m.baseline_minutes = 0;
	buf_reset(&out);
	metrics_json(&m, &out);
	assert_null(strstr(buf_str(&out), "baseline"));
	assert_null(strstr(buf_str(&out), "speedup"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_derived),
		dir_test(test_a_row_comes_back_and_stays),
		dir_test(test_sums),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_json_says_where_numbers_come_from),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
