/* Which researchers are chosen, and what becomes of their reports. */
#include "test.h"

#include "base/json.h"
#include "flow/researcher.h"
#include "flow/workflow.h"
#include "run/engine.h"

static void
the_first_that_are_of_use(void **state)
{
	static const struct {
		int count;
		bool files;
		const char *chosen;
	} rows[] = {
		{ 4, true, "data workspace success capabilities " },
		{ 4, false, "workspace success capabilities integration " },
		{ 5, true, "data workspace success capabilities integration " },
		{ 5, false, "workspace success capabilities integration " },
		{ 1, true, "data " },
		{ 1, false, "workspace " },
		{ 0, true, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) got = BUF_INIT;

		for (int r = 0; r < RESEARCHERS; r++)
			if (researcher_chosen(r, rows[i].count, rows[i].files))
				buf_printf(&got, "%s ",
					   researcher_at(r)->name +
						   strlen("agent:"));
		assert_string_equal(buf_str(&got), rows[i].chosen);
	}
}

/* No step can have such a name; what they may call only reads. */
static void
none_can_be_a_step_or_change_anything(void **state)
{
	(void)state;
	for (int i = 0; i < RESEARCHERS; i++) {
		const struct researcher *r = researcher_at(i);

		assert_int_equal(researcher_find(r->name), i);
		assert_non_null(strchr(r->name, ':'));
		for (size_t t = 0; r->tools[t]; t++) {
			const struct tool *tool =
				engine_tools.find(r->tools[t]);

			assert_non_null(tool);
			assert_int_equal(tool->effects, TOOL_READS);
			assert_false(tool->folder);
		}
	}
	assert_int_equal(researcher_find("data"), -1);
	assert_int_equal(researcher_find(NULL), -1);
}

static void
the_schema_is_json(void **state)
{
	struct err err = ERR_INIT;
	AUTO_JSON *schema = json_parse(researcher_schema,
				       strlen(researcher_schema), "s", &err);

	(void)state;
	assert_string_equal(json_str(schema, "type"), "object");
}

static void
reports_are_bounded(void **state)
{
	struct err err = ERR_INIT;
	AUTO(buf) text = BUF_INIT;
	AUTO_JSON *r = NULL;
	const cJSON *v;

	(void)state;
	buf_addstr(&text, "Here it is: ```{\"summary\":\"");
	/* Cut between characters: each of these has three bytes. */
	for (int i = 0; i < 1000; i++)
		buf_addstr(&text, "\xe6\x97\xa5");
	buf_addstr(&text, "\",\"findings\":[");
	for (int i = 0; i < 50; i++)
		buf_addstr(&text, "{\"what\":\"w\",\"evidence\":\"e\","
				  "\"more\":[[[1]]]},7,");
	buf_addstr(&text, "{}],\"risks\":\"none\",\"suggestions\":[1,\"s\"],"
			  "\"do\":\"rm\"}``` that is all");
	r = researcher_bound(buf_str(&text), &err);
	assert_non_null(r);
	assert_int_equal(strlen(json_str(r, "summary")), 399);
	assert_int_equal(cJSON_GetArraySize(json_get(r, "findings")),
			 RESEARCHER_ITEMS);
	cJSON_ArrayForEach (v, json_get(r, "findings"))
		assert_int_equal(cJSON_GetArraySize(v), 2);
	assert_int_equal(cJSON_GetArraySize(json_get(r, "risks")), 0);
	assert_int_equal(cJSON_GetArraySize(json_get(r, "suggestions")), 1);
	assert_int_equal(cJSON_GetArraySize(r), 4);
}

static void
what_is_no_report_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "nothing", "}{", "{", "[1]", "{\"findings\":[]}",
		"{\"summary\":\"\"}", "{\"summary\":7}", "{\"a\":{}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct err err = ERR_INIT;

		assert_null(researcher_bound(bad[i], &err));
		assert_int_not_equal(err.code, ERR_NONE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_that_are_of_use),
		cmocka_unit_test(none_can_be_a_step_or_change_anything),
		cmocka_unit_test(the_schema_is_json),
		cmocka_unit_test(reports_are_bounded),
		cmocka_unit_test(what_is_no_report_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
