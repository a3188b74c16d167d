#include "test.h"

#include "base/json.h"
#include "flow/expr.h"

static const char VALUES[] =
	"{\"inputs\": {\"name\": \"Ada\", \"n\": 3, \"big\": 2500000,"
	" \"on\": true, \"off\": false, \"none\": null, \"empty\": [],"
	" \"list\": [3, 1, 2], \"words\": [\"b\", \"a\"],"
	" \"path\": \"/data/in.csv\", \"evil\": \"x\\\"]: {a: 1}\\n- b\","
	" \"my-key\": 7},"
	" \"steps\": {\"scan\": {\"status\": \"ok\", \"text\": \"hi\","
	"  \"data\": {\"rows\": 506, \"odd key\": 1,"
	"   \"columns\": [{\"name\": \"a\", \"type\": \"number\"},"
	"                 {\"name\": \"b\", \"type\": \"text\"},"
	"                 {\"name\": \"c\", \"type\": \"number\"}]},"
	"  \"outputs\": {\"chart\": \"/runs/1/chart.png\"}}},"
	" \"item\": {\"key\": \"k\"}, \"index\": 2, \"attempt\": 1,"
	" \"findings\": [], \"workspace\": \"/ws\", \"run\": \"R1\"}";

static cJSON *
values(void)
{
	struct err err = ERR_INIT;
	cJSON *v = json_parse(VALUES, strlen(VALUES), "values", &err);

	if (!v)
		fail_msg("%s", err.msg);
	return v;
}

/* The expression's text becomes a block scalar, so that any character may
 * stand in a table without YAML's quoting. */
static struct yaml_doc *
doc_of(const char *scalar)
{
	struct err err = ERR_INIT;
	AUTO_FREE char *text = xasprintf("v: |-\n  %s\n", scalar);
	struct yaml_doc *d = yaml_parse(text, strlen(text), "t.yaml", 1,
					&err);

	if (!d)
		fail_msg("%s: %s", scalar, err.msg);
	return d;
}

static void
assert_resolves(const char *scalar, const char *json)
{
	AUTO_PTR(yaml_doc) d = doc_of(scalar);
	AUTO_JSON *v = values();
	AUTO_JSON *got = NULL;
	AUTO_FREE char *text = NULL;
	struct err err = ERR_INIT;

	if (!expr_resolve(d, yaml_get(yaml_root(d), "v"), v, &got, &err))
		fail_msg("%s: %s", scalar, err.msg);
	text = json_print(got);
	if (strcmp(text, json) != 0)
		fail_msg("%s: %s, not %s", scalar, text, json);
}

/* Fails with the code; the message holds the words and the place. */
static void
assert_wrong(const char *scalar, enum err_code code, const char *words)
{
	AUTO_PTR(yaml_doc) d = doc_of(scalar);
	AUTO_JSON *v = values();
	cJSON *got = NULL;
	struct err err = ERR_INIT;

	if (expr_resolve(d, yaml_get(yaml_root(d), "v"), v, &got, &err))
		fail_msg("%s did not fail", scalar);
	if (err.code != code || !strstr(err.msg, words) ||
	    !strstr(err.msg, "t.yaml:1:4: in {{"))
		fail_msg("%s: [%s] %s; wanted [%s] %s", scalar,
			 err_word(err.code), err.msg, err_word(code), words);
	assert_null(got);
}

static void
whole_scalar_is_typed(void **state)
{
	(void)state;
	assert_resolves("{{ inputs.name }}", "\"Ada\"");
	assert_resolves("{{inputs.n}}", "3");
	assert_resolves("{{ inputs.on }}", "true");
	assert_resolves("{{ inputs.none }}", "null");
	assert_resolves("{{ inputs.list }}", "[3,1,2]");
	assert_resolves("{{ inputs.my-key }}", "7");
	assert_resolves("{{ item }}", "{\"key\":\"k\"}");
	assert_resolves("{{ item.key }}", "\"k\"");
	assert_resolves("{{ index }}", "2");
	assert_resolves("{{ findings }}", "[]");
	assert_resolves("{{ steps.scan.outputs.chart }}",
			"\"/runs/1/chart.png\"");
	assert_resolves("{{ steps.scan.data.columns.1.name }}", "\"b\"");
	assert_resolves("{{ steps.scan.data['odd key'] }}", "1");
	assert_resolves("{{ steps.scan.data.columns[0]['name'] }}", "\"a\"");
	assert_resolves("{{ -2.5 }}", "-2.5");
	assert_resolves("{{ 'it\\'s' }}", "\"it's\"");
	assert_resolves("{{ [1, inputs.n, 'x'] }}", "[1,3,\"x\"]");
	assert_resolves("{{ [] }}", "[]");
	/* braces within quotes do not end the expression */
	assert_resolves("{{ '}}' }}", "\"}}\"");
	assert_resolves("{{ '{{' }}", "\"{{\"");
}

