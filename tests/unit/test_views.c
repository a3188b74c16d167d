/* Question, document, help and palette. */
#include "view_test.h"

#include <cmocka.h>

static int answers;
static char answered[64];

static void
on_answer(struct app *a, const char *text, bool yes)
{
	(void)a;
	answers++;
	snprintf(answered, sizeof(answered), "%s %s", text, yes ? "yes" : "no");
}

static void
ask(struct view_test *v)
{
	app_push(v->a,
		 question_new(v->a,
			      "End the run \"Weather \x1b[2Jreview\"? What is "
			      "done is kept, and learn still runs.",
			      "RUN", on_answer));
}

static void
question_asks_and_answers(void **state)
{
	static const struct {
		const char *key, *answer;
	} rows[] = { { "y", "RUN yes" },
		     { "Enter", "RUN yes" },
		     { "n", "RUN no" },
		     { "Esc", "RUN no" } };
	struct view_test v;

	(void)state;
	view_test_init(&v, 80, 24);
	ask(&v);
	view_goldens(&v, "question");
	view_keys(&v, "r p x 1 i");
	assert_string_equal(v.a->top->class->name, "Question");
	view_keys(&v, "n");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		answers = 0;
		ask(&v);
		view_keys(&v, rows[i].key);
		assert_int_equal(answers, 1);
		assert_string_equal(answered, rows[i].answer);
		assert_string_equal(v.a->top->class->name, "Desk");
	}
	view_test_release(&v);
}

static void
question_is_clicked(void **state)
{
	struct view_test v;

	(void)state;
	answers = 0;
	view_test_init(&v, 80, 24);
	ask(&v);
	view_draw(&v);
	view_mouse(&v, INPUT_PRESS, 40, 2);
	assert_int_equal(answers, 0);
	/* "y yes  n no" stands in the last line of the box. */
	for (int y = 0; y < 24 && !answers; y++)
		if (strcmp(frame_cell(&v.frame, 9, y)->text, "n") == 0 &&
		    strcmp(frame_cell(&v.frame, 2, y)->text, "y") == 0)
			view_mouse(&v, INPUT_PRESS, 9, y);
	assert_int_equal(answers, 1);
	assert_string_equal(answered, "RUN no");
	view_test_release(&v);
}

/* --- documents --------------------------------------------------------- */

static char *
long_text(void)
{
	AUTO(buf) text = BUF_INIT;

	for (int i = 1; i <= 200; i++)
		buf_printf(&text, "line %d%s\n", i,
			   i % 50 == 0 ? " has a Needle in it" : "");
	return buf_steal(&text);
}

static void
document_scrolls_and_finds(void **state)
{
	AUTO_FREE char *text = long_text();
	struct view_test v;

	(void)state;
	view_test_init(&v, 80, 24);
	app_push(v.a, document_text(v.a, "a log", text, false));
	view_goldens(&v, "document");
	view_size(&v, 80, 24);
	view_keys(&v, "G");
	view_has(&v, "line 200 has");
	view_keys(&v, "f");
	view_type(&v, "needle");
	view_golden(&v, "document-filter");
	view_keys(&v, "Enter n");
	view_has(&v, "line 51");
	view_has(&v, "line 50 has");
	view_lacks(&v, "line 49");
	view_keys(&v, "n n n");
	view_has(&v, "line 199");
	view_keys(&v, "n");
	view_has(&v, "No more matches below");
	view_keys(&v, "N N");
	view_has(&v, "line 100 has");
	view_lacks(&v, "line 99");
	view_keys(&v, "Esc");
	assert_string_equal(v.a->top->class->name, "Text");
	view_keys(&v, "Esc");
	assert_string_equal(v.a->top->class->name, "Desk");
	view_test_release(&v);
}

/* Going to a match from a filtered text shows that text's place. */
static void
document_highlights(void **state)
{
	struct view_test v;
	const struct cell *c;

	(void)state;
	view_test_init(&v, 80, 24);
	app_push(v.a,
		 document_text(v.a, "t", "\xe6\x97\xa5 x\x1b needle\nother\n",
			       false));
	view_keys(&v, "f");
	view_type(&v, "needle");
	view_lacks(&v, "other");
	/* "| " and the wide cluster, " x^[ " */
	c = frame_cell(&v.frame, 2 + 2 + 5, 1);
	assert_string_equal(c->text, "n");
	assert_int_equal(c->style.attrs, app_style(v.a, ROLE_MATCH).attrs);
	c = frame_cell(&v.frame, 2 + 2 + 4, 1);
	assert_int_not_equal(c->style.attrs, app_style(v.a, ROLE_MATCH).attrs);
	view_test_release(&v);
}

static void
document_arrives_by_ticket(void **state)
{
	AUTO(buf) text = BUF_INIT;
	struct msg m = { .kind = MSG_DOCUMENT, .text = &text, .ticket = 7 };
	struct view_test v;

	(void)state;
	view_test_init(&v, 80, 24);
	app_push(v.a, document_new(v.a, "report.md", 8));
	view_has(&v, "reading");
	buf_addstr(&text, "# Not this");
	view_send(&v, &m);
	view_has(&v, "reading");
	buf_reset(&text);
	buf_addstr(&text, "# Report\n\nSome *stressed* text.\n\n- one\n- two");
	m.ticket = 8;
	view_send(&v, &m);
	view_lacks(&v, "reading");
	view_goldens(&v, "document-markdown");
	view_test_release(&v);
}

