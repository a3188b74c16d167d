/*
 * Files of v0.2.0 and of its plans (shared/brief, section 2, names them A to
 * E): what is read, and that all of it is in the front matter that replaces
 * them.
 */
#include "test.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/yaml.h"
#include "know/pattern.h"

/* As PyYAML writes it: lists not indented, escapes, folds, '' for '. */
static const char nested[] =
	"pattern:\n"
	"  id: build-rest-api-with-jwt-v1\n"
	"  name: 'Build REST API with JWT: it''s caching'\n"
	"  description: \"Cr\\xE9"
	"er une API \\\n"
	"    \\ REST \\u2192 JSON\"\n"
	"  domain: web-development\n"
	"  subdomain: ''\n"
	"  task_keywords:\n"
	"  - build\n"
	"  - rest\n"
	"  plugin_sequence:\n"
	"  - plugin: express-api-generator\n"
	"    purpose: a long purpose that is folded by the writer because it\n"
	"      does not fit\n"
	"    avg_time: 2_min\n"
	"    success_rate: 1.0\n"
	"  - plugin: jwt-auth\n"
	"    purpose: tokens\n"
	"    avg_time: 3\n"
	"    success_rate: 0.0\n"
	"  metrics:\n"
	"    total_executions: 3\n"
	"    successful_executions: 2\n"
	"    failed_executions: 1\n"
	"    success_rate: 0.6666666666666666\n"
	"    avg_completion_time: 11.5_min\n"
	"  known_issues:\n"
	"  - issue: 'Port: in use'\n"
	"    frequency: 2\n"
	"    fix: Manual investigation required\n"
	"  environment_requirements:\n"
	"  - NODE_ENV: production\n"
	"  - redis\n"
	"  tags: []\n"
	"  last_updated: '2025-11-07T10:11:12.123456Z'\n"
	"  created: 2025-11-07T10:11:12Z\n";

static const char flat[] =
	"# a sample of the tests\n"
	"pattern_id: etl-v1\nname: ETL\ndescription: Moves rows\n"
	"category: data-engineering\nworkflow_steps: [extract, load]\n"
	"created_at: 2025-11-07\nlast_used: 2025-11-08 09:00:00+02:00\n"
	"executions: 1_000\nsuccess_rate: 0.9\nstatus: validated\n";

static const char markdown[] =
	"---\npattern_id: pat_2025-11-07_simple_rest_api_health\n"
	"created: 2025-11-07T12:00:00Z\ncategory: api-development\n"
	"subcategory: rest\nsuccess_rate: 1.0\nexecutions: 1\n"
	"last_used: 2025-11-07T12:00:00Z\nvalidated: yes\n"
	"status: discovered\n---\n\n"
	"# Pattern: Simple REST API with Health Check\n\n"
	"### Step 1: Scaffold\n**Plugin:** a\n\n"
	"### Step 2: Test (Optional)\n**Plugin:** b\n";

static const char bold[] =
	"# Discovered Pattern: Grafana Dashboards\n\n"
	"**Pattern ID:** `pat_2025-11-08_grafana`\n"
	"**Date Discovered:** 2025-11-08\n"
	"**Category:** monitoring-visualization\n"
	"**Success Rate:** 1.0 (100%)\n"
	"**Executions:** 1 (documented example)\n"
	"**Average Time:** 15-20 minutes\n\n## Pattern Summary\nLooks.\n";

static const char document[] =
	"pattern:\n  id: a/../../etc/passwd\n  name: Template\n"
	"  version: 2.1.0\n  created: 2025-01-02\n  status: deprecated\n"
	"description:\n  short: Short\n  full: |\n    All of it,\n"
	"    in lines\n  use_cases: [x]\n"
	"classification: {domain: devops, complexity: moderate}\n"
	"keywords:\n  primary: [deploy]\n  secondary: [docker, k8s]\n"
	"sequence:\n  - step: 1\n    plugin: docker-builder\n"
	"metrics:\n  total_executions: 10\n  successful_executions: 5\n"
	"  failed_executions: 5\n  timing: {avg_completion_time: 90 seconds}\n"
	"environment:\n  dependencies:\n    - {name: docker, type: system}\n"
	"tags: [a, b]\n";