static void
mixed_text_joins_string_forms(void **state)
{
	(void)state;
	assert_resolves("no braces", "\"no braces\"");
	assert_resolves("{ one } }}", "\"{ one } }}\"");
	assert_resolves("Hi {{ inputs.name }}!", "\"Hi Ada!\"");
	assert_resolves("{{ inputs.name }} ", "\"Ada \"");
	assert_resolves("{{ inputs.n }}{{ inputs.n }}", "\"33\"");
	assert_resolves("n={{ inputs.big }} on={{ inputs.on }} "
			"null={{ inputs.none }} l={{ inputs.list }}",
			"\"n=2500000 on=true null= l=[3,1,2]\"");
	assert_resolves("a {{ '{{' }} b", "\"a {{ b\"");
}

static void
a_value_cannot_change_the_structure(void **state)
{
	static const char TEXT[] =
		"with:\n  a: \"{{ inputs.evil }}\"\n  b: [x, \"y {{ inputs.evil"
		" }}\"]\n  n: 5\n  s: \"5\"\n  '{{ inputs.n }}': key\n";
	AUTO_PTR(yaml_doc) d = NULL;
	AUTO_JSON *v = values();
	AUTO_JSON *got = NULL;
	AUTO_FREE char *text = NULL;
	struct err err = ERR_INIT;

	(void)state;
	d = yaml_parse(TEXT, strlen(TEXT), "t.yaml", 1, &err);
	assert_non_null(d);
	assert_ok(expr_resolve(d, yaml_get(yaml_root(d), "with"), v, &got,
			       &err), err);
	text = json_print(got);
	assert_string_equal(text,
		"{\"a\":\"x\\\"]: {a: 1}\\n- b\","
		"\"b\":[\"x\",\"y x\\\"]: {a: 1}\\n- b\"],"
		"\"n\":5,\"s\":\"5\",\"{{ inputs.n }}\":\"key\"}");
}

