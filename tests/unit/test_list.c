#include "test.h"
#include "ui/list.h"

#include "base/buf.h"

static const struct {
	char c;
	enum action action;
} letters[] = {
	{ 'u', ACTION_LIST_UP },      { 'd', ACTION_LIST_DOWN },
	{ 'U', ACTION_LIST_PAGE_UP }, { 'D', ACTION_LIST_PAGE_DOWN },
	{ 't', ACTION_LIST_TOP },     { 'b', ACTION_LIST_BOTTOM },
};

static void
do_actions(struct list *l, const char *s)
{
	for (; *s; s++)
		for (size_t i = 0; i < ARRAY_LEN(letters); i++)
			if (letters[i].c == *s)
				assert_true(list_action(l, letters[i].action));
}

static void
moves(void **state)
{
	static const struct {
		int64_t count, page;
		const char *actions;
		bool no_cursor;
		int64_t at, first;
	} rows[] = {
		{ 10, 4, "", false, 0, 0 },
		{ 10, 4, "u", false, 0, 0 },
		{ 10, 4, "d", false, 1, 0 },
		{ 10, 4, "ddd", false, 3, 0 },
		{ 10, 4, "dddd", false, 4, 1 },
		{ 10, 4, "b", false, 9, 6 },
		{ 10, 4, "bd", false, 9, 6 },
		{ 10, 4, "bu", false, 8, 6 },
		{ 10, 4, "buuuu", false, 5, 5 },
		{ 10, 4, "D", false, 3, 0 },
		{ 10, 4, "DD", false, 6, 3 },
		{ 10, 4, "DDDDD", false, 9, 6 },
		{ 10, 4, "bU", false, 6, 6 },
		{ 10, 4, "bt", false, 0, 0 },
		{ 2, 4, "dddd", false, 1, 0 },
		{ 0, 4, "dubDUt", false, 0, 0 },
		{ 3, 0, "dd", false, 2, 0 },
		{ 3, 1, "D", false, 1, 1 },
		{ 10, 4, "dd", true, 0, 2 },
		{ 10, 4, "b", true, 0, 6 },
		{ 10, 4, "bddu", true, 0, 5 },
		{ 3, 4, "dddD", true, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct list l = { .no_cursor = rows[i].no_cursor };

		list_fit(&l, rows[i].count, rows[i].page);
		do_actions(&l, rows[i].actions);
		l.follow = false;
		if (!rows[i].no_cursor)
			assert_int_equal(l.at, rows[i].at);
		assert_int_equal(l.first, rows[i].first);
	}
}

static void
others_are_not_used(void **state)
{
	struct list l = { 0 };

	(void)state;
	list_fit(&l, 5, 5);
	assert_false(list_action(&l, ACTION_LIST_OPEN));
	assert_false(list_action(&l, ACTION_LIST_LEFT));
	assert_false(list_action(&l, ACTION_NONE));
	assert_int_equal(l.at, 0);
}

static void
follows_the_end_until_moved_up(void **state)
{
	struct list l = { 0 }, text = { .no_cursor = true };

	(void)state;
	list_fit(&l, 10, 4);
	do_actions(&l, "b");
	list_fit(&l, 20, 4);
	assert_int_equal(l.at, 19);
	assert_int_equal(l.first, 16);
	do_actions(&l, "u");
	list_fit(&l, 30, 4);
	assert_int_equal(l.at, 18);
	list_fit(&text, 10, 4);
	do_actions(&text, "b");
	list_fit(&text, 30, 4);
	assert_int_equal(text.first, 26);
	do_actions(&text, "U");
	list_fit(&text, 40, 4);
	assert_int_equal(text.first, 23);
}

static void
keeps_in_range_when_rows_go(void **state)
{
	struct list l = { 0 };

	(void)state;
	list_fit(&l, 100, 10);
	do_actions(&l, "b");
	l.follow = false;
	list_fit(&l, 5, 10);
	assert_int_equal(l.at, 4);
	assert_int_equal(l.first, 0);
	list_fit(&l, 100, 10);
	do_actions(&l, "DDDDD");
	list_fit(&l, 100, 3); /* a smaller window still shows the row */
	assert_true(l.at >= l.first && l.at < l.first + 3);
	list_fit(&l, -1, -1);
	assert_int_equal(l.at, 0);
	assert_int_equal(l.count, 0);
}

static struct input
mouse(enum input_mouse what)
{
	return (struct input){ .kind = INPUT_MOUSE,
			       .mouse = what,
			       .button = 1 };
}

static void
mouse_scrolls_and_chooses(void **state)
{
	struct list l = { 0 };
	struct input up = mouse(INPUT_WHEEL_UP), down = mouse(INPUT_WHEEL_DOWN);
	struct input press = mouse(INPUT_PRESS), key = { .kind = INPUT_KEY };

	(void)state;
	list_fit(&l, 20, 5);
	assert_true(list_mouse(&l, &down, 0));
	assert_int_equal(l.first, 3);
	assert_int_equal(l.at, 3); /* still shown */
	assert_true(list_mouse(&l, &press, 4));
	assert_int_equal(l.at, 7);
	assert_true(list_mouse(&l, &up, 0));
	assert_int_equal(l.first, 0);
	assert_int_equal(l.at, 4);
	for (int i = 0; i < 20; i++)
		list_mouse(&l, &down, 0);
	assert_int_equal(l.first, 15);
	assert_false(list_mouse(&l, &press, 5));
	assert_false(list_mouse(&l, &press, -1));
	assert_false(list_mouse(&l, &key, 1));
	list_fit(&l, 2, 5);
	assert_false(list_mouse(&l, &press, 2)); /* below the last row */
	press.button = 3;
	assert_false(list_mouse(&l, &press, 0));
	l.no_cursor = true;
	press.button = 1;
	assert_false(list_mouse(&l, &press, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moves),
		cmocka_unit_test(others_are_not_used),
		cmocka_unit_test(follows_the_end_until_moved_up),
		cmocka_unit_test(keeps_in_range_when_rows_go),
		cmocka_unit_test(mouse_scrolls_and_chooses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
