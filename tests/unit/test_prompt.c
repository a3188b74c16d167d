/* The prompt: history, search, completion, pastes. */
#include "view_test.h"

static void
begin(struct view_test *v)
{
	view_test_init(v, 80, 24);
	app_pop(v->a);
	view_size(v, 80, 24);
	asks_release(&v->a->asks);
}

static const char *
typed(struct view_test *v)
{
	while (v->a->top->below)
		app_pop(v->a);
	return main_typed(v->a->top);
}

static void
a_task_starts_and_is_kept(void **state)
{
	struct view_test v;

	(void)state;
	begin(&v);
	view_type(&v, "Review the table");
	view_keys(&v, "Enter");
	assert_string_equal(view_ask(&v, ASK_START)->text, "Review the table");
	assert_string_equal(view_ask(&v, ASK_HISTORY)->text,
			    "Review the table");
	assert_string_equal(typed(&v), "");
	asks_release(&v.a->asks);
	/* The same line again is not kept twice; blanks are nothing. */
	view_type(&v, "Review the table");
	view_keys(&v, "Enter");
	assert_null(view_ask(&v, ASK_HISTORY));
	asks_release(&v.a->asks);
	view_type(&v, "   ");
	view_keys(&v, "Enter");
	assert_int_equal(v.a->asks.count, 0);
	view_test_release(&v);
}

static void
history_goes_back_and_forth(void **state)
{
	struct view_test v;

	(void)state;
	begin(&v);
	strv_add(&v.a->history, "one csv");
	strv_add(&v.a->history, "two\nlines");
	strv_add(&v.a->history, "three csv");
	view_type(&v, "draft");
	view_keys(&v, "Up");
	assert_string_equal(typed(&v), "three csv");
	view_keys(&v, "Up");
	assert_string_equal(typed(&v), "two\nlines");
	/* In a text of two lines the first Up moves within it. */
	view_keys(&v, "Up Up");
	assert_string_equal(typed(&v), "one csv");
	view_keys(&v, "Up");
	assert_string_equal(typed(&v), "one csv");
	view_keys(&v, "Down Down Down Down");
	assert_string_equal(typed(&v), "draft");
	view_test_release(&v);
}

static void
search_finds_what_holds_a_text(void **state)
{
	struct view_test v;

	(void)state;
	begin(&v);
	strv_add(&v.a->history, "one csv");
	strv_add(&v.a->history, "two json");
	strv_add(&v.a->history, "three csv");
	view_type(&v, "draft");
	view_keys(&v, "C-r");
	view_has(&v, "search:");
	view_type(&v, "csv");
	assert_string_equal(typed(&v), "three csv");
	view_keys(&v, "C-r");
	assert_string_equal(typed(&v), "one csv");
	view_keys(&v, "C-r");
	assert_string_equal(typed(&v), "one csv");
	/* Esc gives the draft back; Enter takes what was found, to be sent by
	 * a second one. */
	view_keys(&v, "Esc");
	assert_string_equal(typed(&v), "draft");
	view_keys(&v, "C-r");
	view_type(&v, "json");
	view_keys(&v, "Enter");
	assert_null(view_ask(&v, ASK_START));
	assert_string_equal(typed(&v), "two json");
	view_keys(&v, "Enter");
	assert_string_equal(view_ask(&v, ASK_START)->text, "two json");
	view_test_release(&v);
}

static void
commands_and_options_complete(void **state)
{
	struct view_test v;

	(void)state;
	begin(&v);
	view_type(&v, "/orch");
	view_keys(&v, "Tab");
	assert_string_equal(typed(&v), "/orchestrate ");
	view_type(&v, "x --plan");
	view_keys(&v, "Tab");
	assert_string_equal(typed(&v), "/orchestrate x --plan-only ");
	view_type(&v, "--risk ");
	view_keys(&v, "Tab");
	view_has(&v, "critical");
	view_goldens(&v, "prompt-candidates");
	view_size(&v, 80, 24);
	view_keys(&v, "Tab");
	assert_string_equal(typed(&v), "/orchestrate x --plan-only --risk low");
	view_keys(&v, "Tab Tab");
	assert_string_equal(typed(&v),
			    "/orchestrate x --plan-only --risk high");
	view_keys(&v, "Esc");
	view_lacks(&v, "critical");
	view_test_release(&v);
}