static const char plan_1[] =
	"name: Grafana Dashboard Generation with Visual Feedback\n"
	"domain: observability\nplugins: [grafana-designer, validator]\n"
	"steps:\n  1: Generate initial layout\n  2: Take screenshot\n"
	"success_rate: 85%\niterations: 3-5 avg\nexecution_count: 2\n";

static const char plan_2[] =
	"name: Strategic MCP vs Code Execution (Analytics Use Case)\n"
	"discovery: OpenAI analytics agent comparison\n"
	"decision_tree: |\n  IF task is data analytics AND read-only:\n"
	"    \xe2\x86\x92 Use code execution\n"
	"validation: Compared both\n";

struct wanted {
	const char *text, *file, *id, *name, *category, *first_step;
	int64_t executions, successes;
	double minutes;
	enum pattern_status status;
	size_t steps, keywords;
	const char *kept; /* stands in the file that replaces it */
};

static const struct wanted all[] = {
	{ nested, "a.yaml", "build-rest-api-with-jwt-v1",
	  "Build REST API with JWT: it's caching", "web-development",
	  "express-api-generator", 3, 2, 11.5, PATTERN_DISCOVERED, 2, 2,
	  "    avg_time: 2_min\n" },
	{ flat, "b.yaml", "etl-v1", "ETL", "data-engineering", "extract", 1000,
	  900, 0, PATTERN_LEARNED, 2, 0, "  # a sample of the tests\n" },
	{ markdown, "2025-11-07-simple.md",
	  "pat_2025-11-07_simple_rest_api_health",
	  "Simple REST API with Health Check", "api-development", "Scaffold", 1,
	  1, 0, PATTERN_DISCOVERED, 2, 0, "subcategory: rest\n" },
	{ bold, "d.md", "pat_2025-11-08_grafana", "Grafana Dashboards",
	  "monitoring-visualization", NULL, 1, 1, 17.5, PATTERN_DISCOVERED, 0,
	  0, "## Pattern Summary\nLooks.\n" },
	{ document, "e.yaml", "a-.-.-etc-passwd", "Template", "devops",
	  "docker-builder", 10, 5, 1.5, PATTERN_DEPRECATED, 1, 3,
	  "complexity: moderate" },
	{ plan_1, "grafana-dashboard.md", "grafana-dashboard",
	  "Grafana Dashboard Generation with Visual Feedback", "observability",
	  "Generate initial layout", 2, 2, 0, PATTERN_DISCOVERED, 2, 0,
	  "  iterations: 3-5 avg\n" },
	{ plan_2, "/x/strategic mcp.md", "strategic-mcp",
	  "Strategic MCP vs Code Execution (Analytics Use Case)", "", NULL, 0,
	  0, 0, PATTERN_DISCOVERED, 0, 0,
	  "    IF task is data analytics AND read-only:\n" },
};

static void
check(const struct pattern *p, const struct wanted *w)
{
	assert_string_equal(p->id, w->id);
	assert_true(pattern_id_valid(p->id));
	assert_string_equal(p->name, w->name);
	assert_string_equal(p->category, w->category);
	assert_int_equal(p->counts.executions, w->executions);
	assert_int_equal(p->counts.successes, w->successes);
	assert_true(p->counts.avg_minutes == w->minutes);
	assert_int_equal(p->status, w->status);
	assert_int_equal(p->steps.count, w->steps);
	assert_int_equal(p->keywords.count, w->keywords);
	if (w->first_step)
		assert_string_equal(p->steps.items[0], w->first_step);
	assert_null(p->workflow);
	assert_non_null(strstr(p->format, "v0.2.0"));
}

