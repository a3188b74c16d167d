/*
 * What a person changes when a gate is answered with iterate: arguments of a
 * step or of one item, the plan, and what the next review says of it. The
 * pure core alone; tests/e2e/iterate.sh does it with the real program.
 */
#include "run_core.h"

#include "run/changed.h"
#include "run/iterate.h"

#define CHARTS \
	"name: charts\n" \
	"inputs: {n: {type: number, default: 1, max: 9}, note: {}}\n" \
	"steps:\n" \
	"  - {id: list, uses: data_profile, with: {path: x}}\n" \
	"  - id: chart\n" \
	"    needs: [list]\n" \
	"    foreach: \"{{ steps.list.data.items | default(['a', 'b'," \
	" 'c']) }}\"\n" \
	"    uses: chart\n" \
	"    with: {data: d.csv, kind: line, x: \"{{ item }}\"}\n" \
	"    review: true\n" \
	"  - {id: report, needs: [chart], code: 'pass'}\n" \
	"  - {id: other, uses: data_profile, with: {path: y}}\n"

/* An item that left one picture with so many findings. */
static void
end_chart(struct core *c, int item, const char *sha256, int bad)
{
	struct event made = { .type = EV_artifact_created };
	struct event seen = { .type = EV_visual_checked };
	int i = workflow_find(c->s->workflow, "chart");
	AUTO(buf) findings = BUF_INIT;

	made.artifact_created.step = seen.visual_checked.step = "chart";
	made.artifact_created.item = seen.visual_checked.item = item;
	made.artifact_created.attempt = seen.visual_checked.attempt =
		c->s->steps[i].items[item].attempt;
	made.artifact_created.name = "picture";
	made.artifact_created.sha256 = seen.visual_checked.sha256 = sha256;
	core_apply(c, &made);
	buf_addstr(&findings, "[{\"check\":\"blank\",\"ok\":true}");
	for (int k = 0; k < bad; k++)
		buf_addstr(&findings, ",{\"check\":\"cut\",\"ok\":false}");
	buf_addch(&findings, ']');
	seen.visual_checked.findings = buf_str(&findings);
	seen.visual_checked.ok = bad == 0;
	core_apply(c, &seen);
	core_end_item(c, "chart", item, "ok", NULL);
}

/* To the first review: three charts were drawn. */
static void
to_review(struct core *c, const char *options)
{
	core_begin(c, options, CHARTS, "{}");
	core_ok(c, "list");
	core_ok(c, "other");
	end_chart(c, 0, "a1", 0);
	end_chart(c, 1, "b1", 1);
	end_chart(c, 2, "c1", 0);
	core_ok(c, "report");
	assert_int_equal(run_open_gate(c->s)->kind, GATE_REVIEW);
	core_forget(c);
}

static void
answer(struct core *c, const char *values, const char *comment)
{
	struct event e = { .type = EV_gate_decided };

	e.gate_decided.gate = run_open_gate(c->s)->number;
	e.gate_decided.decision = "iterate";
	e.gate_decided.by = "ann";
	e.gate_decided.comment = comment;
	e.gate_decided.values = values;
	core_apply(c, &e);
	core_go(c);
}

#define assert_args(c, wanted) \
	assert_string_equal((c)->last[EV_step_started].step_started.args, \
			    wanted)

static void
test_one_item(void **state)
{
	AUTO(core) c;

	(void)state;
	to_review(&c, "{}");
	answer(&c,
	       "{\"step\":\"chart\",\"item\":1,\"with\":{\"kind\":\"bar\","
	       "\"width\":900,\"x\":null}}",
	       "as bars");
	core_expect(&c, "plan.accepted\niteration.started 5/30 chart[1]\n"
			"step.started chart[1] chart #2\n");
	assert_args(&c, "{\"data\":\"d.csv\",\"kind\":\"bar\",\"width\":900}");
	assert_int_equal(c.s->steps[1].items[0].status, ITEM_DONE);
	assert_int_equal(c.s->steps[1].items[2].status, ITEM_DONE);
	assert_int_equal(core_outcome(&c, "chart"), ITEM_WAITING);
	assert_int_equal(core_outcome(&c, "report"), ITEM_WAITING);
	assert_int_equal(core_outcome(&c, "other"), ITEM_DONE);
	end_chart(&c, 1, "b2", 0);
	core_expect(&c, "iteration.started 6/30 report\n"
			"step.started report python #2\n");
	core_ok(&c, "report");
	assert_int_equal(run_open_gate(c.s)->number, 2);
	core_answer(&c, 2, "approve", NULL);
	core_ends(&c, "succeeded", 0);
}

