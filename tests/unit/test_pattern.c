#include "test.h"

#include "base/clock.h"
#include "base/yaml.h"
#include "know/pattern.h"

static const char full[] = "---\n"
			   "# made by hand\n"
			   "pattern_id: table-review-v1\n"
			   "name: Table review\n"
			   "owner: \"kept: yes\"   # not ours\n"
			   "description: Looks at a table\n"
			   "category: analytics\n"
			   "task_keywords: [csv, data, review]\n"
			   "workflow_steps:\n"
			   "  - profile\n"
			   "  - chart\n"
			   "created_at: \"2026-01-02T03:04:05Z\"\n"
			   "last_used: 2026-01-02T03:04:05Z\n"
			   "executions: 3   # counted\n"
			   "successful_executions: 2\n"
			   "failed_executions: 1\n"
			   "success_rate: 0.6666666666666666\n"
			   "avg_completion_minutes: 0.5\n"
			   "status: discovered\n"
			   "known_issues:\n"
			   "  - issue: no gnuplot\n"
			   "    frequency: 1\n"
			   "    fix: install it\n"
			   "\n"
			   "# what runs\n"
			   "workflow:\n"
			   "  inputs: {data: {type: file}}\n"
			   "  steps:          # two\n"
			   "    - {id: profile, uses: data_profile}\n"
			   "    - id: chart\n"
			   "      uses: python\n"
			   "      optional: true\n"
			   "      code: |\n"
			   "        # a comment in code\n"
			   "        x = '---'\n"
			   "  baseline: {manual_minutes: 45}\n"
			   "extra:\n"
			   "  deep: [1, 2]\n"
			   "---\n"
			   "# Table review\n"
			   "\n"
			   "Prose with --- and \xc3\xa9.\n";

static void
parse(const char *text, struct pattern *p)
{
	struct err err = ERR_INIT;

	assert_ok(pattern_parse(text, strlen(text), "f.md", p, &err), err);
}

static void
refuses(const char *text, const char *words)
{
	struct pattern p = { .name = NULL };
	struct err err = ERR_INIT;

	assert_fails(pattern_parse(text, strlen(text), "f.md", &p, &err), err,
		     ERR_SYNTAX, words);
	assert_null(p.name);
}

static void
test_reads_every_field(void **state)
{
	AUTO(pattern) p = { 0 };
	char iso[CLOCK_ISO_SIZE];

	(void)state;
	parse(full, &p);
	assert_string_equal(p.id, "table-review-v1");
	assert_string_equal(p.name, "Table review");
	assert_string_equal(p.category, "analytics");
	assert_int_equal(p.keywords.count, 3);
	assert_string_equal(p.steps.items[1], "chart");
	assert_string_equal(clock_iso(p.created_us, iso),
			    "2026-01-02T03:04:05.000000Z");
	assert_int_equal(p.counts.executions, 3);
	assert_int_equal(p.counts.successes, 2);
	assert_true(pattern_rate(&p.counts) == 2.0 / 3.0);
	assert_int_equal(p.status, PATTERN_DISCOVERED);
	assert_int_equal(p.issue_count, 1);
	assert_string_equal(p.issues[0].fix, "install it");
	assert_true(p.baseline_minutes == 45);
	assert_int_equal(p.tool_count, 2);
	assert_string_equal(p.tools[0].name, "data_profile");
	assert_true(p.tools[0].required);
	assert_false(p.tools[1].required);
	assert_string_equal(p.body, "# Table review\n\n"
				    "Prose with --- and \xc3\xa9.\n");
}

/* flow/ parses the raw text; its errors must name lines of the file. */
static void
test_workflow_text_keeps_its_place(void **state)
{
	AUTO(pattern) p = { 0 };
	AUTO_PTR(yaml_doc) doc = NULL;
	const struct yaml_node *steps;
	struct err err = ERR_INIT;

	(void)state;
	parse(full, &p);
	assert_int_equal(p.workflow_line, 26);
	doc = yaml_parse(p.workflow, strlen(p.workflow), "f.md",
			 p.workflow_line, &err);
	assert_non_null(doc);
	steps = yaml_get(yaml_root(doc), "steps");
	assert_int_equal(steps->items[1]->line, 30);
	assert_int_equal(steps->items[1]->column, 7);
	assert_string_equal(yaml_get_str(steps->items[1], "code"),
			    "# a comment in code\nx = '---'\n");
	assert_null(yaml_get(yaml_root(doc), "extra"));
}

