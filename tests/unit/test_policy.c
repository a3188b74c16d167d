#include "test.h"

#include "flow/policy.h"
#include "tool/tool.h"

/* The table of architecture.md, section 4, written out again by hand. */
static void
the_table(void **state)
{
	static const struct {
		enum risk risk;
		const char *name;
		int limit;
		bool plan, end_review, phases, high_steps, every_step;
		enum sandbox_profile profile;
	} ROWS[] = {
		{ RISK_LOW, "low", 30, false, true, false, false, false,
		  SANDBOX_READ_ONLY },
		{ RISK_MEDIUM, "medium", 10, true, true, false, false, false,
		  SANDBOX_WORKSPACE_WRITE },
		{ RISK_HIGH, "high", 5, true, false, true, true, false,
		  SANDBOX_NETWORK },
		{ RISK_CRITICAL, "critical", 2, true, false, false, false,
		  true, SANDBOX_FULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		const struct policy *p = policy_of(ROWS[i].risk);
		enum risk parsed;

		assert_int_equal(p->risk, ROWS[i].risk);
		assert_string_equal(p->name, ROWS[i].name);
		assert_int_equal(p->iteration_limit, ROWS[i].limit);
		assert_int_equal(!!(p->gates & POLICY_PLAN), ROWS[i].plan);
		assert_int_equal(!!(p->gates & POLICY_END_REVIEW),
				 ROWS[i].end_review);
		assert_int_equal(!!(p->gates & POLICY_PHASES),
				 ROWS[i].phases);
		assert_int_equal(!!(p->gates & POLICY_HIGH_STEPS),
				 ROWS[i].high_steps);
		assert_int_equal(!!(p->gates & POLICY_EVERY_STEP),
				 ROWS[i].every_step);
		assert_int_equal(p->profile, ROWS[i].profile);
		assert_true(risk_parse(ROWS[i].name, &parsed));
		assert_int_equal(parsed, ROWS[i].risk);
	}
	assert_false(risk_parse("none", &(enum risk){ RISK_LOW }));
	assert_false(risk_parse(NULL, &(enum risk){ RISK_LOW }));
}

static void
limits(void **state)
{
	static const int LIMITS[] = { 30, 10, 5, 2 };

	(void)state;
	for (int risk = RISK_LOW; risk <= RISK_CRITICAL; risk++) {
		for (int ext = 0; ext < 3; ext++) {
			int limit = LIMITS[risk] + 10 * ext;

			assert_int_equal(policy_limit(risk, ext), limit);
			assert_true(policy_may_iterate(risk, ext, 0));
			assert_true(policy_may_iterate(risk, ext, limit - 1));
			assert_false(policy_may_iterate(risk, ext, limit));
			assert_false(policy_may_iterate(risk, ext,
							limit + 1));
		}
	}
}

/* gate before a step: [run class][step class][a high step came before] */
static void
gates_before_steps(void **state)
{
	static const char *const WANTED[4][4] = {
		[RISK_LOW] = { "--", "--", "--", "--" },
		[RISK_MEDIUM] = { "--", "--", "--", "--" },
		[RISK_HIGH] = { "--", "--", "-g", "-g" },
		[RISK_CRITICAL] = { "gg", "gg", "gg", "gg" },
	};

	(void)state;
	for (int run = 0; run < 4; run++)
		for (int step = 0; step < 4; step++)
			for (int before = 0; before < 2; before++)
				assert_int_equal(
					policy_gate_before_step(run, step,
								before),
					WANTED[run][step][before] == 'g');
}

/* kind x risk: the levels that cover it, n (none), l, m, h, c */
static void
approval_levels(void **state)
{
	static const char *const WANTED[6][4] = {
		[GATE_APPROVE] = { "lmhc", "mhc", "hc", "c" },
		[GATE_PLAN] = { "lmhc", "mhc", "hc", "c" },
		[GATE_REVIEW] = { "lmhc", "mhc", "hc", "c" },
		[GATE_LIMIT] = { "", "", "", "" },
		[GATE_FORM] = { "", "", "", "" },
		[GATE_INTERRUPTED] = { "", "", "", "" },
	};

	(void)state;
	for (int kind = 0; kind < 6; kind++)
		for (int risk = 0; risk < 4; risk++)
			for (int level = APPROVE_NONE; level < 4; level++) {
				char c = "nlmhc"[level + 1];
				bool covers = strchr(WANTED[kind][risk], c);

				if (policy_covers(level, kind, risk) != covers)
					fail_msg("%s %s %c",
						 gate_kind_name(kind),
						 risk_name(risk), c);
			}
}

static void
decisions_by_kind(void **state)
{
	static const struct {
		enum gate_kind kind;
		const char *name, *decisions;
	} ROWS[] = {
		{ GATE_APPROVE, "approve", "approve, reject or iterate" },
		{ GATE_PLAN, "plan", "approve, reject or iterate" },
		{ GATE_REVIEW, "review", "approve, reject or iterate" },
		{ GATE_LIMIT, "limit", "approve or reject" },
		{ GATE_FORM, "form", "approve or reject" },
		{ GATE_INTERRUPTED, "interrupted",
		  "retry, mark-done, skip or abort" },
	};
	enum decision d;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		AUTO_FREE char *text = gate_decisions_text(ROWS[i].kind);
		enum gate_kind parsed;

		assert_string_equal(gate_kind_name(ROWS[i].kind),
				    ROWS[i].name);
		assert_true(gate_kind_parse(ROWS[i].name, &parsed));
		assert_int_equal(parsed, ROWS[i].kind);
		assert_string_equal(text, ROWS[i].decisions);
	}
	assert_false(gate_kind_parse("yes", &(enum gate_kind){ 0 }));
	assert_true(decision_parse("mark-done", &d));
	assert_int_equal(d, DECISION_MARK_DONE);
	assert_string_equal(decision_name(DECISION_ITERATE), "iterate");
	assert_false(decision_parse("yes", &d));
	assert_true(gate_decisions(GATE_INTERRUPTED) & DECISION_RETRY);
	assert_false(gate_decisions(GATE_LIMIT) & DECISION_RETRY);
}

