/* Forms: every type of field, checks, drafts, the file picker. */
#include "view_test.h"

#include "base/json.h"
#include "ui/form.h"

#include <cmocka.h>

static char *submitted, *changes;
static int freed;

static void
on_submit(struct app *a, void *ud, const cJSON *values, const cJSON *changed)
{
	(void)a;
	assert_string_equal(ud, "ud");
	free(submitted);
	free(changes);
	submitted = json_print(values);
	changes = json_print(changed);
}

static void
free_ud(void *ud)
{
	freed++;
	free(ud);
}

static cJSON *
json(const char *text)
{
	struct err err = ERR_INIT;
	cJSON *v = json_parse(text, strlen(text), "test", &err);

	if (!v)
		fail_msg("%s", err.msg);
	return v;
}

/* One field of each type. */
static void
push_all(struct view_test *v)
{
	AUTO_JSON *kinds = json("[\"bar\",\"line\",\"area\"]");
	AUTO_JSON *five = cJSON_CreateNumber(5);
	AUTO_JSON *months = cJSON_CreateArray();
	struct form *f = form_new(v->a, "RUN.1", "All fields",
				  "What the workflow asks for.");
	const struct form_field fields[] = {
		{ .name = "title",
		  .label = "Title of the chart",
		  .help = "Stands above the picture, and is read by people "
			  "who see nothing else of it.",
		  .required = true,
		  .pattern = "^[A-Z]" },
		{ .name = "rows",
		  .label = "Rows",
		  .type = FORM_INTEGER,
		  .value = five,
		  .has_min = true,
		  .min = 1,
		  .has_max = true,
		  .max = 10 },
		{ .name = "scale", .label = "Scale", .type = FORM_NUMBER },
		{ .name = "grid", .label = "Grid", .type = FORM_BOOLEAN },
		{ .name = "kind",
		  .label = "Kind",
		  .type = FORM_SELECT,
		  .options = kinds,
		  .required = true },
		{ .name = "month",
		  .label = "Month",
		  .type = FORM_SELECT,
		  .options = months },
		{ .name = "months",
		  .label = "Months",
		  .type = FORM_MULTI,
		  .options = months,
		  .help = "those to show" },
		{ .name = "file", .label = "Data file", .type = FORM_FILE },
		{ .name = "key", .label = "Password", .type = FORM_SECRET },
		{ .name = "day", .label = "Day", .type = FORM_DATE },
		{ .name = "tags", .label = "Tags", .type = FORM_LIST },
		{ .name = "why", .label = "Comment", .type = FORM_COMMENT },
	};

	for (int i = 1; i <= 12; i++) {
		AUTO_FREE char *name = xasprintf("month number %d", i);

		cJSON_AddItemToArray(months, cJSON_CreateString(name));
	}
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		form_add(f, &fields[i]);
	form_on_submit(f, on_submit, xstrdup("ud"), free_ud);
	app_push(v->a, form_layer(f));
}

static void
begin(struct view_test *v)
{
	free(TAKE(submitted));
	free(TAKE(changes));
	freed = 0;
	view_test_init(v, 80, 24);
	push_all(v);
}

static void
end(struct view_test *v)
{
	view_test_release(v);
	free(TAKE(submitted));
	free(TAKE(changes));
}

static void
looks(void **state)
{
	struct view_test v;

	(void)state;
	begin(&v);
	view_goldens(&v, "form");
	view_size(&v, 80, 24);
	view_type(&v, "chart");
	view_keys(&v, "Tab");
	view_type(&v, "9");
	view_golden(&v, "form-problems");
	view_keys(&v, "Tab Tab Tab Tab Tab Down Down Space Down Space");
	view_goldens(&v, "form-multi");
	end(&v);
}