/* Read, counted up, written, read again and written again. */
static void
test_formats(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		const struct wanted *w = &all[i];
		struct wanted later = *w;
		AUTO(pattern) p = { 0 };
		AUTO(pattern) q = { 0 };
		AUTO(buf) once = BUF_INIT;
		AUTO(buf) twice = BUF_INIT;
		struct err err = ERR_INIT;

		assert_ok(pattern_parse(w->text, strlen(w->text), w->file, &p,
					&err),
			  err);
		check(&p, w);
		later.executions = ++p.counts.executions;
		later.successes = ++p.counts.successes;
		assert_ok(pattern_format(&p, &once, &err), err);
		assert_true(str_starts(buf_str(&once), "---\npattern_id: "));
		if (!strstr(buf_str(&once), w->kept))
			fail_msg("%s lost \"%s\":\n%s", w->file, w->kept,
				 buf_str(&once));
		assert_ok(pattern_parse(buf_str(&once), once.len, "new.md", &q,
					&err),
			  err);
		if (w->text != bold) /* front matter with prose from now on */
			check(&q, &later);
		assert_int_equal(q.created_us, p.created_us);
		assert_ok(pattern_format(&q, &twice, &err), err);
		assert_string_equal(buf_str(&once), buf_str(&twice));
	}
}

/* Every key and value of the YAML is below `original`, as it was. */
static void
test_nothing_is_lost(void **state)
{
	AUTO(pattern) p = { 0 };
	AUTO(buf) out = BUF_INIT;
	AUTO_PTR(yaml_doc) before = NULL;
	AUTO_PTR(yaml_doc) after = NULL;
	AUTO_JSON *was = NULL;
	AUTO_JSON *is = NULL;
	const char *end;
	struct err err = ERR_INIT;

	(void)state;
	assert_ok(pattern_parse(nested, strlen(nested), "a.yaml", &p, &err),
		  err);
	assert_ok(pattern_format(&p, &out, &err), err);
	end = strstr(buf_str(&out), "\n---\n");
	before = yaml_parse(nested, strlen(nested), "a", 1, &err);
	after = yaml_parse(buf_str(&out), (size_t)(end + 1 - buf_str(&out)),
			   "b", 1, &err);
	assert_non_null(before);
	assert_non_null(after);
	was = yaml_to_json(yaml_root(before));
	is = yaml_to_json(yaml_get(yaml_root(after), "original"));
	assert_true(cJSON_Compare(was, is, true));
}

static void
test_details(void **state)
{
	char iso[CLOCK_ISO_SIZE];
	AUTO(pattern) a = { 0 };
	AUTO(pattern) b = { 0 };
	struct err err = ERR_INIT;

	(void)state;
	assert_ok(pattern_parse(nested, strlen(nested), "a.yaml", &a, &err),
		  err);
	assert_string_equal(a.description,
			    "Cr\xc3\xa9"
			    "er une API  REST \xe2\x86\x92 JSON");
	assert_int_equal(a.issue_count, 1);
	assert_string_equal(a.issues[0].issue, "Port: in use");
	assert_int_equal(a.issues[0].frequency, 2);
	assert_int_equal(a.environment.count, 2);
	assert_string_equal(a.environment.items[0], "NODE_ENV");
	assert_string_equal(clock_iso(a.last_used_us, iso),
			    "2025-11-07T10:11:12.123456Z");
	assert_ok(pattern_parse(flat, strlen(flat), "b.yaml", &b, &err), err);
	assert_string_equal(clock_iso(b.last_used_us, iso),
			    "2025-11-08T07:00:00.000000Z");
}

static void
refuses(const char *text, const char *file, const char *words)
{
	struct pattern p = { 0 };
	struct err err = ERR_INIT;

	assert_fails(pattern_parse(text, strlen(text), file, &p, &err), err,
		     ERR_SYNTAX, words);
}

static void
test_refuses_with_words(void **state)
{
	(void)state;
	refuses("pattern: [\n", "f.yaml", "f.yaml:");
	refuses("- a\n", "f.yaml", "f.yaml:1:1: a pattern must be a mapping");
	refuses("pattern:\n  id: a\n  metrics: {total_executions: 1,\n"
		"    successful_executions: 2, failed_executions: 0}\n",
		"f.yaml", "total executions (1) must be successful (2)");
	refuses("name: a\nname: b\n", "f.md", "here twice");
	refuses("name: !!python/object:os.system x\n", "f.md", "f.md:1:");
	refuses("---\npattern_id: a\n", "f.md", "front matter is not closed");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_nothing_is_lost),
		cmocka_unit_test(test_details),
		cmocka_unit_test(test_refuses_with_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