static const struct {
	const char *what;
	struct policy_facts facts;
	enum risk risk;
	const char *reason;
} CLASSES[] = {
	{ "a reading tool",
	  { .tool_known = true },
	  RISK_LOW, "only reads" },
	{ "code, read-only",
	  { .tool_known = true, .code = true },
	  RISK_LOW, "only reads" },
	{ "rm, read-only: the sandbox holds it",
	  { .tool_known = true, .code = true, .command = "rm -rf /" },
	  RISK_LOW, "only reads" },
	{ "nothing known",
	  { .tool_known = false },
	  RISK_MEDIUM, "unknown" },
	{ "code that may write",
	  { .tool_known = true, .code = true,
	    .profile = SANDBOX_WORKSPACE_WRITE },
	  RISK_MEDIUM, "may write files" },
	{ "a writing tool",
	  { .tool_known = true, .effects = TOOL_WRITES,
	    .profile = SANDBOX_WORKSPACE_WRITE },
	  RISK_MEDIUM, "may write files" },
	{ "a tool that fetches",
	  { .tool_known = true, .effects = TOOL_NETWORK },
	  RISK_MEDIUM, "reaches the network" },
	{ "code with network",
	  { .tool_known = true, .code = true, .profile = SANDBOX_NETWORK },
	  RISK_HIGH, "runs code that may reach the network" },
	{ "a destructive tool",
	  { .tool_known = true, .effects = TOOL_DESTRUCTIVE },
	  RISK_HIGH, "may destroy data" },
	{ "a destructive command",
	  { .tool_known = true, .code = true,
	    .profile = SANDBOX_WORKSPACE_WRITE,
	    .command = "cd x && terraform  apply -auto-approve" },
	  RISK_HIGH, "shell command" },
	{ "a word that only looks like one",
	  { .tool_known = true, .code = true,
	    .profile = SANDBOX_WORKSPACE_WRITE,
	    .command = "./confirm farm.csv rmx dd2" },
	  RISK_MEDIUM, "may write files" },
	{ "no sandbox",
	  { .tool_known = true, .profile = SANDBOX_FULL },
	  RISK_HIGH, "without a sandbox" },
	{ "writing in production",
	  { .tool_known = true, .effects = TOOL_WRITES, .production = true },
	  RISK_CRITICAL, "production" },
	{ "reading in production",
	  { .tool_known = true, .production = true },
	  RISK_LOW, "only reads" },
	{ "unknown in production",
	  { .tool_known = false, .production = true },
	  RISK_CRITICAL, "production" },
	{ "raised by the file",
	  { .tool_known = true, .declared = RISK_HIGH },
	  RISK_HIGH, "declared in the file" },
	{ "not lowered by the file",
	  { .tool_known = true, .effects = TOOL_DESTRUCTIVE,
	    .declared = RISK_MEDIUM },
	  RISK_HIGH, "may destroy data" },
};

