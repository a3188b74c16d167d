/* The value report on screen: figures with their kinds, bars, advice with
 * its rules; which runs it is about. */
#include "app_test.h"

#include "cli/value_filter.h"

#include <math.h>

#define DAY_US (86400 * INT64_C(1000000))

struct made {
	const char *domain, *pattern, *month, *status;
	int runs;
	double baseline;
	int seconds;
	int64_t cost;
};

/* A name may be anything. */
static const struct made history[] = {
	{ "analytics", "tabular-data-review", "2026-10", "succeeded", 40, 45,
	  90, 0 },
	{ "analytics", "tabular-data-review", "2026-11", "succeeded", 20, 45,
	  60, 4200 },
	{ "analytics", "tabular-data-review", "2026-11", "failed", 2, 0, 600,
	  900 },
	{ "data-engineering", "csv-\x1b[31mmerge\xe2\x80\xae", "2026-11",
	  "succeeded", 6, 30, 300, 0 },
	{ "data-engineering", "csv-\x1b[31mmerge\xe2\x80\xae", "2026-11",
	  "failed", 4, 0, 20, 0 },
	{ "reporting", "weekly-report", "2026-11", "aborted", 3, 0, 40,
	  1500000 },
};

static void
add_run(struct report_facts *f, const struct made *h, int i)
{
	struct metrics m = METRICS_INIT;
	struct metrics_group *groups[3];

	m.run = "r";
	m.pattern_id = h->pattern;
	m.domain = h->domain;
	m.status = h->status;
	m.started_us = VIEW_NOW_US - DAY_US;
	m.finished_us = m.started_us + h->seconds * INT64_C(1000000);
	m.phase_ms[METRICS_RESEARCH] = 200;
	m.phase_ms[METRICS_IMPLEMENT] = h->seconds * 1000 - 200;
	m.iterations = 5;
	m.steps = 4;
	m.validations = 4;
	m.validations_first = i % 3 ? 4 : 2;
	m.rework = i % 3 ? 0 : 1;
	m.baseline_minutes = h->baseline;
	m.baseline_origin = h->baseline > 0 ? "pattern" : NULL;
	metrics_add(&f->total, &m);
	groups[0] = metrics_group(&f->domains, h->domain);
	groups[1] = metrics_group(&f->patterns, h->pattern);
	groups[2] = metrics_group(&f->months, h->month);
	for (size_t k = 0; k < ARRAY_LEN(groups); k++) {
		metrics_add(&groups[k]->totals, &m);
		groups[k]->cost_microusd += h->cost;
	}
}

static void
make_report(struct report *ret, const char *domain, bool empty)
{
	struct report_facts f = { .now_us = VIEW_NOW_US,
				  .filter = { .domain = domain },
				  .hourly_usd = empty ? 0 : 80 };

	for (size_t i = 0; !empty && i < ARRAY_LEN(history); i++)
		for (int k = 0; k < history[i].runs; k++)
			add_run(&f, &history[i], k);
	if (!empty) {
		report_tally(&f.gates, "review", 65, 65 * INT64_C(90000000));
		report_tally(&f.gates, "plan", 12, 12 * INT64_C(30000000));
		report_tally(&f.stages, "discovered", 3, 0);
		report_tally(&f.stages, "learned", 1, 0);
		f.planned = 70;
		f.replayed = 66;
	}
	metrics_groups_sort(&f.domains);
	metrics_groups_sort(&f.patterns);
	metrics_groups_sort(&f.months);
	report_make(&f, ret);
	report_facts_release(&f);
}

/* What the pool job answers to the newest ask. */
static void
answer(struct app_test *t, bool empty)
{
	AUTO(report) r = { 0 };
	struct msg m = { .kind = MSG_VALUE, .report = &r };

	m.ticket = app_test_ask(t, ASK_VALUE)->ticket;
	make_report(&r, NULL, empty);
	view_send(&t->v, &m);
}

/* The same keys from the top at each size, since a larger one shows more. */
static void
goldens(struct app_test *t, const char *name, const char *keys)
{
	static const struct {
		int width, height;
		bool ascii;
		const char *suffix;
	} sizes[] = {
		{ 80, 24, false, "80x24" },
		{ 80, 24, true, "ascii" },
		{ 120, 40, false, "120x40" },
		{ 200, 60, false, "200x60" },
	};

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		AUTO_FREE char *file =
			xasprintf("%s-%s", name, sizes[i].suffix);

		t->v.ascii = sizes[i].ascii;
		view_size(&t->v, sizes[i].width, sizes[i].height);
		view_keys(&t->v, keys);
		view_golden(&t->v, file);
	}
	view_check_inside(&t->v);
}

static void
the_report_at_each_size(void **state)
{
	struct app_test t;

	(void)state;
	app_test_init(&t, "{}", NULL, NULL);
	view_keys(&t.v, "Esc $");
	view_has(&t.v, "Reading ...");
	answer(&t, false);
	goldens(&t, "value-top", "g");
	goldens(&t, "value-tables", "G PgUp");
	goldens(&t, "value-advice", "G");
	view_monkey(&t.v, 11, 200);
	app_test_release(&t);
}

