#include "know_test.h"

#include "base/clock.h"
#include "base/json.h"
#include "know/learn.h"
#include "know/match.h"

#include <math.h>

#define DAY_US INT64_C(86400000000)
#define NOW_US (INT64_C(20000) * DAY_US)

static void
near(double got, double want)
{
	if (fabs(got - want) > 0.0005)
		fail_msg("%.6f, not %.6f", got, want);
}

static struct strv
list(const char *words)
{
	struct strv v = STRV_INIT;
	AUTO_FREE char *copy = xstrdup(words);
	char *rest = copy, *word;

	while ((word = strsep(&rest, " ")))
		if (*word)
			strv_add(&v, word);
	return v;
}

static struct library_row
row(const char *keywords, int64_t executions, int64_t successes, int64_t days)
{
	return (struct library_row){
		.id = xstrdup("p"),
		.name = xstrdup("n"),
		.description = xstrdup(""),
		.category = xstrdup(""),
		.path = xstrdup(""),
		.counts = { executions, successes, executions - successes, 0 },
		.last_used_us = days < 0 ? 0 : NOW_US - days * DAY_US,
		.keywords = list(keywords),
	};
}

static void
test_keywords(void **state)
{
	static const struct {
		const char *task, *want;
	} cases[] = {
		{ "Build API with authentication and caching",
		  "api authentication caching" },
		{ "Set up my CI for ML, UI\tand  data,", "ml, data," },
		{ "csv csv CSV csv,", "csv csv," },
		{ "\xc3\x89t\xc3\xa9 \xd0\x96\xd0\x96\xd0\x96 a\xc3\xa9",
		  "\xc3\xa9t\xc3\xa9 \xd0\xb6\xd0\xb6\xd0\xb6" },
		{ "bad \xff\xfe", "bad" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(strv) got = STRV_INIT;
		AUTO(strv) want = list(cases[i].want);

		match_keywords(cases[i].task, &got);
		assert_int_equal(got.count, want.count);
		for (size_t k = 0; k < got.count; k++)
			assert_string_equal(got.items[k], want.items[k]);
	}
}

/* As v0.2.0 computed: three of seven keywords, 44 of 48, used now. */
static void
test_score_of_the_baseline(void **state)
{
	AUTO(library_row) r =
		row("api authentication caching a1 b1 c1 d1", 48, 44, 0);
	AUTO(strv) task = STRV_INIT;
	struct match_score s;

	(void)state;
	match_keywords("Build API with authentication and caching", &task);
	s = match_score(&task, &r, NOW_US);
	assert_int_equal(s.shared, 3);
	assert_int_equal(s.keywords, 7);
	near(s.keyword, 3.0 / 7);
	near(s.rate, 0.9167);
	near(s.usage, 0.48);
	near(s.recency, 1);
	near(s.score, 0.642);
}

static void
test_score_edges(void **state)
{
	AUTO(library_row) empty = row("", 0, 0, -1);
	AUTO(library_row) full = row("Data DATA csv", 500, 500, 3);
	AUTO(strv) task = list("data csv");
	struct match_score s;

	(void)state;
	s = match_score(&task, &empty, NOW_US);
	assert_true(s.score == 0);
	s = match_score(&task, &full, NOW_US);
	assert_int_equal(s.keywords, 2);
	near(s.score, 1);
	assert_string_equal(match_score_word(0.8), "High");
	assert_string_equal(match_score_word(0.79), "Medium");
	assert_string_equal(match_score_word(0.6), "Medium");
	assert_string_equal(match_score_word(0.59), "Low");
}

static void
test_recency_boundaries(void **state)
{
	static const struct {
		int64_t days;
		double want;
	} cases[] = {
		{ -2, 0.5 }, { -1, 0 },     { 0, 1 },    { 6, 1 },
		{ 7, 0.8 },  { 29, 0.8 },   { 30, 0.5 }, { 89, 0.5 },
		{ 90, 0.2 }, { 9999, 0.2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_true(match_recency(cases[i].days) == cases[i].want);
		if (cases[i].days >= 0) {
			AUTO(library_row) r = row("", 0, 0, cases[i].days);
			AUTO(strv) none = STRV_INIT;
			struct match_score s;

			/* whole days: one microsecond short of the next */
			r.last_used_us -= DAY_US - 1;
			s = match_score(&none, &r, NOW_US);
			assert_true(s.recency == cases[i].want);
			r.last_used_us = NOW_US + DAY_US; /* a wrong clock */
			s = match_score(&none, &r, NOW_US);
			assert_true(s.recency == 1);
		}
	}
}

static void
test_probability_of_the_baseline(void **state)
{
	const struct match_tool tools[] = {
		{ "a", true, 1.0 },
		{ "b", true, 0.96 },
		{ "c", false, -1 },
	};
	struct match_probability p = { 0.90, 0.94, 0.457, 0.80, 0 };

	(void)state;
	near(match_p_pattern(&(struct pattern_counts){ 50, 45, 5, 0 }), 0.90);
	near(match_p_pattern(&(struct pattern_counts){ 5, 4, 1, 0 }), 0.65);
	near(match_p_pattern(&(struct pattern_counts){ 0, 0, 0, 0 }), 0.5);
	near(match_p_pattern(&(struct pattern_counts){ 10, 10, 0, 0 }), 1);
	near(match_p_plugins(tools, 3), (2 * 1.0 + 2 * 0.96 + 0.8) / 5);
	near(match_p_plugins(tools, 0), 0.5);
	/* The 86 % example of v0.2.0 is 82 % by its own formula: Good. */
	match_combine(&p);
	near(p.probability, 0.8134);
	assert_int_equal(match_band(p.probability), MATCH_GOOD);
}

static void
test_context(void **state)
{
	AUTO(library_row) r = row("", 0, 0, 0);

	(void)state;
	free(r.name);
	free(r.category);
	r.name = xstrdup("Sales chart");
	r.category = xstrdup("Analytics");
	/* {chart, sales, region} and {sales, chart, analytics} */
	near(match_p_context("Chart sales region", &r), 0.8 * 2 / 4);
	/* the category's word in the task, in any case: 3 of 4, and 0.2 */
	near(match_p_context("ANALYTICS chart sales region", &r),
	     0.8 * 3 / 4 + 0.2);
	near(match_p_context("", &r), 0);
}

static void
test_similarity(void **state)
{
	const char *tasks[12] = { "one two three four", "one two nine ten" };

	(void)state;
	near(match_p_similarity("one two three four", tasks, 0), 0.5);
	near(match_p_similarity("one two three four", tasks, 1), 1);
	near(match_p_similarity("one two", tasks, 2), 2 / sqrt(8));
	near(match_p_similarity("", tasks, 2), 0);
	/* only the ten latest count */
	for (int i = 0; i < 10; i++)
		tasks[i] = "nothing alike";
	tasks[10] = "one two";
	near(match_p_similarity("one two", tasks, 11), 0);
}

static void
test_bands(void **state)
{
	(void)state;
	assert_int_equal(match_band(1), MATCH_HIGH);
	assert_int_equal(match_band(0.85), MATCH_HIGH);
	assert_int_equal(match_band(0.849), MATCH_GOOD);
	assert_int_equal(match_band(0.70), MATCH_GOOD);
	assert_int_equal(match_band(0.699), MATCH_MODERATE);
	assert_int_equal(match_band(0.50), MATCH_MODERATE);
	assert_int_equal(match_band(0.499), MATCH_LOW);
	assert_string_equal(match_band_word(match_band(0)), "Low");
}

/* --- the search --------------------------------------------------------- */

struct fixture {
	struct paths paths;
	struct db *db;
};

static void
open_fixture(struct fixture *f, const char *dir)
{
	struct err err = ERR_INIT;

	f->paths = know_paths(dir);
	f->db = know_db();
	clock_fake(NOW_US, 0);
	know_pattern(dir, "shipped/patterns", "table", "Tabular data review",
		     "category: analytics\n"
		     "task_keywords: [review, data, csv, table, charts]\n"
		     "tags: [tsv]\n"
		     "workflow:\n  steps:\n    - {uses: chart}\n"
		     "    - {uses: bash, optional: true}\n");
	know_pattern(dir, "shipped/patterns", "git", "Git history review",
		     "category: development\n"
		     "task_keywords: [review, git, history, repository]\n");
	know_pattern(dir, "data/patterns/deprecated", "old", "Old review",
		     "task_keywords: [review, data, csv]\n"
		     "executions: 9\n");
	assert_ok(library_sync(f->db, &f->paths, NULL, &err), err);
}

static void
close_fixture(struct fixture *f)
{
	clock_fake(-1, -1);
	db_free(f->db);
	paths_release(&f->paths);
}

static void
matches(struct fixture *f, const char *task, const char *hints, bool found,
	const char *want)
{
	AUTO(strv) words = list(hints);
	struct match_query q = { .task = task, .hints = &words };
	AUTO(match_list) l = { 0 };
	AUTO(buf) got = BUF_INIT;
	struct err err = ERR_INIT;

	assert_ok(match_best(f->db, &q, 3, &l, &err), err);
	for (size_t i = 0; i < l.count; i++)
		buf_printf(&got, "%s%s", i ? " " : "", l.items[i].row.id);
	if (l.found != found || strcmp(buf_str(&got), want) != 0)
		fail_msg("\"%s\": %sfound: %s", task, l.found ? "" : "not ",
			 buf_str(&got));
}

static void
test_best(void **state)
{
	struct fixture f;

	open_fixture(&f, *state);
	matches(&f, "Review the csv data", "", true, "table");
	matches(&f, "review git history", "", true, "git");
	matches(&f, "review history of my data", "", true, "git table");
	/* punctuation, plural, file endings, short words: domain words */
	matches(&f, "Chart sales.csv", "", true, "table");
	matches(&f, "What is in sales.tsv?", "table", true, "table");
	matches(&f, "Repositories: history!", "git", true, "git");
	/* one word is not enough, hints alone neither */
	matches(&f, "Review poetry", "", false, "git table");
	matches(&f, "Translate this", "csv data", false, "table");
	matches(&f, "Translate this", "", false, "table git");
	matches(&f, "", "", false, "table git");
	close_fixture(&f);
}

static void
test_deprecated_is_never_matched(void **state)
{
	struct fixture f;

	open_fixture(&f, *state);
	matches(&f, "Review csv data of old", "", true, "table");
	close_fixture(&f);
}

static void
learn(struct fixture *f, const char *run, const char *id, const char *task,
      bool ok)
{
	const struct learn_step step = { "a", "chart", ok, 1 };
	struct learn_input in = {
		.run = run,
		.task = task,
		.status = ok ? EXECUTION_SUCCESS : EXECUTION_FAILED,
		.started_us = NOW_US - 1,
		.finished_us = NOW_US,
		.steps = &step,
		.step_count = 1,
		.pattern_id = id,
	};
	struct learn_result r = { 0 };
	struct err err = ERR_INIT;

	assert_ok(learn_record(f->db, &f->paths, &in, &r, &err), err);
	learn_result_release(&r);
}

static void
test_evidence_enters(void **state)
{
	struct match_query q = { .task = "Review csv data" };
	struct fixture f;
	AUTO(match) m = { 0 };
	AUTO(match_list) l = { 0 };
	AUTO(buf) json = BUF_INIT;
	AUTO_JSON *tree = NULL;
	struct err err = ERR_INIT;

	open_fixture(&f, *state);
	assert_ok(match_one(f.db, &q, "table", &m, &err), err);
	near(m.score.score, 0.4 * 3 / 5);
	near(m.p.pattern, 0.5);
	near(m.p.plugins, 0.8); /* chart and bash: both unknown */
	near(m.p.similarity, 0.5);
	/* {review csv data} of {tabular data review analytics} and them */
	near(m.p.context, 0.8 * 2 / 5);
	match_release(&m);
	learn(&f, "run-1", "table", "Review csv data of May", true);
	learn(&f, "run-2", "table", "Review other things", false);
	assert_ok(match_best(f.db, &q, 1, &l, &err), err);
	assert_int_equal(l.count, 1);
	assert_string_equal(l.items[0].row.id, "table");
	assert_false(l.items[0].row.shipped);
	near(l.items[0].score.score,
	     0.4 * 3 / 5 + 0.3 * 0.5 + 0.2 * 0.02 + 0.1);
	near(l.items[0].p.pattern, 0.5 * 0.2 + 0.5 * 0.8);
	/* chart 1 of 2, required; bash unknown, optional */
	near(l.items[0].p.plugins, (2 * 0.5 + 0.8) / 3);
	/* "may" is no stop word; only successes count */
	near(l.items[0].p.similarity, 3 / sqrt(3 * 4));
	assert_false(l.close);
	match_json(&l.items[0], &json);
	tree = json_parse(buf_str(&json), json.len, "match", &err);
	assert_non_null(tree);
	near(json_path(tree, "score_factors.recency")->valuedouble, 1);
	assert_string_equal(json_path(tree, "shared.0")->valuestring, "review");
	assert_false(match_one(f.db, &q, "nothing", &m, &err));
	close_fixture(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keywords),
		cmocka_unit_test(test_score_of_the_baseline),
		cmocka_unit_test(test_score_edges),
		cmocka_unit_test(test_recency_boundaries),
		cmocka_unit_test(test_probability_of_the_baseline),
		cmocka_unit_test(test_context),
		cmocka_unit_test(test_similarity),
		cmocka_unit_test(test_bands),
		dir_test(test_best),
		dir_test(test_deprecated_is_never_matched),
		dir_test(test_evidence_enters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