static void
replace(char *text, const char *old, const char *new)
{
	char *at = strstr(text, old);
	size_t n = strlen(old), k = strlen(new);

	assert_non_null(at);
	memmove(at + k, at + n, strlen(at + n) + 1);
	memcpy(at, new, k);
}

static void
test_rewrite_touches_only_owned_values(void **state)
{
	AUTO(pattern) p = { 0 };
	AUTO(buf) out = BUF_INIT;
	struct err err = ERR_INIT;
	char want[4096];

	(void)state;
	parse(full, &p);
	p.counts = (struct pattern_counts){ 5, 4, 1, 0.25 };
	p.status = PATTERN_VALIDATED;
	p.last_used_us = INT64_C(1763806340123456);
	pattern_add_issue(&p, "no gnuplot", NULL);
	pattern_add_issue(&p, "a: \"b\"\n\x1b[2J", NULL);
	assert_ok(pattern_format(&p, &out, &err), err);
	snprintf(want, sizeof(want), "%s", full);
	replace(want, "last_used: 2026-01-02T03:04:05Z",
		"last_used: \"2025-11-22T10:12:20.123456Z\"");
	replace(want, "executions: 3 ", "executions: 5 ");
	replace(want, "successful_executions: 2", "successful_executions: 4");
	replace(want, "0.6666666666666666", "0.8");
	replace(want, "minutes: 0.5", "minutes: 0.25");
	replace(want, "status: discovered", "status: validated");
	replace(want,
		"  - issue: no gnuplot\n    frequency: 1\n"
		"    fix: install it\n",
		"  - issue: \"no gnuplot\"\n    frequency: 2\n"
		"    fix: \"install it\"\n"
		"  - issue: \"a: \\\"b\\\"\\n\\u001b[2J\"\n"
		"    frequency: 1\n"
		"    fix: \"Manual investigation required\"\n");
	assert_string_equal(buf_str(&out), want);
}

static void
test_rewrite_without_change_is_the_same(void **state)
{
	static const char *const texts[] = {
		full,
		"---\r\npattern_id: a\r\nname: b\r\n---\r\nbody\r\n",
		"\xef\xbb\xbf---\npattern_id: a\nname: b\n---",
		"---\npattern_id: a\nname: b\nworkflow: {steps: []}\n---\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO(pattern) p = { 0 };
		AUTO(buf) out = BUF_INIT;
		struct err err = ERR_INIT;

		parse(texts[i], &p);
		assert_ok(pattern_format(&p, &out, &err), err);
		assert_string_equal(buf_str(&out), texts[i]);
	}
}

static void
test_rewrite_adds_missing_keys(void **state)
{
	AUTO(pattern) p = { 0 };
	AUTO(buf) out = BUF_INIT;
	struct err err = ERR_INIT;

	(void)state;
	parse("---\r\npattern_id: a\r\nname: b\r\nworkflow:\r\n  steps: []\r\n"
	      "---\r\n\r\nbody",
	      &p);
	p.counts = (struct pattern_counts){ 1, 1, 0, 2 };
	assert_ok(pattern_format(&p, &out, &err), err);
	assert_string_equal(buf_str(&out),
			    "---\r\npattern_id: a\r\nname: b\r\n"
			    "executions: 1\r\nsuccessful_executions: 1\r\n"
			    "success_rate: 1\r\navg_completion_minutes: 2\r\n"
			    "workflow:\r\n  steps: []\r\n---\r\n\r\nbody");
}