/* Everything typed by keys alone, then C-s. */
static void
fills_every_type(void **state)
{
	struct view_test v;

	(void)state;
	begin(&v);
	view_type(&v, "Rain");
	view_keys(&v, "Enter Backspace");
	view_type(&v, "7");
	view_keys(&v, "Down");
	view_type(&v, "-2.5");
	view_keys(&v, "Tab Space Space Space Tab Right Right Tab");
	view_type(&v, "12");
	view_keys(&v, "Tab Space Down Down Space Tab");
	view_type(&v, "a.csv");
	view_keys(&v, "Tab");
	view_type(&v, "s3cret");
	view_lacks(&v, "s3cret");
	view_keys(&v, "Tab PgDn PgDn PgUp PgUp PgUp Tab");
	view_type(&v, "one");
	view_keys(&v, "Enter");
	view_type(&v, "  two words ");
	view_keys(&v, "Enter Enter Tab");
	view_type(&v, "because");
	view_keys(&v, "Enter");
	view_type(&v, "of this");
	view_keys(&v, "C-s");
	assert_non_null(submitted);
	assert_string_equal(
		submitted,
		"{\"title\":\"Rain\",\"rows\":7,\"scale\":-2.5,"
		"\"grid\":true,\"kind\":\"line\","
		"\"month\":\"month number 12\","
		"\"months\":[\"month number 1\",\"month number 3\"],"
		"\"file\":\"a.csv\",\"key\":\"s3cret\","
		"\"day\":\"2026-11-23\",\"tags\":[\"one\",\"two words\"],"
		"\"why\":\"because\\nof this\"}");
	assert_int_equal(freed, 1);
	assert_string_equal(v.a->top->class->name, "Desk");
	end(&v);
}

/* Only what differs from the beginning; emptied is null. */
static void
tells_what_changed(void **state)
{
	struct view_test v;

	(void)state;
	begin(&v);
	view_type(&v, "T");
	view_keys(&v, "Tab Backspace Tab Tab Tab Space C-s");
	assert_string_equal(submitted, "{\"title\":\"T\",\"kind\":\"bar\"}");
	assert_string_equal(changes, "{\"title\":\"T\",\"rows\":null,"
				     "\"kind\":\"bar\"}");
	end(&v);
}

static void
refuses_what_is_wrong(void **state)
{
	static const struct {
		const char *keys, *typed, *problem;
	} rows[] = {
		{ "Home", "lower", "does not match the pattern ^[A-Z]" },
		{ "Tab Backspace", "11", "11 is more than the maximum of 10" },
		{ "Tab Backspace", "0", "0 is less than the minimum of 1" },
		{ "Tab Backspace", "2.5", "a whole number is wanted" },
		{ "Tab Tab", "many", "\"many\" is no number" },
		{ "S-Tab S-Tab S-Tab", "2026-02-29",
		  "a date like 2026-01-31 is wanted" },
		{ "S-Tab S-Tab S-Tab", "yesterday",
		  "a date like 2026-01-31 is wanted" },
	};
	struct view_test v;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		begin(&v);
		view_keys(&v, rows[i].keys);
		view_type(&v, rows[i].typed);
		view_has(&v, rows[i].problem);
		view_keys(&v, "C-s");
		assert_null(submitted);
		assert_string_equal(v.a->top->class->name, "Form");
		view_has(&v, "wrong or missing");
		end(&v);
	}
}

static void
asks_for_what_is_needed(void **state)
{
	struct view_test v;

	(void)state;
	begin(&v);
	view_lacks(&v, "this is needed");
	view_keys(&v, "C-s");
	view_has(&v, "this is needed");
	view_has(&v, "2 fields are still wrong or missing");
	/* The first of them has the focus. */
	view_type(&v, "T");
	view_keys(&v, "C-s");
	view_has(&v, "1 field is still wrong or missing");
	view_keys(&v, "Right C-s");
	assert_string_equal(submitted, "{\"title\":\"T\",\"rows\":5,"
				       "\"kind\":\"bar\"}");
	end(&v);
}

/* Esc keeps what was typed, except the secret; a submit forgets it. */
static void
keeps_a_draft(void **state)
{
	struct view_test v;

	(void)state;
	begin(&v);
	view_type(&v, "Rain");
	view_keys(&v, "Tab Backspace Tab");
	view_type(&v, "not a number");
	view_keys(&v, "Tab Space Tab Right Tab Down Tab Space Tab Tab");
	view_type(&v, "s3cret");
	view_keys(&v, "Tab Tab");
	view_type(&v, "half a li");
	view_keys(&v, "Esc");
	assert_string_equal(v.a->top->class->name, "Desk");
	assert_int_equal(v.a->drafts.count, 1);
	assert_null(strstr(v.a->drafts.items[0].values, "s3cret"));
	push_all(&v);
	view_size(&v, 120, 60);
	view_golden(&v, "form-draft");
	view_keys(&v, "Tab Tab C-u C-s");
	assert_string_equal(submitted,
			    "{\"title\":\"Rain\",\"grid\":true,"
			    "\"kind\":\"bar\",\"month\":\"month number 1\","
			    "\"months\":[\"month number 1\"],"
			    "\"tags\":[\"half a li\"]}");
	assert_int_equal(v.a->drafts.count, 0);
	end(&v);
}

