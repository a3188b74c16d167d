/* The pattern browser and the form of a replay. */
#include "view_test.h"

#include "base/clock.h"

#include <cmocka.h>

static const char FILE_TEXT[] = "---\n"
				"pattern_id: weather-v1\n"
				"name: Weather review\n"
				"description: Profiles a table\n"
				"category: analytics\n"
				"workflow_steps: [profile]\n"
				"created_at: 2026-01-01T00:00:00Z\n"
				"workflow:\n"
				"  name: Weather review\n"
				"  inputs:\n"
				"    data:\n"
				"      type: file\n"
				"      prompt: Data file\n"
				"      required: true\n"
				"    unit:\n"
				"      type: select\n"
				"      prompt: Unit\n"
				"      options: [mm, inch]\n"
				"      default: mm\n"
				"    limit:\n"
				"      type: number\n"
				"      min: 1\n"
				"      max: 99\n"
				"    names:\n"
				"      type: list\n"
				"    token:\n"
				"      type: secret\n"
				"  steps:\n"
				"    - id: profile\n"
				"      title: Look at *all* of it\n"
				"      uses: data_profile\n"
				"      with: {path: \"{{ inputs.data }}\"}\n"
				"---\n"
				"# Prose\n\nWhat a *person* wrote.\n";

static void
add_row(struct library_rows *r, const char *id, const char *name,
	enum pattern_status status, int64_t good, int64_t bad)
{
	struct library_row *row;

	GROW(r->items, r->count, r->cap);
	row = &r->items[r->count++];
	memset(row, 0, sizeof(*row));
	row->id = xstrdup(id);
	row->name = xstrdup(name);
	row->description = xstrdup("Profiles a table & <b>charts</b> it");
	row->category = xstrdup("analytics");
	row->path = xasprintf("/lib/%s.md", id);
	row->status = status;
	row->counts = (struct pattern_counts){ good + bad, good, bad, 0.25 };
	row->last_used_us = good ? VIEW_NOW_US : 0;
	strv_add(&row->keywords, "csv");
}

/* Answers the newest ASK_PATTERNS. */
static void
send_rows(struct view_test *v)
{
	struct library_rows rows = { 0 };
	struct msg m = { .kind = MSG_PATTERNS,
			 .patterns = &rows,
			 .ticket = view_ask(v, ASK_PATTERNS)->ticket };

	add_row(&rows, "weather-v1", "Weather review", PATTERN_VALIDATED, 12,
		2);
	add_row(&rows, "git-history", "Git history", PATTERN_DISCOVERED, 0, 0);
	add_row(&rows, "hostile",
		"\x1b[31mhostile \xe2\x80\xae name that is so long that it "
		"fits into no column of any list",
		PATTERN_DEPRECATED, 2, 5);
	add_row(&rows, "wide",
		"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c\xac"
		"\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5"
		"\xe6\x9c\xac\xe8\xaa\x9e",
		PATTERN_LEARNED, 40, 1);
	rows.items[1].shipped = true;
	view_send(v, &m);
	library_rows_release(&rows);
}

static void
add_run(struct library_executions *e, int i)
{
	struct library_execution *x;

	GROW(e->items, e->count, e->cap);
	x = &e->items[e->count++];
	memset(x, 0, sizeof(*x));
	x->run = xstrdup("R");
	x->pattern_id = xstrdup("weather-v1");
	x->task = xasprintf("Review the *weather* of %d\x1b[2J", 2026 - i);
	x->error = xstrdup(i == 3 ? "chart: no gnuplot" : "");
	x->status = i == 3 ? EXECUTION_FAILED :
		    i == 7 ? EXECUTION_PARTIAL :
			     EXECUTION_SUCCESS;
	x->started_us = VIEW_NOW_US - i * INT64_C(86400000000);
	x->duration_ms = 1000 + i * 700;
	x->human_wait_ms = 500;
}

/* Answers the newest ASK_PATTERN with this text. */
static void
send_file(struct view_test *v, const char *text)
{
	struct ask *k = view_ask(v, ASK_PATTERN);
	struct library_executions runs = { 0 };
	AUTO(buf) file = BUF_INIT;
	struct msg m = { .kind = MSG_PATTERN,
			 .text = &file,
			 .executions = &runs,
			 .id = k->text,
			 .ticket = k->ticket };

	buf_addstr(&file, text);
	for (int i = 0; i < 12; i++)
		add_run(&runs, i);
	view_send(v, &m);
	library_executions_release(&runs);
}