static void
classifier(void **state)
{
	AUTO(policy_class) c = POLICY_CLASS_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(CLASSES); i++) {
		policy_classify(&CLASSES[i].facts, &c);
		assert_true(c.reasons.count >= 1);
		if (c.risk != CLASSES[i].risk ||
		    !strstr(c.reasons.items[0], CLASSES[i].reason))
			fail_msg("%s: %s, %s", CLASSES[i].what,
				 risk_name(c.risk), c.reasons.items[0]);
	}
}

/* More facts never give a lower class. */
static void
facts_only_raise(void **state)
{
	AUTO(policy_class) less = POLICY_CLASS_INIT;
	AUTO(policy_class) more = POLICY_CLASS_INIT;

	(void)state;
	for (unsigned bits = 0; bits < 1024; bits++) {
		struct policy_facts f = {
			.tool_known = true,
			.effects = bits & 7,
			.profile = (bits >> 3) & 3,
			.code = (bits >> 5) & 1,
			.production = (bits >> 6) & 1,
			.declared = (bits >> 7) & 3,
			.command = (bits >> 9) & 1 ? "rm x" : NULL,
		};
		struct policy_facts raised[] = { f, f, f, f, f };

		raised[0].effects |= TOOL_WRITES;
		raised[1].effects |= TOOL_NETWORK;
		raised[2].effects |= TOOL_DESTRUCTIVE;
		raised[3].production = true;
		raised[4].tool_known = false;
		policy_classify(&f, &less);
		assert_true(less.risk >= f.declared);
		for (size_t i = 0; i < ARRAY_LEN(raised); i++) {
			policy_classify(&raised[i], &more);
			assert_true(more.risk >= less.risk);
		}
	}
}

static void
production_words(void **state)
{
	static const struct {
		const char *key, *value;
		bool yes;
	} ROWS[] = {
		{ "environment", "production", true },
		{ "environment", "Production", true },
		{ "env", "prod", true },
		{ "target_env", "prod", true },
		{ "host", "db1.prod.example", true },
		{ "cluster", "eu-prod-3", true },
		{ "stage", "live", true },
		{ "environment", "staging", false },
		{ "environment", "reproduction", false },
		{ "environment", "product", false },
		{ "title", "production", false },
		{ "environment", "", false },
		{ NULL, "production", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++)
		if (policy_production(ROWS[i].key, ROWS[i].value) !=
		    ROWS[i].yes)
			fail_msg("%s: %s", ROWS[i].key, ROWS[i].value);
}

static void
reasons_are_kept_in_order(void **state)
{
	AUTO(policy_class) c = POLICY_CLASS_INIT;

	(void)state;
	policy_raise(&c, RISK_MEDIUM, "second");
	policy_raise(&c, RISK_HIGH, "first");
	policy_raise(&c, RISK_LOW, "third");
	assert_int_equal(c.risk, RISK_HIGH);
	assert_int_equal(c.reasons.count, 3);
	assert_string_equal(c.reasons.items[0], "first");
	assert_string_equal(c.reasons.items[1], "second");
	assert_string_equal(c.reasons.items[2], "third");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table),
		cmocka_unit_test(limits),
		cmocka_unit_test(gates_before_steps),
		cmocka_unit_test(approval_levels),
		cmocka_unit_test(decisions_by_kind),
		cmocka_unit_test(classifier),
		cmocka_unit_test(facts_only_raise),
		cmocka_unit_test(production_words),
		cmocka_unit_test(reasons_are_kept_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