static void
nothing_typed_is_no_draft(void **state)
{
	struct view_test v;

	(void)state;
	begin(&v);
	view_keys(&v, "Tab Tab Tab Esc");
	assert_int_equal(v.a->drafts.count, 0);
	for (int i = 0; i < 70; i++) {
		AUTO_FREE char *key = xasprintf("key %d", i);
		const struct form_field field = { .name = "x" };
		struct form *f = form_new(v.a, key, "x", NULL);

		form_add(f, &field);
		app_push(v.a, form_layer(f));
		view_type(&v, "y");
		view_keys(&v, "Esc");
	}
	assert_int_equal(v.a->drafts.count, 64);
	assert_string_equal(v.a->drafts.items[0].key, "key 6");
	end(&v);
}

/* Keys that mean something elsewhere are letters here. */
static void
letters_are_letters(void **state)
{
	struct view_test v;

	(void)state;
	begin(&v);
	view_type(&v, "Rip?q:/ 1");
	view_has(&v, "[Rip?q:/ 1");
	view_keys(&v, "Tab Tab Tab");
	view_type(&v, "qrip?");
	assert_string_equal(v.a->top->class->name, "Form");
	view_type(&v, "y");
	view_keys(&v, "Tab C-s");
	assert_string_equal(v.a->top->class->name, "Form");
	end(&v);
}

static void
last_enter_submits(void **state)
{
	const struct form_field a = { .name = "a", .label = "A" };
	const struct form_field b = { .name = "b", .label = "B" };
	struct view_test v;
	struct form *f;

	(void)state;
	view_test_init(&v, 80, 24);
	f = form_new(v.a, "k", "Two", NULL);
	form_add(f, &a);
	form_add(f, &b);
	form_on_submit(f, on_submit, xstrdup("ud"), free_ud);
	app_push(v.a, form_layer(f));
	view_type(&v, "1");
	view_keys(&v, "Enter");
	view_type(&v, "2");
	view_keys(&v, "Up");
	view_type(&v, "0");
	view_keys(&v, "Enter Enter");
	assert_string_equal(submitted, "{\"a\":\"10\",\"b\":\"2\"}");
	end(&v);
}

static void
searches_long_selects(void **state)
{
	struct view_test v;

	(void)state;
	begin(&v);
	view_keys(&v, "Tab Tab Tab Tab Tab");
	view_type(&v, "er 1");
	view_has(&v, "search: er 1");
	view_has(&v, "month number 12");
	view_lacks(&v, "month number 2");
	view_keys(&v, "Down Down");
	view_golden(&v, "form-search");
	view_keys(&v, "Tab S-Tab");
	view_has(&v, "month number 9");
	view_lacks(&v, "search:");
	end(&v);
}

/* --- mouse ------------------------------------------------------------- */

/* The row of the screen that holds text; its column in ret_x. */
static int
find(struct view_test *v, const char *text, int *ret_x)
{
	AUTO_FREE char *screen = view_screen(v);
	char *rest = screen, *line;

	for (int y = 0; (line = strsep(&rest, "\n")); y++) {
		char *at = strstr(line, text);

		if (!at)
			continue;
		*at = '\0';
		*ret_x = text_width(line);
		return y;
	}
	fail_msg("\"%s\" is not there", text);
	return -1;
}

static void
click(struct view_test *v, const char *text)
{
	int x = 0, y = find(v, text, &x);

	view_mouse(v, INPUT_PRESS, x, y);
}

static void
is_clicked(void **state)
{
	struct view_test v;
	int x, y;

	(void)state;
	begin(&v);
	view_type(&v, "T");
	click(&v, ") line");
	click(&v, ") no");
	click(&v, "Months");
	click(&v, "month number 3");
	click(&v, "month number 5");
	click(&v, "[x] month number 3");
	view_keys(&v, "C-s");
	assert_string_equal(submitted,
			    "{\"title\":\"T\",\"rows\":5,\"grid\":false,"
			    "\"kind\":\"line\","
			    "\"months\":[\"month number 5\"]}");
	end(&v);
	begin(&v);
	view_keys(&v, "Tab Tab Tab Tab Tab Tab");
	view_lacks(&v, "Comment");
	y = find(&v, "Scale", &x);
	for (int i = 0; i < 5; i++)
		view_mouse(&v, INPUT_WHEEL_DOWN, x, y);
	view_has(&v, "Comment");
	view_keys(&v, "S-Tab S-Tab S-Tab S-Tab S-Tab");
	view_has(&v, "> Rows");
	/* Over the options the wheel goes through them. */
	click(&v, "Months");
	y = find(&v, "month number 2", &x);
	view_mouse(&v, INPUT_WHEEL_DOWN, x, y);
	view_has(&v, "> [ ] month number 2");
	end(&v);
}