static void
begin(struct view_test *v)
{
	view_test_init(v, 80, 24);
	app_push(v->a, patterns_new(v->a, NULL));
}

static void
looks(void **state)
{
	struct view_test v;

	(void)state;
	begin(&v);
	view_has(&v, "reading");
	send_rows(&v);
	assert_string_equal(view_ask(&v, ASK_PATTERN)->text, "weather-v1");
	send_file(&v, FILE_TEXT);
	view_goldens(&v, "patterns");
	view_keys(&v, "Down Down");
	assert_string_equal(view_ask(&v, ASK_PATTERN)->text, "hostile");
	send_file(&v, "no pattern at all \x1b[2J");
	view_goldens(&v, "patterns-hostile");
	view_test_release(&v);
}

static void
shows_all_full_screen(void **state)
{
	struct view_test v;

	(void)state;
	begin(&v);
	send_rows(&v);
	send_file(&v, FILE_TEXT);
	view_keys(&v, "Enter");
	assert_string_equal(v.a->top->class->name, "Text");
	view_size(&v, 100, 70);
	view_golden(&v, "patterns-inspect");
	view_keys(&v, "Esc");
	assert_string_equal(v.a->top->class->name, "Patterns");
	view_test_release(&v);
}

static void
filters_as_you_type(void **state)
{
	struct view_test v;
	int64_t ticket;

	(void)state;
	begin(&v);
	send_rows(&v);
	view_keys(&v, "f");
	view_type(&v, "r");
	ticket = view_ask(&v, ASK_PATTERNS)->ticket;
	view_type(&v, "eR");
	assert_string_equal(view_ask(&v, ASK_PATTERNS)->text, "reR");
	assert_int_equal(view_ask(&v, ASK_PATTERNS)->number, LIBRARY_BY_RANK);
	/* A late answer to an older question is dropped. */
	{
		struct library_rows rows = { 0 };
		struct msg m = { .kind = MSG_PATTERNS,
				 .patterns = &rows,
				 .ticket = ticket };

		view_send(&v, &m);
		view_has(&v, "4 patterns");
		m.ticket = view_ask(&v, ASK_PATTERNS)->ticket;
		view_send(&v, &m);
	}
	view_has(&v, "no pattern fits");
	view_has(&v, "filter: reR");
	view_keys(&v, "Enter R e Enter");
	assert_null(view_ask(&v, ASK_EDIT));
	view_keys(&v, "Esc");
	assert_string_equal(view_ask(&v, ASK_PATTERNS)->text, "");
	assert_string_equal(v.a->top->class->name, "Patterns");
	view_keys(&v, "Esc");
	assert_string_equal(v.a->top->class->name, "Desk");
	view_test_release(&v);
}

static void
changes_stage_and_order(void **state)
{
	static const char *const stages[] = { "discovered", "validated",
					      "learned", "deprecated" };
	struct view_test v;

	(void)state;
	begin(&v);
	assert_null(view_ask(&v, ASK_PATTERNS)->more);
	for (size_t i = 0; i < ARRAY_LEN(stages); i++) {
		view_keys(&v, "s");
		assert_string_equal(view_ask(&v, ASK_PATTERNS)->more,
				    stages[i]);
		view_has(&v, stages[i]);
	}
	view_keys(&v, "s");
	assert_null(view_ask(&v, ASK_PATTERNS)->more);
	view_keys(&v, "o");
	assert_int_equal(view_ask(&v, ASK_PATTERNS)->number, LIBRARY_BY_RATE);
	view_has(&v, "order: success");
	view_keys(&v, "o o o");
	assert_int_equal(view_ask(&v, ASK_PATTERNS)->number, LIBRARY_BY_NAME);
	view_test_release(&v);
}

/* What was chosen stays chosen when the rows come anew. */
static void
keeps_the_choice(void **state)
{
	struct view_test v;

	(void)state;
	begin(&v);
	send_rows(&v);
	view_keys(&v, "Down e");
	assert_string_equal(view_ask(&v, ASK_EDIT)->text,
			    "/lib/git-history.md");
	view_has(&v, "a copy in your library is edited");
	{
		struct msg m = { .kind = MSG_EDITED,
				 .ticket = view_ask(&v, ASK_EDIT)->ticket };

		view_send(&v, &m);
	}
	send_rows(&v);
	assert_string_equal(view_ask(&v, ASK_PATTERN)->text, "git-history");
	view_test_release(&v);
}