/* Without an item all of them; what is said of all replaces what was said of
 * one, and a later answer what an earlier one said. */
static void
test_all_items(void **state)
{
	AUTO(core) c;

	(void)state;
	to_review(&c, "{\"jobs\":1}");
	answer(&c,
	       "{\"step\":\"chart\",\"item\":0,\"with\":{\"kind\":\"bar\","
	       "\"width\":900}}",
	       NULL);
	end_chart(&c, 0, "a2", 0);
	core_ok(&c, "report");
	core_forget(&c);
	answer(&c, "{\"step\":\"chart\",\"with\":{\"kind\":\"histogram\"}}",
	       NULL);
	core_expect(&c, "plan.accepted\nstep.expanded\n"
			"iteration.started 7/30 chart\n"
			"step.started chart[0] chart #3\n");
	assert_args(&c, "{\"data\":\"d.csv\",\"kind\":\"histogram\","
			"\"x\":\"a\",\"width\":900}");
	end_chart(&c, 0, "a3", 0);
	assert_args(&c, "{\"data\":\"d.csv\",\"kind\":\"histogram\","
			"\"x\":\"b\"}");
	end_chart(&c, 1, "b2", 0);
	end_chart(&c, 2, "c2", 0);
	core_ok(&c, "report");
	answer(&c,
	       "{\"step\":\"chart\",\"item\":1,\"with\":"
	       "{\"kind\":\"line\"}}",
	       NULL);
	assert_args(&c, "{\"data\":\"d.csv\",\"kind\":\"line\",\"x\":\"b\"}");
}

/* What was said of an item was said of its element. */
static void
test_another_list(void **state)
{
	struct event e = { .type = EV_step_finished };
	AUTO(core) c;

	(void)state;
	to_review(&c, "{\"jobs\":1}");
	answer(&c,
	       "{\"step\":\"chart\",\"item\":0,\"with\":"
	       "{\"kind\":\"bar\"}}",
	       NULL);
	end_chart(&c, 0, "a2", 0);
	core_ok(&c, "report");
	answer(&c, "{\"step\":\"list\"}", NULL);
	e.step_finished.step = "list";
	e.step_finished.item = -1;
	e.step_finished.attempt = 2;
	e.step_finished.outcome = "ok";
	e.step_finished.data = "{\"items\":[\"z\",\"a\"]}";
	core_apply(&c, &e);
	core_go(&c);
	assert_args(&c, "{\"data\":\"d.csv\",\"kind\":\"line\",\"x\":\"z\"}");
	end_chart(&c, 0, "z1", 0);
	end_chart(&c, 1, "a3", 0);
	core_ok(&c, "report");
	/* A new word about this place forgets the old element's. */
	answer(&c,
	       "{\"step\":\"chart\",\"item\":0,\"with\":"
	       "{\"width\":500}}",
	       NULL);
	assert_args(&c, "{\"data\":\"d.csv\",\"kind\":\"line\",\"x\":\"z\","
			"\"width\":500}");
}

static void
test_resume_keeps_arguments(void **state)
{
	AUTO(core) c;

	(void)state;
	to_review(&c, "{}");
	answer(&c,
	       "{\"step\":\"chart\",\"item\":2,\"with\":"
	       "{\"kind\":\"bar\"}}",
	       NULL);
	core_forget(&c);
	core_resume(&c);
	core_expect(&c, "step.started chart[2] chart #2\n");
	assert_args(&c, "{\"data\":\"d.csv\",\"kind\":\"bar\",\"x\":\"c\"}");
	core_end_item(&c, "chart", 2, "ok", NULL);
	assert_int_equal(core_outcome(&c, "chart"), ITEM_DONE);
}

static void
test_comment_is_a_value(void **state)
{
	AUTO(core) c;
	AUTO_JSON *before = NULL;
	AUTO_JSON *after = NULL;

	(void)state;
	to_review(&c, "{}");
	before = run_item_values(c.s, 2, 0, 1);
	assert_string_equal(json_str(json_get(before, "iterate"), "comment"),
			    "");
	answer(&c, "{\"step\":\"report\"}", "shorter please");
	after = run_item_values(c.s, 2, 0, 2);
	assert_string_equal(json_str(json_get(after, "iterate"), "comment"),
			    "shorter please");
}