/* --- files ------------------------------------------------------------- */

static void
names(struct view_test *v, const char *list)
{
	AUTO_FREE char *copy = xstrdup(list);
	AUTO(strv) items = STRV_INIT;
	struct msg m = { .kind = MSG_FILES,
			 .names = &items,
			 .ticket = view_ask(v, ASK_FILES)->ticket };
	char *rest = copy, *name;

	while (*list && (name = strsep(&rest, " ")))
		strv_add(&items, name);
	view_send(v, &m);
}

static void
completes_files(void **state)
{
	struct view_test v;

	(void)state;
	begin(&v);
	view_type(&v, "T");
	click(&v, "Data file");
	view_type(&v, "da");
	assert_string_equal(view_ask(&v, ASK_FILES)->text, "da");
	names(&v, "data/ data/weather.csv data/week.csv");
	view_has(&v, "week.csv");
	view_keys(&v, "Tab");
	view_has(&v, "[data/ ");
	assert_string_equal(view_ask(&v, ASK_FILES)->text, "data/");
	names(&v, "data/weather.csv data/week.csv");
	view_keys(&v, "Tab");
	view_has(&v, "[data/we ");
	view_type(&v, "a");
	names(&v, "data/weather.csv");
	view_keys(&v, "Tab");
	view_has(&v, "[data/weather.csv ");
	names(&v, "data/weather.csv");
	view_keys(&v, "Tab Tab S-Tab");
	view_type(&v, "x");
	view_has(&v, "Password             [\xe2\x80\xa2");
	end(&v);
}

static void
picks_files(void **state)
{
	struct view_test v;

	(void)state;
	begin(&v);
	click(&v, "Data file");
	view_type(&v, "data/");
	view_keys(&v, "C-o");
	assert_string_equal(view_ask(&v, ASK_FILES)->text, "data/");
	names(&v, "data/old/ data/weather.csv data/\x1b[2J.csv");
	view_goldens(&v, "picker");
	view_keys(&v, "Enter");
	assert_string_equal(view_ask(&v, ASK_FILES)->text, "data/old/");
	view_keys(&v, "Backspace");
	assert_string_equal(view_ask(&v, ASK_FILES)->text, "data/");
	view_keys(&v, "Backspace");
	assert_string_equal(view_ask(&v, ASK_FILES)->text, "");
	view_keys(&v, "Backspace");
	assert_string_equal(view_ask(&v, ASK_FILES)->text, "../");
	view_type(&v, "w");
	assert_string_equal(view_ask(&v, ASK_FILES)->text, "../w");
	names(&v, "../work.csv ../west.csv");
	view_keys(&v, "Down Enter");
	assert_string_equal(v.a->top->class->name, "Form");
	view_has(&v, "[../west.csv ");
	view_keys(&v, "C-o Esc");
	assert_string_equal(v.a->top->class->name, "Form");
	end(&v);
}

/* --- form gates -------------------------------------------------------- */

static void
shows_a_form_gate(void **state)
{
	AUTO_JSON *shown = json(
		"{\"fields\":[{\"name\":\"when\",\"type\":\"date\","
		"\"prompt\":\"First day\",\"help\":\"of the report\","
		"\"required\":true,\"default\":\"2026-01-01\"},"
		"{\"name\":\"unit\",\"type\":\"select\",\"prompt\":\"Unit\","
		"\"required\":false,\"default\":null,"
		"\"options\":[\"mm\",\"inch\"]},"
		"{\"name\":\"n\",\"type\":\"number\",\"prompt\":\"Rows\","
		"\"required\":true,\"default\":3,\"min\":1,\"max\":9},"
		"{\"name\":\"token\",\"type\":\"secret\","
		"\"prompt\":\"Token\",\"required\":true,\"default\":null}],"
		"\"given\":{\"n\":12},"
		"\"problem\":\"input n: 12 is more than the maximum of 9\"}");
	struct view_test v;
	struct form *f;

	(void)state;
	view_test_init(&v, 80, 24);
	f = form_new(v.a, "R.1", "Inputs of Weather review", NULL);
	form_add_shown(f, shown);
	form_on_submit(f, on_submit, xstrdup("ud"), free_ud);
	app_push(v.a, form_layer(f));
	view_goldens(&v, "form-gate");
	view_keys(&v, "Tab Tab C-u");
	view_type(&v, "8");
	view_keys(&v, "Tab");
	view_type(&v, "hunter2");
	view_keys(&v, "C-s");
	assert_null(submitted);
	view_keys(&v, "C-u");
	view_type(&v, "secret:WEB");
	view_keys(&v, "C-s");
	assert_string_equal(submitted, "{\"when\":\"2026-01-01\",\"n\":8,"
				       "\"token\":\"secret:WEB\"}");
	end(&v);
}