static void
filters(void **state)
{
	static const struct {
		const char *in, *out;
	} ROWS[] = {
		{ "{{ inputs.none | default(4) }}", "4" },
		{ "{{ inputs.nope | default('d') }}", "\"d\"" },
		{ "{{ inputs.nope.deeper.0 | length | default(0) }}", "0" },
		{ "{{ inputs.empty | first | default('e') }}", "\"e\"" },
		{ "{{ inputs.name | default('d') }}", "\"Ada\"" },
		{ "{{ inputs.nope | default(inputs.no2 | default(1)) }}",
		  "1" },
		{ "{{ inputs.list | json }}", "\"[3,1,2]\"" },
		{ "{{ inputs.name | json }}", "\"\\\"Ada\\\"\"" },
		{ "{{ inputs.name | length }}", "3" },
		{ "{{ '\xc3\xa4\xe2\x82\xac' | length }}", "2" },
		{ "{{ inputs.list | length }}", "3" },
		{ "{{ item | length }}", "1" },
		{ "{{ inputs.list | join }}", "\"3, 1, 2\"" },
		{ "{{ inputs.words | join('-') }}", "\"b-a\"" },
		{ "{{ inputs.empty | join('-') }}", "\"\"" },
		{ "{{ inputs.list | first }}", "3" },
		{ "{{ inputs.list | last }}", "2" },
		{ "{{ inputs.name | lower }}", "\"ada\"" },
		{ "{{ inputs.name | upper }}", "\"ADA\"" },
		{ "{{ 2.456 | round(2) }}", "2.46" },
		{ "{{ -2.5 | round }}", "-3" },
		{ "{{ 1234 | round(-2) }}", "1200" },
		{ "{{ inputs.path | basename }}", "\"in.csv\"" },
		{ "{{ steps.scan.data.columns | map('name') }}",
		  "[\"a\",\"b\",\"c\"]" },
		{ "{{ steps.scan.data.columns | where('type', 'number') | "
		  "map('name') | join(',') }}", "\"a,c\"" },
		{ "{{ steps.scan.data.columns | where('no', 1) }}", "[]" },
		{ "{{ item | keys }}", "[\"key\"]" },
		{ "{{ item | values }}", "[\"k\"]" },
		{ "{{ inputs.list | limit(2) }}", "[3,1]" },
		{ "{{ inputs.list | limit(0) }}", "[]" },
		{ "{{ inputs.list | contains(1) }}", "true" },
		{ "{{ inputs.list | contains('1') }}", "false" },
		{ "{{ inputs.name | contains('da') }}", "true" },
		{ "{{ item | contains('key') }}", "true" },
		{ "{{ inputs.list | max }}", "3" },
		{ "{{ inputs.list | min }}", "1" },
		{ "{{ inputs.list | sum }}", "6" },
		{ "{{ inputs.empty | sum }}", "0" },
		{ "{{ inputs.list | sort }}", "[1,2,3]" },
		{ "{{ inputs.words | sort | first }}", "\"a\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++)
		assert_resolves(ROWS[i].in, ROWS[i].out);
}

static void
operators(void **state)
{
	static const struct {
		const char *in;
		bool out;
	} ROWS[] = {
		{ "1 == 1", true },
		{ "1 == 1.0", true },
		{ "1 == '1'", false },
		{ "inputs.name == 'Ada'", true },
		{ "inputs.name != 'Ada'", false },
		{ "null == inputs.none", true },
		{ "inputs.on == true", true },
		{ "inputs.on == false", false },
		{ "inputs.list == [3, 1, 2]", true },
		{ "inputs.list == [1, 2, 3]", false },
		{ "inputs.list != 'x'", true },
		{ "inputs.n < 4", true },
		{ "inputs.n <= 3", true },
		{ "inputs.n > 3", false },
		{ "inputs.n >= 3", true },
		{ "'2026-01-02' < '2026-01-10'", true },
		{ "2 in inputs.list", true },
		{ "9 in inputs.list", false },
		{ "'d' in inputs.name", true },
		{ "inputs.name in ['Ada', 'Bob']", true },
		{ "'key' in item", true },
		{ "not true", false },
		{ "not not inputs.n", true },
		{ "not inputs.n == 3", false },
		{ "true or false and false", true },
		{ "(true or false) and false", false },
		{ "false or false or inputs.on", true },
		{ "true and true and not inputs.off", true },
		{ "inputs.list | length > 2 and inputs.n == 3", true },
		/* the rest is not looked at once it is decided */
		{ "inputs.on or inputs.nope", true },
		{ "inputs.off and inputs.nope", false },
		{ "''", false },
		{ "'x'", true },
		{ "0", false },
		{ "inputs.empty", false },
		{ "inputs.none", false },
		{ "{{ inputs.n == 3 }}", true },
		{ "false", false },
	};
	AUTO_JSON *v = values();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		AUTO_PTR(yaml_doc) d = doc_of(ROWS[i].in);
		struct err err = ERR_INIT;
		bool got;

		if (!expr_test(d, yaml_get(yaml_root(d), "v"), v, &got, &err))
			fail_msg("%s: %s", ROWS[i].in, err.msg);
		if (got != ROWS[i].out)
			fail_msg("%s: %d", ROWS[i].in, got);
	}
}

static void
syntax_errors(void **state)
{
	static const struct {
		const char *in, *words;
	} ROWS[] = {
		{ "{{ }}", "a value is missing at character 2" },
		{ "{{", "a value is missing" },
		{ "{{ inputs.n", "}} or an operator is missing" },
		{ "{{ inputs.n }", "}} or an operator is missing" },
		{ "{{ inputs. }}", "a name is missing after ." },
		{ "{{ input.n }}", "did you mean \"inputs\"?" },
		{ "{{ Ada }}", "a text stands in quotes" },
		{ "{{ inputs.n | }}", "a filter's name is missing" },
		{ "{{ inputs.n | lenght }}", "did you mean \"length\"?" },
		{ "{{ inputs.n | zzzzzz }}", "agentops-workflow(5)" },
		{ "{{ inputs.n | limit }}", "limit takes 1 argument, not 0" },
		{ "{{ inputs.n | round(1, 2) }}",
		  "round takes 0 to 1 arguments, not 2" },
		{ "{{ 'a }}", "closing quote" },
		{ "{{ 1x }}", "not a number" },
		{ "{{ 1e999 }}", "not a number" },
		{ "{{ inputs.n = 3 }}", "write == to compare" },
		{ "{{ (1 }}", ") is missing" },
		{ "{{ [1, 2 }}", "] is missing" },
		{ "{{ inputs[n] }}", "a number or 'key' is missing" },
		{ "{{ 1 == }}", "a value is missing at character 7" },
		{ "{{ % }}", "unexpected character at character 2" },
		{ "{{ 1 2 }}", "}} or an operator is missing" },
		{ "{{ system('id') }}", "unknown name \"system\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++)
		assert_wrong(ROWS[i].in, ERR_SYNTAX, ROWS[i].words);
}

static void
value_errors(void **state)
{
	static const struct {
		const char *in, *words;
	} ROWS[] = {
		{ "{{ inputs.nam }}",
		  "inputs has no \"nam\" (did you mean \"name\"?)" },
		{ "{{ steps.scan.data.zzz }}",
		  "steps.scan.data has no \"zzz\"; it has rows, odd key, "
		  "columns" },
		{ "{{ inputs.list.3 }}", "has 3 items; there is no .3" },
		{ "{{ inputs.list.x }}", "is a list; \"x\" is no index" },
		{ "{{ inputs.n.x }}", "inputs.n is a number and has no" },
		{ "{{ inputs.n | upper }}", "upper needs text, not a number" },
		{ "{{ inputs.n | first }}", "first needs a list" },
		{ "{{ inputs.empty | first }}", "first of an empty list" },
		{ "{{ inputs.empty | max }}", "max of an empty list" },
		{ "{{ inputs.words | sum }}", "needs a list of numbers" },
		{ "{{ [1, 'a'] | sort }}", "mixes numbers and texts" },
		{ "{{ [[1]] | sort }}", "the list holds a list" },
		{ "{{ inputs.n | length }}", "length needs text, a list" },
		{ "{{ inputs.list | join(3) }}", "the argument of join" },
		{ "{{ inputs.list | map('x') }}", "no \"x\"" },
		{ "{{ 1 < 'a' }}", "a number and text have no order" },
		{ "{{ 1 in 2 }}", "a number cannot be in a number" },
		{ "{{ 1 | round(99) }}", "-15 to 15" },
		/* default mends what is missing, not what is wrong */
		{ "{{ inputs.n | upper | default(1) }}", "upper needs text" },
		{ "x {{ inputs.n }} {{ inputs.zz }}", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++)
		assert_wrong(ROWS[i].in, ERR_DATA, ROWS[i].words);
}

static void
bounds_hold(void **state)
{
	AUTO(buf) deep = BUF_INIT;
	AUTO(buf) nots = BUF_INIT;
	AUTO(buf) chain = BUF_INIT;
	AUTO(buf) wide = BUF_INIT;
	AUTO(buf) path = BUF_INIT;

	(void)state;
	buf_addstr(&deep, "{{ ");
	buf_addstr(&nots, "{{ ");
	buf_addstr(&chain, "{{ inputs.name");
	buf_addstr(&wide, "{{ 0");
	buf_addstr(&path, "{{ inputs");
	for (int i = 0; i < 40; i++) {
		buf_addch(&deep, '(');
		buf_addstr(&nots, "not ");
		buf_addstr(&chain, " | lower");
		buf_addstr(&path, ".a");
	}
	for (int i = 0; i < 500; i++)
		buf_addstr(&wide, " or 0");
	buf_addstr(&nots, "1 }}");
	buf_addstr(&chain, " }}");
	buf_addstr(&path, " }}");
	assert_wrong(buf_str(&deep), ERR_SYNTAX, "nested too deeply");
	assert_wrong(buf_str(&nots), ERR_SYNTAX, "nested too deeply");
	assert_wrong(buf_str(&chain), ERR_SYNTAX, "too many filters");
	assert_wrong(buf_str(&path), ERR_SYNTAX, "too many parts");
	/* operators of one kind cost no depth */
	buf_addstr(&wide, " or 1 }}");
	assert_resolves(buf_str(&wide), "true");
	/* but an expression has a length */
	buf_truncate(&wide, wide.len - 3);
	for (int i = 0; i < 500; i++)
		buf_addstr(&wide, " or 0");
	buf_addstr(&wide, " }}");
	assert_wrong(buf_str(&wide), ERR_SYNTAX, "at character 4");
}

/* 20 copies of 1 MiB through one scalar, and 40 through a list. */
static void
result_size_is_bounded(void **state)
{
	AUTO_JSON *v = cJSON_CreateObject();
	AUTO_FREE char *big = xmalloc((1 << 20) + 1);
	AUTO(buf) text = BUF_INIT;
	AUTO_PTR(yaml_doc) d = NULL;
	struct err err = ERR_INIT;
	cJSON *got = NULL, *inputs;

	(void)state;
	memset(big, 'x', 1 << 20);
	big[1 << 20] = '\0';
	inputs = cJSON_AddObjectToObject(v, "inputs");
	cJSON_AddStringToObject(inputs, "big", big);
	buf_addstr(&text, "a: \"");
	for (int i = 0; i < 20; i++)
		buf_addstr(&text, "{{ inputs.big }}");
	buf_addstr(&text, "\"\nb:\n");
	for (int i = 0; i < 40; i++)
		buf_addstr(&text, "  - \"{{ inputs.big }}\"\n");
	buf_addstr(&text, "c: \"{{ inputs.big | length }}\"\n");
	d = yaml_parse(text.data, text.len, "t.yaml", 1, &err);
	assert_non_null(d);
	assert_fails(expr_resolve(d, yaml_get(yaml_root(d), "a"), v, &got,
				  &err), err, ERR_TOOBIG, "too big");
	assert_fails(expr_resolve(d, yaml_get(yaml_root(d), "b"), v, &got,
				  &err), err, ERR_TOOBIG, "t.yaml:");
	assert_null(got);
	assert_ok(expr_resolve(d, yaml_get(yaml_root(d), "c"), v, &got, &err),
		  err);
	assert_int_equal(got->valueint, 1 << 20);
	cJSON_Delete(got);
}

static void
text_form_and_predicates(void **state)
{
	AUTO_PTR(yaml_doc) whole = doc_of("{{ inputs.n }}");
	AUTO_PTR(yaml_doc) mixed = doc_of("n {{ inputs.n }}");
	AUTO_PTR(yaml_doc) two = doc_of("{{ inputs.n }}{{ inputs.n }}");
	AUTO_PTR(yaml_doc) none = doc_of("plain");
	AUTO_JSON *v = values();
	AUTO_FREE char *text = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_ok(expr_text(whole, yaml_get(yaml_root(whole), "v"), v, &text,
			    &err), err);
	assert_string_equal(text, "3");
	assert_true(expr_is_whole(yaml_get(yaml_root(whole), "v")));
	assert_false(expr_is_whole(yaml_get(yaml_root(mixed), "v")));
	assert_false(expr_is_whole(yaml_get(yaml_root(two), "v")));
	assert_true(expr_present(yaml_root(mixed)));
	assert_false(expr_present(yaml_root(none)));
}

static void
a_condition_is_one_expression(void **state)
{
	AUTO_PTR(yaml_doc) d = doc_of("{{ inputs.n }} == {{ inputs.n }}");
	AUTO_JSON *v = values();
	struct err err = ERR_INIT;
	bool got;

	(void)state;
	assert_fails(expr_test(d, yaml_get(yaml_root(d), "v"), v, &got, &err),
		     err, ERR_SYNTAX, "t.yaml:1:4: a condition is one");
	assert_fails(expr_test(d, yaml_root(d), v, &got, &err), err,
		     ERR_SYNTAX, "one expression");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_scalar_is_typed),
		cmocka_unit_test(mixed_text_joins_string_forms),
		cmocka_unit_test(a_value_cannot_change_the_structure),
		cmocka_unit_test(filters),
		cmocka_unit_test(operators),
		cmocka_unit_test(syntax_errors),
		cmocka_unit_test(value_errors),
		cmocka_unit_test(bounds_hold),
		cmocka_unit_test(result_size_is_bounded),
		cmocka_unit_test(text_form_and_predicates),
		cmocka_unit_test(a_condition_is_one_expression),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