static void
test_what_changed(void **state)
{
	static const char wanted[] =
		"[{\"step\":null,\"item\":-1,\"what\":\"input\",\"key\":\"n\","
		"\"before\":1,\"after\":5},"
		"{\"step\":\"chart\",\"item\":1,\"what\":\"argument\","
		"\"key\":\"kind\",\"before\":\"line\",\"after\":\"bar\"},"
		"{\"step\":\"chart\",\"item\":1,\"what\":\"argument\","
		"\"key\":\"x\",\"before\":\"b\",\"after\":null},"
		"{\"step\":\"chart\",\"item\":1,\"what\":\"findings\","
		"\"key\":null,\"before\":1,\"after\":0},"
		"{\"step\":\"chart\",\"item\":1,\"what\":\"artifact\","
		"\"key\":\"picture\",\"before\":\"b1\",\"after\":\"b2\"}]";
	AUTO(core) c;
	AUTO_JSON *shown = NULL;
	AUTO_FREE char *changed = NULL;
	const cJSON *artifacts;

	(void)state;
	to_review(&c, "{}");
	assert_null(strstr(run_open_gate(c.s)->shown, "changed"));
	answer(&c,
	       "{\"step\":\"chart\",\"item\":1,\"with\":{\"kind\":\"bar\","
	       "\"x\":null},\"inputs\":{\"n\":\"5\"}}",
	       "as bars");
	end_chart(&c, 1, "b2", 0);
	core_ok(&c, "report");
	shown = cJSON_Parse(run_open_gate(c.s)->shown);
	changed = json_print(json_get(shown, "changed"));
	assert_string_equal(changed, wanted);
	assert_string_equal(json_str(shown, "comment"), "as bars");
	assert_int_equal(json_int(shown, "since", 0), 4);
	artifacts = json_get(shown, "artifacts");
	assert_int_equal(cJSON_GetArraySize(artifacts), 3);
	assert_null(
		json_get(cJSON_GetArrayItem(artifacts, 0), "previous_sha256"));
	assert_string_equal(json_str(cJSON_GetArrayItem(artifacts, 2),
				     "previous_sha256"),
			    "b1");
	/* Nothing else did: the next review compares with this one. */
	answer(&c, "{\"step\":\"report\"}", NULL);
	core_ok(&c, "report");
	cJSON_Delete(shown);
	shown = cJSON_Parse(run_open_gate(c.s)->shown);
	assert_int_equal(cJSON_GetArraySize(json_get(shown, "changed")), 0);
	assert_true(cJSON_IsNull(json_get(shown, "comment")));
}

/* A picture more, and one less; long values are cut. */
static void
test_new_and_gone(void **state)
{
	AUTO(core) c;
	AUTO(buf) values = BUF_INIT;
	AUTO_JSON *list = NULL;
	AUTO_FREE char *text = NULL;
	const char *long_value;

	(void)state;
	to_review(&c, "{}");
	buf_addstr(&values, "{\"step\":\"chart\",\"item\":0,\"with\":"
			    "{\"x\":\"");
	for (int i = 0; i < 1000; i++)
		buf_addstr(&values, "\xc3\xa4");
	buf_addstr(&values, "\"}}");
	answer(&c, buf_str(&values), NULL);
	core_end_item(&c, "chart", 0, "ok", NULL);
	core_ok(&c, "report");
	list = changed_list(c.s);
	assert_int_equal(cJSON_GetArraySize(list), 2);
	long_value = json_str(cJSON_GetArrayItem(list, 0), "after");
	assert_true(strlen(long_value) < CHANGED_VALUE_BYTES + 4);
	assert_true(utf8_valid(long_value, strlen(long_value)));
	text = json_print(cJSON_GetArrayItem(list, 1));
	assert_string_equal(text, "{\"step\":\"chart\",\"item\":0,"
				  "\"what\":\"artifact\",\"key\":\"picture\","
				  "\"before\":\"a1\",\"after\":null}");
	answer(&c, "{\"step\":\"chart\",\"item\":0}", NULL);
	end_chart(&c, 0, "a3", 2);
	core_ok(&c, "report");
	free(text);
	cJSON_Delete(list);
	list = changed_list(c.s);
	text = json_print(list);
	assert_string_equal(text, "[{\"step\":\"chart\",\"item\":0,"
				  "\"what\":\"findings\",\"key\":null,"
				  "\"before\":0,\"after\":2},"
				  "{\"step\":\"chart\",\"item\":0,"
				  "\"what\":\"artifact\",\"key\":\"picture\","
				  "\"before\":null,\"after\":\"a3\"}]");
}