static void
replays(void **state)
{
	struct view_test v;

	(void)state;
	begin(&v);
	send_rows(&v);
	view_keys(&v, "R");
	view_has(&v, "still being read");
	send_file(&v, FILE_TEXT);
	view_keys(&v, "R");
	view_goldens(&v, "replay");
	view_type(&v, " of it's 2026");
	view_keys(&v, "Tab");
	view_type(&v, "my data.csv");
	view_keys(&v, "Tab Right Tab");
	view_type(&v, "7");
	view_keys(&v, "Tab");
	view_type(&v, "a");
	view_keys(&v, "Enter");
	view_type(&v, "b c");
	view_keys(&v, "C-s");
	view_lacks(&v, "wrong or missing");
	assert_string_equal(v.a->top->class->name, "Patterns");
	assert_string_equal(view_ask(&v, ASK_START)->text,
			    "/orchestrate --pattern weather-v1 "
			    "--input 'data=my data.csv' --input unit=inch "
			    "--input limit=7 --input 'names=a, b c' "
			    "-- 'Weather review of it'\\''s 2026'");
	view_test_release(&v);
}

static void
replays_only_what_can_run(void **state)
{
	static const char NO_WORKFLOW[] =
		"---\npattern_id: p\nname: P\ndescription: d\n"
		"category: c\nworkflow_steps: [a]\n"
		"created_at: 2026-01-01T00:00:00Z\n---\n";
	static const char WRONG[] =
		"---\npattern_id: p\nname: P\ndescription: d\n"
		"category: c\nworkflow_steps: [a]\n"
		"created_at: 2026-01-01T00:00:00Z\n"
		"workflow:\n  name: x\n  steps:\n    - id: a\n"
		"      uses: nothing\n---\n";
	struct view_test v;

	(void)state;
	begin(&v);
	send_rows(&v);
	send_file(&v, NO_WORKFLOW);
	view_keys(&v, "R");
	view_has(&v, "p has no workflow to replay");
	view_keys(&v, "Down Up");
	send_file(&v, WRONG);
	view_size(&v, 120, 60);
	view_has(&v, "can't be loaded");
	view_keys(&v, "R");
	view_has(&v, "nothing");
	assert_string_equal(v.a->top->class->name, "Patterns");
	view_test_release(&v);
}

static void
is_clicked_and_wheeled(void **state)
{
	struct view_test v;

	(void)state;
	begin(&v);
	send_rows(&v);
	send_file(&v, FILE_TEXT);
	view_has(&v, "# Weather review");
	view_mouse(&v, INPUT_WHEEL_DOWN, 20, 18);
	view_lacks(&v, "# Weather review");
	view_mouse(&v, INPUT_WHEEL_UP, 20, 18);
	view_has(&v, "# Weather review");
	view_mouse(&v, INPUT_PRESS, 20, 4);
	assert_string_equal(view_ask(&v, ASK_PATTERN)->text, "git-history");
	view_mouse(&v, INPUT_PRESS, 20, 23);
	view_mouse(&v, INPUT_PRESS, 20, 9);
	assert_string_equal(view_ask(&v, ASK_PATTERN)->text, "git-history");
	view_test_release(&v);
}

static void
any_keys_do_no_harm(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 20; seed++) {
		struct view_test v;

		begin(&v);
		if (seed % 3)
			send_rows(&v);
		if (seed % 3 == 1)
			send_file(&v, FILE_TEXT);
		view_monkey(&v, seed * 15485863, 80);
		view_test_release(&v);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(looks),
		cmocka_unit_test(shows_all_full_screen),
		cmocka_unit_test(filters_as_you_type),
		cmocka_unit_test(changes_stage_and_order),
		cmocka_unit_test(keeps_the_choice),
		cmocka_unit_test(replays),
		cmocka_unit_test(replays_only_what_can_run),
		cmocka_unit_test(is_clicked_and_wheeled),
		cmocka_unit_test(any_keys_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