static void
hostile_labels_are_visible(void **state)
{
	AUTO_JSON *options = json("[\"\\u001b[31mred\",\"\\u202etfel\","
				  "\"a very long option that does not fit "
				  "into any line of a screen that is eighty "
				  "columns wide, or more\"]");
	const struct form_field rows[] = {
		{ .name = "\x1b]0;x\x07",
		  .label = "\x1b[2Jlabel\nsecond",
		  .help = "\xe2\x80\xae help \xff",
		  .type = FORM_SELECT,
		  .options = options },
		{ .name = "w",
		  .label = "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5"
			   "\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c\xac"
			   "\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"
			   "\xe6\x97\xa5\xe6\x9c\xac",
		  .pattern = "((((" },
	};
	struct view_test v;
	struct form *f;

	(void)state;
	view_test_init(&v, 80, 24);
	f = form_new(v.a, "k", "\x1b[2Jtitle", "\x1b[31mintro");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		form_add(f, &rows[i]);
	app_push(v.a, form_layer(f));
	view_keys(&v, "Down");
	view_goldens(&v, "form-hostile");
	view_test_release(&v);
}

/* Where nobody types, the end of a long path shows, of another text its
 * beginning; where somebody types, what is at the cursor. */
static void
a_long_path_shows_its_end(void **state)
{
	static const char path[] =
		"/srv/data/projects/2026/weather/stations/seattle/archive/"
		"monthly/rain-and-temperature.csv";
	AUTO_JSON *value = cJSON_CreateString(path);
	AUTO_JSON *text = cJSON_CreateString(
		"Begins here and goes on for so long that no field of this "
		"form has room for all of it, to the last word");
	struct view_test v;
	struct form *f;

	(void)state;
	view_test_init(&v, 80, 24);
	f = form_new(v.a, "k", "Paths", NULL);
	form_add(f, &(struct form_field){ .name = "first", .label = "First" });
	form_add(f, &(struct form_field){ .name = "path",
					  .label = "Path",
					  .value = value });
	form_add(f, &(struct form_field){ .name = "text",
					  .label = "Text",
					  .value = text });
	app_push(v.a, form_layer(f));
	view_has(&v, "/monthly/rain-and-temperature.csv]");
	view_has(&v, "[\u2026");
	view_has(&v, "[Begins here");
	view_keys(&v, "Tab C-a");
	view_has(&v, "[/srv/data/projects");
	view_keys(&v, "Tab");
	view_has(&v, "to the last word");
	v.ascii = true;
	view_has(&v, "[...");
	view_test_release(&v);
}

static void
any_keys_do_no_harm(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 30; seed++) {
		struct view_test v;

		begin(&v);
		view_monkey(&v, seed * 104729, 80);
		end(&v);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(looks),
		cmocka_unit_test(fills_every_type),
		cmocka_unit_test(tells_what_changed),
		cmocka_unit_test(refuses_what_is_wrong),
		cmocka_unit_test(asks_for_what_is_needed),
		cmocka_unit_test(keeps_a_draft),
		cmocka_unit_test(nothing_typed_is_no_draft),
		cmocka_unit_test(letters_are_letters),
		cmocka_unit_test(last_enter_submits),
		cmocka_unit_test(searches_long_selects),
		cmocka_unit_test(is_clicked),
		cmocka_unit_test(completes_files),
		cmocka_unit_test(picks_files),
		cmocka_unit_test(shows_a_form_gate),
		cmocka_unit_test(hostile_labels_are_visible),
		cmocka_unit_test(a_long_path_shows_its_end),
		cmocka_unit_test(any_keys_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