/* --- what is refused ------------------------------------------------------ */

static void
assert_refused(struct core *c, const char *values, const char *why)
{
	int64_t gate = run_open_gate(c->s)->number;
	struct err err = ERR_INIT;

	if (run_check_iterate(c->s, gate, values, &err))
		fail_msg("accepted: %s", values);
	if (!strstr(err.msg, why))
		fail_msg("\"%s\" does not say: %s", err.msg, why);
}

static void
test_refused_at_review(void **state)
{
	static const struct {
		const char *values, *why;
	} rows[] = {
		{ "{\"step\":\"chrt\"}", "did you mean \"chart\"" },
		{ "{\"step\":\"chart\",\"item\":3}", "no item 3; it has 3" },
		{ "{\"step\":\"chart\",\"item\":\"1\"}", "must be a number" },
		{ "{\"step\":\"report\",\"item\":0}", "it has 0" },
		{ "{\"item\":1}", "say of which step" },
		{ "{\"with\":{\"kind\":\"bar\"}}", "say of which step" },
		{ "{\"step\":\"chart\",\"with\":[1]}", "must be a mapping" },
		{ "{\"step\":\"chart\",\"with\":{\"knd\":1}}",
		  "no argument \"knd\"" },
		{ "{\"step\":\"chart\",\"with\":{\"kind\":\"pie\"}}",
		  "\"kind\" does not fit" },
		{ "{\"step\":\"chart\",\"with\":{\"kind\":null}}",
		  "\"kind\" is missing" },
		{ "{\"step\":\"report\",\"with\":{\"code\":\"evil()\"}}",
		  "step report: code is its program" },
		{ "{\"inputs\":{\"n\":\"many\"}}", "many" },
		{ "{\"inputs\":{\"m\":1}}", "\"m\"" },
		{ "{\"inputs\":3}", "inputs: must be a mapping" },
		{ "{\"steps\":\"a\"}", "not \"steps\"" },
		{ "{\"workflow\":\"name: x\"}", "only be changed at a plan" },
		{ "{", "values" },
	};
	AUTO(core) c;
	struct err err = ERR_INIT;

	(void)state;
	to_review(&c, "{}");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_refused(&c, rows[i].values, rows[i].why);
	assert_true(run_check_iterate(c.s, 1, NULL, &err));
	assert_ok(run_check_iterate(c.s, 1,
				    "{\"step\":\"chart\",\"item\":1,"
				    "\"with\":{\"kind\":\"bar\"},"
				    "\"inputs\":{\"n\":\"2\"}}",
				    &err),
		  err);
	assert_false(run_check_iterate(c.s, 2, NULL, &err));
	assert_false(run_check_iterate(c.s, 0, NULL, &err));
}

/* An answer that nobody checked is not carried out: it is asked again. */
static void
test_unchecked_is_asked_again(void **state)
{
	AUTO(core) c;

	(void)state;
	to_review(&c, "{}");
	answer(&c, "{\"step\":\"report\",\"with\":{\"code\":\"evil()\"}}",
	       NULL);
	core_expect(&c, "gate.opened review -\n");
	answer(&c, "{\"step\":\"nowhere\"}", NULL);
	core_expect(&c, "gate.opened review -\n");
	assert_int_equal(c.s->iteration, 4);
	assert_null(c.s->comment);
}

/* --- a gate before the step ----------------------------------------------- */

#define GATED \
	"name: gated\n" \
	"steps:\n" \
	"  - id: draw\n" \
	"    foreach: [a, b]\n" \
	"    gate: approve\n" \
	"    uses: chart\n" \
	"    with: {data: d.csv, kind: line, x: \"{{ item }}\"}\n" \
	"    review: true\n"