/* Values in forms that are replaced as whole entries. */
static void
test_rewrite_of_odd_forms(void **state)
{
	AUTO(pattern) p = { 0 };
	AUTO(pattern) q = { 0 };
	AUTO(buf) out = BUF_INIT;
	struct err err = ERR_INIT;

	(void)state;
	parse("---\n\"pattern_id\": a\nname: >\n  folded\n  name\n"
	      "executions:\n  3\nstatus: \"discovered\"\n"
	      "successful_executions: &n 1\nfailed_executions: 2\n"
	      "minimum: *n\nknown_issues: [\n# none\n]\nlast_used:\n# end\n"
	      "---\n",
	      &p);
	p.counts = (struct pattern_counts){ 4, 1, 3, 0 };
	p.status = PATTERN_DEPRECATED;
	p.last_used_us = 1000000;
	pattern_add_issue(&p, "", NULL);
	assert_ok(pattern_format(&p, &out, &err), err);
	assert_non_null(strstr(buf_str(&out), "name: >\n  folded\n  name\n"));
	assert_non_null(strstr(buf_str(&out), "\n# end\n"));
	assert_non_null(strstr(buf_str(&out), "minimum: *n\n"));
	parse(buf_str(&out), &q);
	assert_int_equal(q.counts.failures, 3);
	assert_int_equal(q.status, PATTERN_DEPRECATED);
	assert_string_equal(q.issues[0].issue, "Unknown error");
}

/* Editing must not tear what it does not understand: an alias of a counter
 * that is replaced whole is refused, the file stays. */
static void
test_rewrite_refuses_what_it_would_tear(void **state)
{
	AUTO(pattern) p = { 0 };
	AUTO(buf) out = BUF_INIT;
	struct err err = ERR_INIT;

	(void)state;
	parse("---\npattern_id: a\nname: b\nexecutions: &n 1\n"
	      "successful_executions: 1\nversion: *n\n---\n",
	      &p);
	p.counts = (struct pattern_counts){ 2, 2, 0, 0 };
	assert_false(pattern_format(&p, &out, &err));
	assert_int_equal(out.len, 0);
	assert_non_null(strstr(err.msg, "a"));
}

static void
test_new_file(void **state)
{
	static const char workflow[] = "---\nname: x\n# c\nsteps:\n- id: a\n"
				       "  uses: bash\n  run: |\n    a\n\n"
				       "      \n    b";
	AUTO(pattern) p;
	AUTO(pattern) q = { 0 };
	AUTO(buf) out = BUF_INIT;
	AUTO_PTR(yaml_doc) doc = NULL;
	struct err err = ERR_INIT;

	(void)state;
	pattern_init(&p);
	free(p.id);
	free(p.name);
	p.id = xstrdup("new-v1");
	p.name = xstrdup("yes");
	strv_add(&p.steps, "a");
	strv_add(&p.keywords, "caf\xc3\xa9:");
	strv_add(&p.keywords, "no");
	p.created_us = 1;
	assert_ok(pattern_set_workflow(&p, workflow, &err), err);
	assert_ok(pattern_format(&p, &out, &err), err);
	parse(buf_str(&out), &q);
	assert_string_equal(q.name, "yes");
	assert_string_equal(q.keywords.items[0], "caf\xc3\xa9:");
	assert_string_equal(q.tools[0].name, "bash");
	doc = yaml_parse(q.workflow, strlen(q.workflow), "f", q.workflow_line,
			 &err);
	assert_string_equal(
		yaml_get_str(yaml_get(yaml_root(doc), "steps")->items[0],
			     "run"),
		"a\n\n  \nb\n");
	assert_false(pattern_set_workflow(&p, "- a\n", &err));
	assert_false(pattern_set_workflow(&p, "a: [", &err));
}

#define HEAD "---\npattern_id: a\nname: b\n"