static void
runs_files_and_patterns_complete(void **state)
{
	AUTO(strv) names = STRV_INIT;
	struct msg files = { .kind = MSG_FILES, .names = &names };
	struct view_test v;

	(void)state;
	begin(&v);
	for (int i = 0; i < 2; i++) {
		GROW(v.a->runs.items, v.a->runs.count, v.a->runs.cap);
		v.a->runs.items[v.a->runs.count++] = (struct run_row){
			.id = xasprintf("261125-120%d-aaaaa", i),
			.status = xstrdup("parked"),
			.task = xstrdup(i ? "second" : "first"),
		};
	}
	view_type(&v, "/resume 26");
	view_keys(&v, "Tab");
	assert_string_equal(typed(&v), "/resume 261125-120");
	view_has(&v, "first");
	view_type(&v, "1");
	view_keys(&v, "Tab");
	assert_string_equal(typed(&v), "/resume 261125-1201-aaaaa ");
	view_keys(&v, "Enter");
	assert_string_equal(view_ask(&v, ASK_RESUME)->run, "261125-1201-aaaaa");

	/* Who has the files is asked; an answer to an older ask is none. */
	view_type(&v, "/orchestrate x --data ta");
	view_keys(&v, "Tab");
	assert_string_equal(view_ask(&v, ASK_FILES)->text, "ta");
	strv_add(&names, "table one.csv");
	files.ticket = view_ask(&v, ASK_FILES)->ticket + 1;
	view_send(&v, &files);
	assert_string_equal(typed(&v), "/orchestrate x --data ta");
	files.ticket--;
	view_send(&v, &files);
	view_keys(&v, "Enter");
	assert_non_null(view_ask(&v, ASK_START));
	assert_non_null(strstr(view_ask(&v, ASK_START)->text, "table"));
	view_type(&v, "/inspect tab");
	view_keys(&v, "Tab");
	assert_string_equal(view_ask(&v, ASK_PATTERNS)->text, "tab");
	view_test_release(&v);
}

static void
a_paste_is_one_input(void **state)
{
	static const char lines[] = "Review the table\nin sales.csv\n";
	struct view_test v;

	(void)state;
	begin(&v);
	view_paste(&v, lines, strlen(lines));
	assert_null(view_ask(&v, ASK_START));
	assert_string_equal(typed(&v), lines);
	view_goldens(&v, "prompt-paste");
	view_size(&v, 80, 24);
	view_keys(&v, "Enter");
	assert_string_equal(view_ask(&v, ASK_START)->text, lines);
	view_test_release(&v);
}

/* 1 MB: it is taken whole, shown in part, and edited. */
static void
a_huge_paste_does_no_harm(void **state)
{
	enum { SIZE = 1000000 };
	AUTO_FREE char *big = xmalloc(SIZE + 1);
	struct view_test v;

	(void)state;
	for (int i = 0; i < SIZE; i++)
		big[i] = i % 100 == 99 ? '\n' : (char)('a' + i % 26);
	big[SIZE] = 0;
	begin(&v);
	view_paste(&v, big, SIZE);
	assert_int_equal(strlen(typed(&v)), SIZE);
	view_keys(&v, "x Backspace Left Left C-a Up");
	view_has(&v, "agentops");
	view_keys(&v, "Enter");
	assert_int_equal(strlen(view_ask(&v, ASK_START)->text), SIZE);
	view_test_release(&v);
}

static void
hostile_text_is_marked(void **state)
{
	static const char text[] = "a\x1b[31mb\xe2\x80\xae"
				   "c\xffz\xe2\x80\x8bw\x07";
	struct view_test v;

	(void)state;
	begin(&v);
	view_paste(&v, text, strlen(text));
	view_goldens(&v, "prompt-hostile");
	view_size(&v, 80, 24);
	view_test_release(&v);
}

static void
a_slash_begins_a_command(void **state)
{
	struct view_test v;

	(void)state;
	begin(&v);
	view_keys(&v, "Esc /");
	view_type(&v, "runs");
	view_keys(&v, "Enter");
	assert_string_equal(v.a->top->class->name, "Runs");
	assert_null(view_ask(&v, ASK_START));
	/* What was typed before stays as it is. */
	view_keys(&v, "Esc");
	view_type(&v, "half");
	view_keys(&v, "Esc /");
	view_type(&v, "way");
	assert_string_equal(typed(&v), "halfway");
	view_test_release(&v);
}

/* A command that needs arguments is left to be gone on with. */
static void
the_palette_leaves_arguments(void **state)
{
	struct view_test v;

	(void)state;
	begin(&v);
	view_keys(&v, "C-p");
	view_type(&v, "/resume");
	view_keys(&v, "Enter");
	assert_string_equal(typed(&v), "/resume ");
	view_has(&v, "> /resume");
	view_type(&v, "last");
	view_keys(&v, "Enter");
	assert_string_equal(view_ask(&v, ASK_RESUME)->run, "last");
	view_keys(&v, "C-p");
	view_type(&v, "/runs");
	view_keys(&v, "Enter");
	assert_string_equal(v.a->top->class->name, "Runs");
	view_test_release(&v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_task_starts_and_is_kept),
		cmocka_unit_test(history_goes_back_and_forth),
		cmocka_unit_test(search_finds_what_holds_a_text),
		cmocka_unit_test(commands_and_options_complete),
		cmocka_unit_test(runs_files_and_patterns_complete),
		cmocka_unit_test(a_paste_is_one_input),
		cmocka_unit_test(a_huge_paste_does_no_harm),
		cmocka_unit_test(hostile_text_is_marked),
		cmocka_unit_test(a_slash_begins_a_command),
		cmocka_unit_test(the_palette_leaves_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