static void
test_approved_step_is_asked_again(void **state)
{
	AUTO(core) c;

	(void)state;
	core_begin(&c, "{}", GATED, "{}");
	assert_refused(&c, "{\"item\":0,\"with\":{\"kind\":\"bar\"}}",
		       "no item 0");
	answer(&c, "{\"with\":{\"kind\":\"bar\"}}", NULL);
	assert_int_equal(run_open_gate(c.s)->number, 2);
	assert_int_equal(run_open_gate(c.s)->kind, GATE_APPROVE);
	assert_non_null(strstr(run_open_gate(c.s)->shown,
			       "\"overrides\":[{\"item\":-1,\"with\":"
			       "{\"kind\":\"bar\"}}]"));
	core_answer(&c, 2, "approve", NULL);
	assert_args(&c, "{\"data\":\"d.csv\",\"kind\":\"bar\",\"x\":\"b\"}");
	core_end_item(&c, "draw", 0, "ok", NULL);
	core_end_item(&c, "draw", 1, "ok", NULL);
	core_forget(&c);
	answer(&c,
	       "{\"step\":\"draw\",\"item\":1,\"with\":"
	       "{\"kind\":\"histogram\"}}",
	       NULL);
	core_expect(&c, "plan.accepted\ngate.opened approve draw\n");
	core_answer(&c, 4, "approve", NULL);
	assert_args(&c,
		    "{\"data\":\"d.csv\",\"kind\":\"histogram\",\"x\":\"b\"}");
}

/* --- the form ------------------------------------------------------------- */

static void
assert_fields(struct core *c, const char *step, int item, const char *wanted)
{
	AUTO_JSON *fields = run_iterate_fields(c->s, step, item);
	AUTO(buf) got = BUF_INIT;
	const cJSON *f;

	cJSON_ArrayForEach(f, fields) {
		AUTO_FREE char *value = json_print(json_get(f, "value"));

		buf_printf(&got, "%s%s=%s ", json_str(f, "name"),
			   json_bool(f, "required", false) ? "!" : "", value);
	}
	assert_string_equal(buf_str(&got), wanted);
}

static void
test_fields(void **state)
{
	AUTO(core) c;
	AUTO_JSON *fields = NULL;
	AUTO_FREE char *kind = NULL;

	(void)state;
	to_review(&c, "{}");
	assert_fields(&c, "chart", 1,
		      "data!=\"d.csv\" x=\"b\" kind!=\"line\" "
		      "width=null y=null ");
	assert_fields(&c, "chart", -1,
		      "data!=null x=null kind!=null "
		      "width=null y=null ");
	assert_fields(&c, "report", -1, ""); /* its code is left out */
	assert_null(run_iterate_fields(c.s, "chart", 3));
	assert_null(run_iterate_fields(c.s, "report", 0));
	assert_null(run_iterate_fields(c.s, "none", -1));
	answer(&c, "{\"step\":\"chart\",\"with\":{\"width\":640}}", NULL);
	assert_fields(&c, "chart", 1,
		      "data!=\"d.csv\" x=\"b\" kind!=\"line\" "
		      "width=640 y=null ");
	assert_fields(&c, "chart", -1,
		      "data!=null x=null kind!=null "
		      "width=640 y=null ");
	fields = run_iterate_fields(c.s, "chart", 0);
	kind = json_print(cJSON_GetArrayItem(fields, 2));
	assert_string_equal(kind, "{\"name\":\"kind\",\"enum\":[\"line\","
				  "\"bar\",\"histogram\"],\"required\":true,"
				  "\"value\":\"line\"}");
}

static void
test_values(void **state)
{
	static const struct {
		const char *key, *text, *wanted;
	} rows[] = {
		{ "kind", "bar", "\"bar\"" },
		{ "width", "900", "900" },
		{ "width", "wide", "\"wide\"" },
		{ "x", "900", "\"900\"" },
		{ "x", "It's #1: a", "\"It's #1: a\"" },
		{ "x", "[a, b]", "\"[a, b]\"" },
		{ "x", "", "\"\"" },
		{ "x", "null", "null" },
		{ "x", "\"null\"", "\"null\"" },
		{ "y", "[a, 'b c']", "[\"a\",\"b c\"]" },
		{ "y", "a", "\"a\"" },
		{ "y", "[a", "\"[a\"" },
	};
	AUTO(core) c;

	(void)state;
	to_review(&c, "{}");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_JSON *v = run_iterate_value(c.s, "chart", rows[i].key,
						 rows[i].text);
		AUTO_FREE char *text = json_print(v);

		assert_string_equal(text, rows[i].wanted);
	}
}