static void
document_shows_hostile_text(void **state)
{
	struct view_test v;
	AUTO(buf) text = BUF_INIT;

	(void)state;
	buf_addstr(&text, "\x1b]0;title\x07 \xe2\x80\xae bidi \xff invalid "
			  "\xe2\x80\x8b zero width\n");
	for (int i = 0; i < 300; i++)
		buf_addstr(&text, "wwww");
	buf_addstr(&text, "\n");
	for (int i = 0; i < 100; i++)
		buf_addstr(&text, "\xe6\x97\xa5");
	view_test_init(&v, 80, 24);
	app_push(v.a, document_text(v.a, "\x1b[2J\xe2\x80\xae title",
				    buf_str(&text), false));
	view_goldens(&v, "document-hostile");
	view_test_release(&v);
}

/* --- help -------------------------------------------------------------- */

static void
help_names_the_keys_as_bound(void **state)
{
	struct err err = ERR_INIT;
	struct paths paths = { .config = *state };
	struct view_test v;

	view_test_init(&v, 80, 24);
	app_push(v.a, help_new(v.a));
	view_goldens(&v, "help");
	view_keys(&v, "G");
	view_has(&v, "leave the program");
	view_keys(&v, "?");
	assert_string_equal(v.a->top->class->name, "Desk");
	test_write(*state, "keys.yaml", "main: {zoom: F9}\n", 17);
	assert_ok(keymap_load(v.keys, &paths, &err), err);
	view_size(&v, 120, 60);
	app_push(v.a, help_new(v.a));
	view_has(&v, "F9");
	view_test_release(&v);
}

/* Every action of the contexts of the layer below and of everywhere. */
static void
help_and_palette_have_every_action(void **state)
{
	struct view_test v;

	(void)state;
	view_test_init(&v, 120, 200);
	app_push(v.a, help_new(v.a));
	for (enum action i = ACTION_NONE + 1; i < ACTION_COUNT; i++) {
		enum context c = action_row(i)->context;

		if (c == CONTEXT_GLOBAL || c == CONTEXT_MAIN ||
		    c == CONTEXT_LIST)
			view_has(&v, action_row(i)->help);
	}
	app_pop(v.a);
	for (enum action i = ACTION_NONE + 1; i < ACTION_COUNT; i++) {
		enum context c = action_row(i)->context;

		if ((c != CONTEXT_GLOBAL && c != CONTEXT_MAIN) ||
		    i == ACTION_GLOBAL_PALETTE)
			continue;
		app_push(v.a, palette_new(v.a));
		view_type(&v, action_row(i)->name);
		view_has(&v, action_row(i)->help);
		app_pop(v.a);
	}
	view_test_release(&v);
}

/* --- palette ----------------------------------------------------------- */

static void
palette_finds_and_runs(void **state)
{
	struct view_test v;

	(void)state;
	view_test_init(&v, 80, 24);
	view_keys(&v, "C-p");
	view_goldens(&v, "palette");
	view_size(&v, 80, 24);
	view_type(&v, "rdw");
	view_has(&v, "draw the screen anew");
	view_keys(&v, "Enter");
	assert_non_null(view_ask(&v, ASK_REDRAW));
	assert_string_equal(v.a->top->class->name, "Desk");
	view_keys(&v, "C-p");
	view_type(&v, "zzqq");
	view_has(&v, "nothing fits");
	view_keys(&v, "Enter");
	assert_string_equal(v.a->top->class->name, "Commands");
	view_keys(&v, "C-p");
	assert_string_equal(v.a->top->class->name, "Desk");
	view_test_release(&v);
}

static void
palette_runs_commands(void **state)
{
	struct view_test v;

	(void)state;
	view_test_init(&v, 80, 24);
	view_keys(&v, "C-p");
	view_type(&v, "/doctor");
	view_keys(&v, "Enter");
	assert_non_null(view_ask(&v, ASK_HISTORY));
	assert_string_equal(view_ask(&v, ASK_HISTORY)->text, "/doctor");
	view_test_release(&v);
}

/* --- anything ---------------------------------------------------------- */

static void
any_keys_do_no_harm(void **state)
{
	AUTO_FREE char *text = long_text();

	(void)state;
	for (uint32_t seed = 1; seed <= 40; seed++) {
		struct view_test v;

		view_test_init(&v, 100, 30);
		switch (seed % 5) {
		case 0:
			ask(&v);
			break;
		case 1:
			app_push(v.a, document_text(v.a, "t", text, false));
			break;
		case 2:
			app_push(v.a, document_text(v.a, "t", text, true));
			break;
		case 3:
			app_push(v.a, help_new(v.a));
			break;
		default:
			app_push(v.a, palette_new(v.a));
		}
		view_monkey(&v, seed * 7919, 60);
		view_test_release(&v);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(question_asks_and_answers),
		cmocka_unit_test(question_is_clicked),
		cmocka_unit_test(document_scrolls_and_finds),
		cmocka_unit_test(document_highlights),
		cmocka_unit_test(document_arrives_by_ticket),
		cmocka_unit_test(document_shows_hostile_text),
		dir_test(help_names_the_keys_as_bound),
		cmocka_unit_test(help_and_palette_have_every_action),
		cmocka_unit_test(palette_finds_and_runs),
		cmocka_unit_test(palette_runs_commands),
		cmocka_unit_test(any_keys_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