static void
every_figure_says_its_kind(void **state)
{
	struct app_test t;
	AUTO(report) r = { 0 };
	AUTO_FREE char *screen = NULL;

	(void)state;
	app_test_init(&t, "{}", NULL, NULL);
	view_keys(&t.v, "Esc $");
	answer(&t, false);
	view_size(&t.v, 200, 118);
	screen = view_screen(&t.v);
	make_report(&r, NULL, false);
	for (size_t i = 0; i < r.figure_count; i++) {
		const struct report_figure *g = &r.figures[i];
		const char *at = strstr(screen, g->label), *end;
		const char *word = metrics_source_word(g->source);

		if (!at) /* a section of zeros is one line */
			continue;
		end = strchr(at, '\n');
		assert_non_null(end);
		assert_true(memmem(at, (size_t)(end - at), word,
				   strlen(word)) != NULL);
	}
	app_test_release(&t);
}

static void
no_run_at_all(void **state)
{
	struct app_test t;

	(void)state;
	app_test_init(&t, "{}", NULL, NULL);
	view_keys(&t.v, "Esc $");
	answer(&t, true);
	view_has(&t.v, "Nothing: all its figures are 0");
	view_keys(&t.v, "G");
	view_has(&t.v, "None: no rule found anything");
	app_test_release(&t);
}

static void
a_failure_is_told_in_its_place(void **state)
{
	struct app_test t;
	struct msg m = { .kind = MSG_VALUE, .words = "the disk is \x1b[1mgone" };

	(void)state;
	app_test_init(&t, "{}", NULL, NULL);
	view_keys(&t.v, "Esc $");
	m.ticket = app_test_ask(&t, ASK_VALUE)->ticket + 1;
	view_send(&t.v, &m);
	view_has(&t.v, "Reading ...");
	m.ticket--;
	view_send(&t.v, &m);
	view_has(&t.v, "the disk is ^[[1mgone");
	app_test_release(&t);
}

static void
the_form_says_which_runs(void **state)
{
	struct app_test t;

	(void)state;
	app_test_init(&t, "{}", NULL, NULL);
	view_keys(&t.v, "Esc $");
	answer(&t, false);
	view_keys(&t.v, "f");
	view_goldens(&t.v, "value-form");
	view_has(&t.v, "data-engineering");
	view_type(&t.v, "analytics");
	view_keys(&t.v, "Tab");
	view_type(&t.v, "2026-11-09");
	view_keys(&t.v, "Tab");
	view_type(&t.v, "2026-11-01");
	asks_release(&t.v.a->asks);
	/* Not a period: nothing is asked, and the form keeps what it had. */
	view_keys(&t.v, "C-s");
	view_has(&t.v, "must be later than");
	view_has(&t.v, "2026-11-09");
	assert_null(view_ask(&t.v, ASK_VALUE));
	view_keys(&t.v, "Tab Tab C-u");
	view_type(&t.v, "2026-11-30");
	view_keys(&t.v, "Tab");
	view_type(&t.v, "92.5");
	view_keys(&t.v, "C-s");
	assert_string_equal(app_test_ask(&t, ASK_VALUE)->values,
			    "{\"domain\":\"analytics\",\"since\":"
			    "\"2026-11-09\",\"until\":\"2026-11-30\","
			    "\"hourly-rate\":\"92.5\"}");
	app_test_release(&t);
}

static void
a_line_of_the_prompt_opens_it(void **state)
{
	struct app_test t;

	(void)state;
	app_test_init(&t, "{}", NULL, NULL);
	view_type(&t.v, "/value-report --domain etl --since 2026-11-01");
	view_keys(&t.v, "Enter");
	assert_string_equal(app_test_ask(&t, ASK_VALUE)->values,
			    "{\"domain\":\"etl\",\"since\":\"2026-11-01\"}");
	view_has(&t.v, "Value report of the domain etl");
	view_keys(&t.v, "Esc");
	asks_release(&t.v.a->asks);
	view_type(&t.v, "/value-report --since yesterday");
	view_keys(&t.v, "Enter");
	assert_null(view_ask(&t.v, ASK_VALUE));
	view_has(&t.v, "--since yesterday: use a date");
	view_keys(&t.v, "C-u");
	view_type(&t.v, "/value-report --format csv");
	view_keys(&t.v, "Enter");
	assert_string_equal(app_test_ask(&t, ASK_COMMAND)->values,
			    "[\"value-report\",\"--format=csv\",\"--\"]");
	app_test_release(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_report_at_each_size),
		cmocka_unit_test(every_figure_says_its_kind),
		cmocka_unit_test(no_run_at_all),
		cmocka_unit_test(a_failure_is_told_in_its_place),
		cmocka_unit_test(the_form_says_which_runs),
		cmocka_unit_test(a_line_of_the_prompt_opens_it),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