/* --- the plan ------------------------------------------------------------- */

#define BEFORE \
	"name: before\n" \
	"inputs: {n: {type: number, default: 1}, old: {}," \
	" kept: {default: a}}\n" \
	"steps: [{id: w, uses: data_profile, with: {path: x}}]\n"

#define AFTER \
	"name: after\n" \
	"inputs: {n: {type: number, default: 5}, kept: {default: b}}\n" \
	"steps:\n" \
	"  - {id: one, uses: data_profile, with: {path: x}}\n" \
	"  - {id: two, uses: write_file, needs: [one]," \
	" with: {path: '{{ inputs.n }}'}}\n"

static char *
plan_values(const char *workflow)
{
	AUTO_JSON *o = cJSON_CreateObject();

	cJSON_AddStringToObject(o, "workflow", workflow);
	return json_print(o);
}

static void
test_plan_edit(void **state)
{
	AUTO(core) c;
	AUTO_FREE char *values = plan_values(AFTER);
	const struct ev_plan_proposed *p =
		&c.last[EV_plan_proposed].plan_proposed;

	(void)state;
	core_begin(&c, "{\"plan_only\":true}", BEFORE,
		   "{\"old\":\"x\",\"kept\":\"mine\"}");
	core_expect(&c, "plan.accepted\ngate.opened plan -\n");
	answer(&c, values, "two steps");
	core_expect(&c, "plan.proposed\nplan.accepted\ngate.opened plan -\n");
	assert_string_equal(p->source, "edited by ann");
	assert_string_equal(p->workflow, AFTER);
	assert_null(p->pattern);
	assert_string_equal(p->inputs, "{\"kept\":\"mine\"}");
	assert_string_equal(c.last[EV_plan_accepted].plan_accepted.inputs,
			    "{\"n\":5,\"kept\":\"mine\"}");
	assert_int_equal(c.s->risk, RISK_MEDIUM); /* it writes a file now */
	assert_int_equal(c.s->limit, policy_limit(RISK_MEDIUM, 0));
	assert_non_null(strstr(run_open_gate(c.s)->shown,
			       "\"source\":\"edited by ann\""));
	core_answer(&c, 2, "approve", NULL);
	core_ok(&c, "one");
	assert_args(&c, "{\"path\":5}");
}

static void
test_plan_edit_refused(void **state)
{
	AUTO(core) c;
	AUTO_FREE char *bad = plan_values("name: x\nsteps: [{id: a, uses: "
					  "nothing}]\n");
	struct err err = ERR_INIT;

	(void)state;
	core_begin(&c, "{\"plan_only\":true}", BEFORE, "{}");
	assert_refused(&c, bad, "workflow:2:");
	assert_refused(&c, "{\"workflow\":3}", "must be a text");
	assert_refused(&c, "{\"step\":\"w\"}", "no step has run yet");
	assert_refused(&c, "{\"with\":{\"path\":\"y\"}}", "no step has run");
	assert_false(run_check_workflow(c.s, "name: [", "my.yaml", &err));
	assert_non_null(strstr(err.msg, "my.yaml:2:1: "));
	assert_true(run_check_workflow(c.s, AFTER, "my.yaml", &err));
	/* Unchecked, it is passed over and the plan is asked about again. */
	core_forget(&c);
	answer(&c, bad, NULL);
	core_expect(&c, "plan.accepted\ngate.opened plan -\n");
	assert_string_equal(c.s->workflow->name, "before");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_item),
		cmocka_unit_test(test_all_items),
		cmocka_unit_test(test_another_list),
		cmocka_unit_test(test_resume_keeps_arguments),
		cmocka_unit_test(test_comment_is_a_value),
		cmocka_unit_test(test_what_changed),
		cmocka_unit_test(test_new_and_gone),
		cmocka_unit_test(test_refused_at_review),
		cmocka_unit_test(test_unchecked_is_asked_again),
		cmocka_unit_test(test_approved_step_is_asked_again),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_plan_edit),
		cmocka_unit_test(test_plan_edit_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