static void
test_refuses_with_a_place(void **state)
{
	(void)state;
	refuses("", "f.md:1:1: a pattern starts with front matter");
	refuses("# Title\n", "f.md:1:1: a pattern starts");
	refuses("---\npattern_id: a\n", "f.md:1:1: the front matter is not");
	refuses("---\n---\n", "must be a mapping");
	refuses("---\nname: b\n---\n", "pattern_id is missing");
	refuses("---\npattern_id: a\n---\n", "name is missing");
	refuses("---\n{pattern_id: a, name: b}\n---\n", "f.md:2:2: each key");
	refuses("---\npattern_id: ../a\nname: b\n---\n", "f.md:2:13: pattern");
	refuses(HEAD "executions: -1\n---\n", "f.md:4:13: executions must");
	refuses(HEAD "executions: 1.5\n---\n", "f.md:4:13: executions must");
	refuses(HEAD "executions: 2\nsuccessful_executions: 3\n---\n",
		"f.md:4:13: executions must be successful");
	refuses(HEAD "success_rate: 85%\n---\n", "f.md:4:15: success_rate");
	refuses(HEAD "avg_completion_minutes: 2_min\n---\n", "f.md:4:25: ");
	refuses(HEAD "status: done\n---\n", "f.md:4:9: status must be");
	refuses(HEAD "last_used: now\n---\n", "f.md:4:12: last_used must");
	refuses(HEAD "tags: a\n---\n", "f.md:4:7: tags must be a list");
	refuses(HEAD "tags: [[a]]\n---\n", "f.md:4:8: an item of tags");
	refuses(HEAD "known_issues: [a]\n---\n", "f.md:4:16: a known issue");
	refuses(HEAD "workflow: [a]\n---\n", "f.md:4:11: workflow must be");
	refuses(HEAD "\"workflow\": {a: b}\n---\n", "f.md:4:1: write `work");
	refuses(HEAD "x: &x {a: b}\nworkflow: *x\n---\n", "no alias");
	refuses(HEAD "name: c\n---\n", "key \"name\" is here twice");
	refuses(HEAD "a: [\n---\n", "f.md:");
}

static void
test_big_and_binary_files(void **state)
{
	AUTO(buf) big = BUF_INIT;
	struct pattern p;
	struct err err = ERR_INIT;
	AUTO_FREE char *path = path_join(*state, "big.md");

	buf_addstr(&big, HEAD "---\n");
	memset(buf_reserve(&big, PATTERN_LIMIT), 'x', PATTERN_LIMIT);
	big.len += PATTERN_LIMIT;
	test_write(*state, "big.md", big.data, big.len);
	assert_fails(pattern_read(path, &p, &err), err, ERR_TOOBIG, "big.md");
	assert_false(pattern_parse("---\na\0b: c\n---\n", 15, "f", &p, &err));
	assert_false(pattern_parse("---\na: \xff\n---\n", 14, "f", &p, &err));
	/* The prose may be anything. */
	assert_ok(pattern_parse(HEAD "---\n\0\xff", sizeof(HEAD) + 5, "f", &p,
				&err),
		  err);
	assert_int_equal(p.body_len, 2);
	assert_memory_equal(p.body, "\0\xff", 2);
	pattern_release(&p);
}

static void
id_is(const char *task, int version, const char *want)
{
	AUTO_FREE char *id = pattern_id_make(task, version);

	assert_string_equal(id, want);
	assert_true(pattern_id_valid(id));
}

static void
test_ids(void **state)
{
	char longer[2000];

	(void)state;
	id_is("Build REST API with JWT and caching", 1,
	      "build-rest-api-with-jwt-v1");
	id_is("Cr\xc3\xa9"
	      "er l'API: build \"REST\" endpoints",
	      1, "cr-er-l-api-build-rest-endpoints-v1");
	id_is("review ../../etc/passwd, now", 2,
	      "review-.-.-etc-passwd-now-v2");
	id_is(".hidden a..b", 1, "hidden-a.-b-v1");
	id_is("", 1, "pattern-e3b0c442-v1");
	id_is("\xe6\x97\xa5\xe6\x9c\xac", 1, "pattern-cf2abf0c-v1");
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	{
		AUTO_FREE char *id = pattern_id_make(longer, 123456789);

		assert_true(pattern_id_valid(id));
	}
	assert_false(pattern_id_valid(""));
	assert_false(pattern_id_valid("-a"));
	assert_false(pattern_id_valid(".a"));
	assert_false(pattern_id_valid("a/b"));
	assert_false(pattern_id_valid("a..b"));
	assert_false(pattern_id_valid("a b"));
	assert_false(pattern_id_valid(longer));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_every_field),
		cmocka_unit_test(test_workflow_text_keeps_its_place),
		cmocka_unit_test(test_rewrite_touches_only_owned_values),
		cmocka_unit_test(test_rewrite_without_change_is_the_same),
		cmocka_unit_test(test_rewrite_adds_missing_keys),
		cmocka_unit_test(test_rewrite_of_odd_forms),
		cmocka_unit_test(test_rewrite_refuses_what_it_would_tear),
		cmocka_unit_test(test_new_file),
		cmocka_unit_test(test_refuses_with_a_place),
		dir_test(test_big_and_binary_files),
		cmocka_unit_test(test_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
