/* What a gate tells its approver, by kind. */
#include "cli/gate_text.h"
#include "test.h"

static void
assert_text(enum gate_kind kind, const char *shown, const char *wanted)
{
	AUTO(strv) lines = STRV_INIT;
	AUTO(buf) all = BUF_INIT;

	gate_text(kind, shown, "/run", &lines);
	for (size_t i = 0; i < lines.count; i++)
		buf_printf(&all, "%s\n", lines.items[i]);
	assert_string_equal(buf_str(&all), wanted);
}

static void
test_plan(void **state)
{
	(void)state;
	assert_text(GATE_PLAN,
		    "{\"sandbox\":\"off\",\"inputs\":{\"n\":1},\"steps\":[{"
		    "\"id\":\"a\",\"risk\":\"high\",\"tool\":\"bash\","
		    "\"profile\":\"network\",\"hosts\":[\"x.org\",\"y.org\"],"
		    "\"fallback\":{\"tool\":\"chart\","
		    "\"profile\":\"read-only\"}}]}",
		    "THE SANDBOX IS OFF: programs run unconfined\n"
		    "inputs {\"n\":1}\n"
		    "step a (high): bash, sandbox network, hosts x.org, y.org\n"
		    "step a, fallback: chart, sandbox read-only\n");
}

static void
test_step(void **state)
{
	(void)state;
	assert_text(GATE_APPROVE,
		    "{\"title\":\"Publish\",\"tool\":\"write_file\","
		    "\"profile\":\"workspace-write\",\"risk\":\"medium\","
		    "\"reasons\":[\"writes\"],\"args\":{\"path\":\"x\"}}",
		    "Publish: write_file, sandbox workspace-write\n"
		    "risk medium: writes\n"
		    "arguments {\"path\":\"x\"}\n");
}

/* The beginning of a program is shown, and that there is more. */
static void
test_code(void **state)
{
	AUTO(buf) shown = BUF_INIT, wanted = BUF_INIT;

	(void)state;
	buf_addstr(&shown, "{\"title\":\"t\",\"tool\":\"bash\","
			   "\"profile\":\"read-only\",\"risk\":\"low\","
			   "\"command\":\"");
	buf_addstr(&wanted, "t: bash, sandbox read-only\nrisk low: \n");
	for (int i = 0; i < 20; i++) {
		buf_printf(&shown, "echo %d\\n", i);
		if (i < 12)
			buf_printf(&wanted, "  | echo %d\n", i);
	}
	buf_addstr(&shown, "\"}");
	buf_addstr(&wanted, "  | ... (all of it: --json)\n");
	assert_text(GATE_APPROVE, buf_str(&shown), buf_str(&wanted));
}

/* What changed since a person asked for more, in their words and in one
 * line that has an end. */
static void
test_changes(void **state)
{
	AUTO(buf) many = BUF_INIT;
	AUTO(buf) wanted = BUF_INIT;

	(void)state;
	assert_text(
		GATE_REVIEW,
		"{\"artifacts\":[],\"steps\":[],\"since\":8,\"comment\":\"as bars\","
		"\"changed\":["
		"{\"step\":null,\"item\":-1,\"what\":\"input\",\"key\":\"n\","
		"\"before\":1,\"after\":5},"
		"{\"step\":\"chart\",\"item\":2,\"what\":\"argument\","
		"\"key\":\"kind\",\"before\":\"line\",\"after\":\"bar\"},"
		"{\"step\":\"chart\",\"item\":2,\"what\":\"argument\","
		"\"key\":\"y\",\"before\":null,\"after\":[\"a\",\"b\"]},"
		"{\"step\":\"chart\",\"item\":2,\"what\":\"findings\","
		"\"key\":null,\"before\":1,\"after\":0},"
		"{\"step\":\"sum\",\"item\":-1,\"what\":\"artifact\","
		"\"key\":\"table\",\"before\":null,\"after\":\"12\"}]}",
		"asked for: as bars\n"
		"since iteration 8: input n 1 -> 5; chart[2] kind line -> bar; "
		"chart[2] y none -> a, b; chart[2] findings 1 -> 0; "
		"sum artifact table is new\n");
	assert_text(GATE_REVIEW, "{\"since\":3,\"changed\":[]}",
		    "since iteration 3: nothing changed\n");
	buf_addstr(&many, "{\"since\":3,\"changed\":[");
	buf_addstr(&wanted, "since iteration 3: ");
	for (int i = 0; i < 15; i++) {
		buf_printf(&many,
			   "%s{\"step\":\"s\",\"item\":%d,\"what\":\"artifact\","
			   "\"key\":\"k\",\"before\":\"1\",\"after\":\"2\"}",
			   i ? "," : "", i);
		if (i < 12)
			buf_printf(&wanted, "%ss[%d] artifact k changed",
				   i ? "; " : "", i);
	}
	buf_addstr(&many, "]}");
	buf_addstr(&wanted, "; and 3 more\n");
	assert_text(GATE_REVIEW, buf_str(&many), buf_str(&wanted));
}

static void
test_others(void **state)
{
	static const char result[] =
		"{\"artifacts\":[{\"name\":\"c\",\"step\":\"s\","
		"\"sha256\":\"12ab\",\"file\":\"x.png\",\"findings\":["
		"{\"check\":\"blank\",\"ok\":true,\"message\":\"\"},"
		"{\"check\":\"overlap\",\"ok\":false,\"message\":\"m\"}]}],"
		"\"steps\":[{\"id\":\"s\",\"outcome\":\"done\"},"
		"{\"id\":\"u\",\"outcome\":\"failed\",\"reason\":\"r\"}]}";
	static const char told[] = "s, c: /run/artifacts/12ab.png\n"
				   "  overlap: m\n"
				   "step u: failed r\n";

	(void)state;
	assert_text(GATE_REVIEW, result, told);
	assert_text(GATE_APPROVE, result, told); /* between phases */
	assert_text(GATE_LIMIT,
		    "{\"incomplete\":[\"a\",\"b\"],\"errors\":[],"
		    "\"next\":\"a\"}",
		    "incomplete: a, b\nnext would be: a\n");
	assert_text(GATE_FORM,
		    "{\"problem\":\"p\",\"fields\":[{\"name\":\"k\",\"type\":"
		    "\"select\",\"prompt\":\"Kind\",\"options\":[\"x\","
		    "\"y\"]}]}",
		    "problem: p\n--set k=... (select: x, y) Kind\n");
	assert_text(GATE_INTERRUPTED,
		    "{\"attempt\":2,\"tool\":\"bash\",\"profile\":"
		    "\"read-only\",\"error\":\"exit 3\"}",
		    "attempt 2: bash, sandbox read-only\nerror: exit 3\n");
}

/* An old or edited journal may show anything. */
static void
test_nonsense(void **state)
{
	(void)state;
	assert_text(GATE_PLAN, NULL, "");
	assert_text(GATE_PLAN, "[1]", "");
	assert_text(GATE_PLAN, "{\"steps\":[7]}", "step  (): , sandbox \n");
	assert_text(GATE_FORM, "{\"fields\":{\"a\":1}}", "--set =... () \n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan),   cmocka_unit_test(test_step),
		cmocka_unit_test(test_code),   cmocka_unit_test(test_others),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
