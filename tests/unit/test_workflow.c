#include "test.h"

#include "flow/expr.h"
#include "flow/workflow.h"
#include "flow_tools.h"

#include <time.h>

static struct workflow *
parse(const char *text, struct err *err)
{
	return workflow_parse(text, strlen(text), "w.yaml", 1,
			      &FLOW_TOOL_TABLE, err);
}

static struct workflow *
parse_ok(const char *text)
{
	struct err err = ERR_INIT;
	struct workflow *wf = parse(text, &err);

	if (!wf)
		fail_msg("%s\n%s", text, err.msg);
	return wf;
}

static cJSON *
json_of(const char *text)
{
	struct err err = ERR_INIT;
	cJSON *v = json_parse(text, strlen(text), "test", &err);

	if (!v)
		fail_msg("%s: %s", text, err.msg);
	return v;
}

static void
assert_json(const cJSON *v, const char *wanted)
{
	AUTO_FREE char *text = json_print(v);

	assert_string_equal(text, wanted);
}

static const char FULL[] =
	"name: Weather review\n"
	"description: Looks at the weather\n"
	"domain: analytics\n"
	"risk: medium\n"
	"jobs: 2\n"
	"inputs:\n"
	"  data: {type: file, prompt: \"Data file\", required: true}\n"
	"  kind: {type: select, options: [line, bar], default: bar}\n"
	"  width: {type: number, min: 100, max: 4000, default: 800}\n"
	"steps:\n"
	"  - id: report\n"
	"    needs: [draw, count]\n"
	"    foreach: \"{{ steps.count.data.groups }}\"\n"
	"    code: |\n"
	"      print(\"{{ not.replaced }}\")\n"
	"    profile: workspace-write\n"
	"    effects: idempotent\n"
	"    outputs: {report: report.md}\n"
	"    validate:\n"
	"      - file: report.md\n"
	"      - json: {path: rows, min: \"{{ item.rows }}\"}\n"
	"    gate: approve\n"
	"    review: true\n"
	"  - id: draw\n"
	"    title: Draw it\n"
	"    uses: chart\n"
	"    needs: count\n"
	"    with: {data: \"{{ inputs.data }}\", kind: \"{{ inputs.kind }}\","
	" width: \"{{ inputs.width }}\", y: \"{{ steps.count.data.y }}\"}\n"
	"    when: steps.count.data.rows > 0\n"
	"    retry: {attempts: 3, backoff: 2s}\n"
	"    timeout: 60s\n"
	"    fallback: {run: \"cp a b\", timeout: 5s}\n"
	"    outputs: {chart: chart.png}\n"
	"    optional: true\n"
	"  - id: count\n"
	"    run: wc -l \"$AGENTOPS_INPUT_DATA\"\n"
	"    profile: network\n"
	"    hosts: [a.example, b.example]\n"
	"baseline: {manual_minutes: 45}\n";

static void
head_and_inputs(void **state)
{
	AUTO_PTR(workflow) wf = parse_ok(FULL);

	(void)state;
	assert_string_equal(wf->name, "Weather review");
	assert_string_equal(wf->description, "Looks at the weather");
	assert_string_equal(wf->domain, "analytics");
	assert_int_equal(wf->risk, RISK_MEDIUM);
	assert_int_equal(wf->jobs, 2);
	assert_true(wf->manual_minutes == 45);
	assert_int_equal(wf->input_count, 3);
	assert_int_equal(wf->inputs[0].type, INPUT_FILE);
	assert_string_equal(wf->inputs[0].prompt, "Data file");
	assert_true(wf->inputs[0].required);
	assert_int_equal(wf->inputs[1].option_count, 2);
	assert_string_equal(wf->inputs[1].prompt, "kind");
	assert_true(wf->inputs[2].has_max && wf->inputs[2].max == 4000);
	assert_null(workflow_input(wf, "nope"));
}

static void
steps_and_order(void **state)
{
	AUTO_PTR(workflow) wf = parse_ok(FULL);
	const struct workflow_step *report = &wf->steps[0];
	const struct workflow_step *draw = &wf->steps[1];
	const struct workflow_step *count = &wf->steps[2];

	(void)state;
	assert_int_equal(wf->step_count, 3);
	assert_int_equal(workflow_find(wf, "draw"), 1);
	assert_int_equal(workflow_find(wf, "drew"), -1);
	assert_int_equal(wf->order[0], 2);
	assert_int_equal(wf->order[1], 1);
	assert_int_equal(wf->order[2], 0);
	assert_int_equal(report->need_count, 2);
	assert_int_equal(report->needs[0], 1);
	assert_int_equal(report->needs[1], 2);
	assert_string_equal(report->action.tool->name, "python");
	assert_string_equal(report->action.code,
			    "print(\"{{ not.replaced }}\")\n");
	assert_int_equal(report->action.effects, TOOL_WRITES);
	assert_true(report->idempotent && report->gate && report->review);
	assert_false(report->optional);
	assert_int_equal(report->validate_count, 2);
	assert_string_equal(report->outputs[0].file, "report.md");
	assert_int_equal(report->attempts, 1);
	assert_string_equal(draw->title, "Draw it");
	assert_int_equal(draw->attempts, 3);
	assert_int_equal(draw->backoff_ms, 2000);
	assert_int_equal(draw->action.timeout_ms, 60000);
	assert_string_equal(draw->fallback->tool->name, "bash");
	assert_int_equal(draw->fallback->timeout_ms, 5000);
	assert_true(draw->optional && draw->when);
	assert_string_equal(count->title, "count");
	assert_int_equal(count->action.profile, SANDBOX_NETWORK);
	assert_string_equal(count->action.hosts[1], "b.example");
	assert_null(count->action.hosts[2]);
	assert_int_equal(count->action.effects, TOOL_WRITES | TOOL_NETWORK);
}

static void
arguments_and_items(void **state)
{
	AUTO_PTR(workflow) wf = parse_ok(FULL);
	AUTO_JSON *values = json_of(
		"{\"inputs\": {\"data\": \"/d.csv\", \"kind\": \"bar\","
		" \"width\": 800}, \"steps\": {\"count\": {\"data\":"
		" {\"rows\": 3, \"y\": [\"t\"], \"groups\": [1, 2]}}}}");
	AUTO_JSON *args = NULL;
	AUTO_JSON *code = NULL;
	AUTO_JSON *items = NULL;
	cJSON *bad = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_ok(workflow_args(wf, &wf->steps[1].action, values, &args,
				&err), err);
	assert_json(args, "{\"data\":\"/d.csv\",\"kind\":\"bar\","
			  "\"width\":800,\"y\":[\"t\"]}");
	assert_ok(workflow_args(wf, wf->steps[1].fallback, values, &code,
				&err), err);
	assert_json(code, "{\"command\":\"cp a b\"}");
	assert_ok(workflow_items(wf, &wf->steps[0], values, &items, &err),
		  err);
	assert_json(items, "[1,2]");
	cJSON_ReplaceItemInObject(cJSON_GetObjectItem(cJSON_GetObjectItem(
		cJSON_GetObjectItem(values, "steps"), "count"), "data"),
		"groups", cJSON_CreateString("no"));
	assert_fails(workflow_items(wf, &wf->steps[0], values, &bad, &err),
		     err, ERR_DATA, "w.yaml:13:14: foreach of step report");
}

/* Every rule of the loader: a file that breaks it, where, and the words. */
static const struct {
	const char *text, *place, *words;
} WRONG[] = {
	{ "", "1:1", "a map" },
	{ "- a", "1:1", "a map" },
	{ "name: x\nstep: []", "2:1",
	  "unknown key \"step\" (did you mean \"steps\"?)" },
	{ "name: x\nzzzzzz: []", "2:1", "known are name, description" },
	{ "steps: [{id: a, run: x}]", "1:1", "no name:" },
	{ "name: [x]\nsteps: []", "1:7", "name must be text, not a list" },
	{ "name: x", "1:1", "steps: must be a list" },
	{ "name: x\nsteps: []", "2:8", "steps: must be a list" },
	{ "name: x\nsteps: {a: 1}", "2:8", "steps: must be a list" },
	{ "name: x\nrisk: huge\nsteps: [{id: a, run: x}]", "2:7",
	  "risk must be low, medium, high or critical, not \"huge\"" },
	{ "name: x\njobs: 0\nsteps: [{id: a, run: x}]", "2:7",
	  "a whole number from 1 to 64" },
	{ "name: x\nbaseline: {minutes: 1}\nsteps: [{id: a, run: x}]",
	  "2:12", "unknown key \"minutes\"" },
	{ "name: x\nbaseline: {manual_minutes: -1}\n"
	  "steps: [{id: a, run: x}]", "2:28", "must be 0 to" },
	/* steps */
	{ "name: x\nsteps: [a]", "2:9", "a map" },
	{ "name: x\nsteps:\n  - id: a\n    run: x\n    neds: [b]", "5:5",
	  "did you mean \"needs\"?" },
	{ "name: x\nsteps: [{run: x}]", "2:9", "the step has no id" },
	{ "name: x\nsteps: [{id: A, run: x}]", "2:14", "use a-z first" },
	{ "name: x\nsteps: [{id: a.b, run: x}]", "2:14", "step id" },
	{ "name: x\nsteps: [{id: 1a, run: x}]", "2:14", "step id" },
	{ "name: x\nsteps: [{id: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	  ", run: x}]", "2:14", "at most 40" },
	{ "name: x\nsteps:\n  - {id: a, run: x}\n  - {id: a, run: x}",
	  "4:10", "the id \"a\" is taken by the step at line 3" },
	{ "name: x\nsteps: [{id: a}]", "2:9", "what the step does" },
	{ "name: x\nsteps: [{id: a, run: x, code: y}]", "2:22", "not both" },
	{ "name: x\nsteps: [{id: a, uses: bash, code: y}]", "2:23",
	  "code: is for python, not for \"bash\"" },
	{ "name: x\nsteps: [{id: a, uses: chrt}]", "2:23",
	  "there is no tool \"chrt\" (did you mean \"chart\"?)" },
	{ "name: x\nsteps: [{id: a, uses: zzzzzz}]", "2:23",
	  "`agentops tools`" },
	{ "name: x\nsteps: [{id: a, uses: python}]", "2:9",
	  "python needs its program under code:" },
	{ "name: x\nsteps: [{id: a, run: x, with: {command: y}}]", "2:41",
	  "write the program under run:" },
	{ "name: x\nsteps: [{id: a, uses: chart, with: [1]}]", "2:36",
	  "arguments by name" },
	/* arguments against the schema, with and without expressions */
	{ "name: x\nsteps: [{id: a, uses: chart, with: {dta: a}}]", "2:36",
	  "step a: chart has no argument \"dta\"" },
	{ "name: x\nsteps: [{id: a, uses: chart, with: {data: a}}]", "2:36",
	  "\"kind\" is missing" },
	{ "name: x\ninputs: {d: {}}\nsteps: [{id: a, uses: chart, with: "
	  "{data: \"{{ inputs.d }}\", kind: bra}}]", "3:36",
	  "\"kind\" does not fit" },
	{ "name: x\nsteps: [{id: a, uses: chart, with: {data: a, kind: bar, "
	  "width: 5}}]", "2:36", "\"width\" does not fit" },
	{ "name: x\nsteps: [{id: a, uses: chart, with: {data: a, kind: bar, "
	  "width: \"{{ attempt }}px\"}}]", "2:36", "\"width\" does not" },
	{ "name: x\nsteps: [{id: a, run: x, fallback: {uses: chart}}]",
	  "2:35", "is missing" },
	/* needs */
	{ "name: x\nsteps: [{id: a, run: x, needs: {b: 1}}]", "2:32",
	  "a list of step ids" },
	{ "name: x\nsteps: [{id: a, run: x, needs: [[b]]}]", "2:33",
	  "a list of step ids" },
	{ "name: x\nsteps:\n  - {id: scan, run: x}\n"
	  "  - {id: b, run: x, needs: [scna]}", "4:29",
	  "needs: there is no step \"scna\" (did you mean \"scan\"?)" },
	{ "name: x\nsteps: [{id: a, run: x, needs: [a]}]", "2:32",
	  "needs go in a circle: a -> a" },
	{ "name: x\nsteps:\n  - {id: a, run: x}\n"
	  "  - {id: b, run: x, needs: [d, a]}\n"
	  "  - {id: c, run: x, needs: b}\n"
	  "  - {id: d, run: x, needs: [c]}", "4:28",
	  "needs go in a circle: b -> d -> c -> b" },
	/* expressions */
	{ "name: x\ninputs: {data: {}}\nsteps: [{id: a, uses: write_file, "
	  "with: {path: \"{{ inputs.dta }}\"}}]", "3:48",
	  "in {{ inputs.dta }}: there is no input \"dta\" (did you mean "
	  "\"data\"?)" },
	{ "name: x\nsteps: [{id: a, uses: write_file, "
	  "with: {path: \"{{ item }}\"}}]", "2:48",
	  "item exists only in a step with foreach" },
	{ "name: x\nsteps: [{id: a, uses: write_file, "
	  "with: {path: \"{{ steps }}\"}}]", "2:48", "name a step" },
	{ "name: x\nsteps: [{id: a, uses: write_file, "
	  "with: {path: \"{{ steps.a.text }}\"}}]", "2:48",
	  "refers to itself" },
	{ "name: x\nsteps:\n  - {id: a, run: x}\n  - {id: b, uses: "
	  "write_file, with: {path: \"{{ steps.a.text }}\"}}", "4:44",
	  "add needs: [a] to step b" },
	{ "name: x\nsteps:\n  - {id: a, run: x}\n  - {id: b, needs: a, uses: "
	  "write_file, with: {path: \"{{ steps.a.dat.x }}\"}}", "4:54",
	  "did you mean \"data\"?" },
	{ "name: x\nsteps:\n  - {id: a, run: x, outputs: {chart: c.png}}\n"
	  "  - {id: b, needs: a, uses: write_file, "
	  "with: {path: \"{{ steps.a.outputs.chrt }}\"}}", "4:54",
	  "step a has no output \"chrt\" (did you mean \"chart\"?)" },
	{ "name: x\nsteps:\n  - {id: a, run: x, when: \"{{ inputs.x }}\"}",
	  "3:27", "declare it under inputs" },
	{ "name: x\nsteps: [{id: a, run: x, when: 1 +}]", "2:31",
	  "unexpected text" },
	{ "name: x\nsteps: [{id: a, run: x, foreach: b}]", "2:34",
	  "foreach: is a list or one" },
	{ "name: x\nsteps: [{id: a, run: x, foreach: [1], when: item}]",
	  "2:45", "item exists only" },
	/* profile, effects, flags */
	{ "name: x\nsteps: [{id: a, run: x, profile: none}]", "2:34",
	  "profile must be read-only, workspace-write, network or full" },
	{ "name: x\nsteps: [{id: a, run: x, profile: full}]", "2:34",
	  "sandbox: off" },
	{ "name: x\nsteps: [{id: a, uses: write_file, profile: read-only}]",
	  "2:44", "write_file needs profile: workspace-write or wider" },
	{ "name: x\nsteps: [{id: a, run: x, hosts: [a]}]", "2:32",
	  "without profile: network" },
	{ "name: x\nsteps: [{id: a, run: x, profile: network}]", "2:9",
	  "needs hosts" },
	{ "name: x\nsteps: [{id: a, run: x, profile: network, "
	  "hosts: ['a b']}]", "2:50", "is no host name" },
	{ "name: x\nsteps: [{id: a, run: x, effects: none}]", "2:34",
	  "read_only, idempotent, writes or destructive" },
	{ "name: x\nsteps: [{id: a, uses: write_file, effects: read_only}]",
	  "2:44", "may only add" },
	{ "name: x\nsteps: [{id: a, run: x, idempotent: maybe}]", "2:37",
	  "true or false, not \"maybe\"" },
	{ "name: x\nsteps: [{id: a, run: x, gate: plan}]", "2:31",
	  "gate must be approve" },
	{ "name: x\nsteps: [{id: a, run: x, timeout: soon}]", "2:34",
	  "a duration like" },
	{ "name: x\nsteps: [{id: a, run: x, timeout: 1000h}]", "2:34",
	  "at most 168 hours" },
	{ "name: x\nsteps: [{id: a, run: x, retry: {backoff: 1s}}]", "2:32",
	  "retry: needs attempts" },
	{ "name: x\nsteps: [{id: a, run: x, retry: {attempts: 99}}]", "2:43",
	  "from 1 to 20" },
	{ "name: x\nsteps: [{id: a, run: x, fallback: {id: b}}]", "2:36",
	  "unknown key \"id\"" },
	/* outputs, validate */
	{ "name: x\nsteps: [{id: a, run: x, outputs: [c.png]}]", "2:34",
	  "outputs: is {name: file}" },
	{ "name: x\nsteps: [{id: a, run: x, outputs: {c: ../x}}]", "2:38",
	  "below the step's own folder" },
	{ "name: x\nsteps: [{id: a, run: x, outputs: {c: /etc/x}}]", "2:38",
	  "below the step's own folder" },
	{ "name: x\nsteps: [{id: a, run: x, outputs: {C: x}}]", "2:35",
	  "output \"C\"" },
	{ "name: x\nsteps: [{id: a, run: x, validate: {file: x}}]", "2:35",
	  "validate: is a list" },
	{ "name: x\nsteps: [{id: a, run: x, validate: [{fil: x}]}]", "2:37",
	  "did you mean \"file\"?" },
	{ "name: x\nsteps: [{id: a, run: x, validate: [{json: {path: a, "
	  "min: \"{{ inputs.q }}\"}}]}]", "2:58", "there is no input \"q\"" },
	/* inputs */
	{ "name: x\ninputs: [a]\nsteps: [{id: a, run: x}]", "2:9",
	  "inputs: is a map" },
	{ "name: x\ninputs: {A: {}}\nsteps: [{id: a, run: x}]", "2:10",
	  "input \"A\"" },
	{ "name: x\ninputs: {a: {typ: text}}\nsteps: [{id: a, run: x}]",
	  "2:14", "did you mean \"type\"?" },
	{ "name: x\ninputs: {a: {type: int}}\nsteps: [{id: a, run: x}]",
	  "2:20", "type must be text, number, boolean" },
	{ "name: x\ninputs: {a: {type: select}}\nsteps: [{id: a, run: x}]",
	  "2:13", "a select needs options" },
	{ "name: x\ninputs: {a: {options: [b]}}\nsteps: [{id: a, run: x}]",
	  "2:23", "options means nothing for an input of type text" },
	{ "name: x\ninputs: {a: {pattern: '['}}\nsteps: [{id: a, run: x}]",
	  "2:23", "in the pattern" },
	{ "name: x\ninputs: {a: {pattern: '(a)\\1'}}\n"
	  "steps: [{id: a, run: x}]", "2:23", "back references" },
	{ "name: x\ninputs: {a: {pattern: '((a{99}){99})'}}\n"
	  "steps: [{id: a, run: x}]", "2:23", "multiply to more than" },
	{ "name: x\ninputs: {a: {min: 5, max: 2}}\nsteps: [{id: a, run: x}]",
	  "2:19", "min is more than max" },
	{ "name: x\ninputs: {a: {type: number, default: y}}\n"
	  "steps: [{id: a, run: x}]", "2:37", "default of input a" },
	{ "name: x\ninputs: {a: {type: secret, default: hunter2hunter2}}\n"
	  "steps: [{id: a, run: x}]", "2:37",
	  "the name of a stored secret is wanted" },
	{ "name: x\nsteps: [{id: a, run: x, secrets: [key]}]", "2:34",
	  "\"key\" is no input of type secret" },
	{ "name: x\ninputs: {key: {type: text}}\n"
	  "steps: [{id: a, run: x, secrets: [key]}]", "3:34",
	  "\"key\" is no input of type secret" },
	{ "name: x\ninputs: {key: {type: secret, default: 'secret:b'}}\n"
	  "steps: [{id: a, uses: write_file, with: {path: x}, "
	  "secrets: [key]}]", "3:61", "are given to a program" },
	{ "name: x\ninputs: {a: {default: '{{ run }}'}}\n"
	  "steps: [{id: a, run: x}]", "2:23", "not replaced in a default" },
};

static void
every_rule_is_located(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(WRONG); i++) {
		struct err err = ERR_INIT;
		AUTO_PTR(workflow) wf = parse(WRONG[i].text, &err);
		AUTO_FREE char *place = xasprintf("w.yaml:%s: ",
						  WRONG[i].place);

		if (wf)
			fail_msg("%s\nwas loaded", WRONG[i].text);
		if (err.code != ERR_SYNTAX ||
		    strncmp(err.msg, place, strlen(place)) != 0 ||
		    !strstr(err.msg, WRONG[i].words))
			fail_msg("%s\n%s\nwanted %s%s", WRONG[i].text,
				 err.msg, place, WRONG[i].words);
	}
}

static const char INPUTS[] =
	"name: w\n"
	"inputs:\n"
	"  text: {min: 2, max: 5, pattern: '^[a-z]+$'}\n"
	"  number: {type: number, min: 1, max: 9}\n"
	"  flag: {type: boolean}\n"
	"  pick: {type: select, options: [red, green, 3]}\n"
	"  file: {type: file}\n"
	"  many: {type: list, max: 3}\n"
	"  day: {type: date}\n"
	"  token: {type: secret}\n"
	"steps: [{id: a, run: x}]\n";

/* name, value given, value taken or NULL, words of the error */
static const struct {
	const char *name, *given, *taken, *words;
} INPUT_ROWS[] = {
	{ "text", "\"abc\"", "\"abc\"", NULL },
	{ "text", "\"a\"", NULL, "less than the minimum of 2" },
	{ "text", "\"abcdef\"", NULL, "more than the maximum of 5" },
	{ "text", "\"aB\"", NULL, "does not match the pattern" },
	{ "text", "[]", NULL, "text is wanted" },
	{ "number", "5", "5", NULL },
	{ "number", "\"5.5\"", "5.5", NULL },
	{ "number", "\"x\"", NULL, "\"x\" is no number" },
	{ "number", "true", NULL, "is no number" },
	{ "number", "0", NULL, "less than the minimum of 1" },
	{ "number", "10", NULL, "more than the maximum of 9" },
	{ "flag", "true", "true", NULL },
	{ "flag", "\"no\"", "false", NULL },
	{ "flag", "\"on\"", "true", NULL },
	{ "flag", "2", NULL, "true or false is wanted" },
	{ "pick", "\"red\"", "\"red\"", NULL },
	{ "pick", "3", "\"3\"", NULL },
	{ "pick", "\"gren\"", NULL, "did you mean \"green\"?" },
	{ "pick", "\"blue\"", NULL, "choose from red, green, 3" },
	{ "file", "\"a/b.csv\"", "\"a/b.csv\"", NULL },
	{ "file", "7", NULL, "the path of a file" },
	{ "many", "[1, \"a\"]", "[1,\"a\"]", NULL },
	{ "many", "\"a, b ,,c\"", "[\"a\",\"b\",\"c\"]", NULL },
	{ "many", "[1, 2, 3, 4]", NULL, "4 items is more than" },
	{ "many", "{}", NULL, "a list is wanted" },
	{ "day", "\"2024-02-29\"", "\"2024-02-29\"", NULL },
	{ "day", "\"2023-02-29\"", NULL, "a date like" },
	{ "day", "\"2023-13-01\"", NULL, "a date like" },
	{ "day", "\"2023-1-01\"", NULL, "a date like" },
	{ "day", "\"2023-01-011\"", NULL, "a date like" },
	{ "token", "\"secret:api-key\"", "\"secret:api-key\"", NULL },
	{ "token", "\"hunter2\"", NULL, "secret:NAME" },
	{ "token", "\"secret:\"", NULL, "secret:NAME" },
	{ "token", "\"secret:../x\"", NULL, "secret:NAME" },
};

static void
input_values(void **state)
{
	AUTO_PTR(workflow) wf = parse_ok(INPUTS);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(INPUT_ROWS); i++) {
		const struct workflow_input *in =
			workflow_input(wf, INPUT_ROWS[i].name);
		AUTO_JSON *given = json_of(INPUT_ROWS[i].given);
		AUTO_JSON *taken = NULL;
		struct err err = ERR_INIT;
		bool ok = workflow_check_input(in, given, &taken, &err);

		if (ok != (INPUT_ROWS[i].taken != NULL))
			fail_msg("%s %s: %s", INPUT_ROWS[i].name, INPUT_ROWS[i].given,
				 err.msg);
		if (ok)
			assert_json(taken, INPUT_ROWS[i].taken);
		else if (!strstr(err.msg, INPUT_ROWS[i].words) ||
			 !strstr(err.msg, INPUT_ROWS[i].name))
			fail_msg("%s, wanted %s", err.msg, INPUT_ROWS[i].words);
		if (strstr(err.msg, "hunter2"))
			fail_msg("the message shows the secret");
	}
}

static void
input_sets(void **state)
{
	AUTO_PTR(workflow) wf = parse_ok(FULL);
	AUTO_JSON *given = json_of("{\"data\": \"/x.csv\","
				   " \"width\": \"300\"}");
	AUTO_JSON *partly = json_of("{\"data\": \"\"}");
	AUTO_JSON *unknown = json_of("{\"dta\": 1}");
	AUTO_JSON *checked = NULL;
	AUTO_JSON *defaults = NULL;
	AUTO(strv) missing = STRV_INIT;
	cJSON *none = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_ok(workflow_check_inputs(wf, given, &checked, NULL, &err),
		  err);
	assert_json(checked, "{\"data\":\"/x.csv\",\"kind\":\"bar\","
			     "\"width\":300}");
	assert_ok(workflow_check_inputs(wf, partly, &defaults, &missing,
					&err), err);
	assert_int_equal(missing.count, 1);
	assert_string_equal(missing.items[0], "data");
	assert_json(defaults, "{\"kind\":\"bar\",\"width\":800}");
	assert_fails(workflow_check_inputs(wf, NULL, &none, NULL, &err), err,
		     ERR_USAGE, "needs the input data (file): Data file");
	assert_fails(workflow_check_inputs(wf, unknown, &none, &missing,
					   &err),
		     err, ERR_USAGE, "(did you mean \"data\"?)");
	assert_null(none);
}

static void
assert_class(const char *rest, const char *inputs, enum risk risk,
	     const char *reason)
{
	AUTO_FREE char *text = xasprintf("name: w\n%s\n", rest);
	AUTO_PTR(workflow) wf = parse_ok(text);
	AUTO_JSON *given = inputs ? json_of(inputs) : NULL;
	AUTO(policy_class) c = POLICY_CLASS_INIT;

	workflow_class(wf, given, &c);
	assert_true(c.reasons.count > 0);
	if (c.risk != risk || !strstr(c.reasons.items[0], reason))
		fail_msg("%s: %s, %s", rest, risk_name(c.risk),
			 c.reasons.items[0]);
}

static void
classes(void **state)
{
	(void)state;
	assert_class("steps: [{id: a, run: rm -rf x}]", NULL, RISK_LOW,
		     "step a: only reads");
	/* What never runs does not count; any other condition does. */
	assert_class("steps: [{id: a, uses: write_file, when: false}, "
		     "{id: b, run: ls}]", NULL, RISK_LOW, "step b: only reads");
	assert_class("steps: [{id: a, run: ls, when: false}]", NULL, RISK_LOW,
		     "none of its steps runs");
	assert_class("inputs: {x: {}}\nsteps: [{id: a, uses: write_file, "
		     "when: inputs.x == 1}, {id: b, run: ls}]", NULL,
		     RISK_MEDIUM, "step a: may write files");
	assert_class("risk: high\nsteps: [{id: a, run: ls}]", NULL, RISK_HIGH,
		     "declared in the file");
	assert_class("risk: low\nsteps: [{id: a, uses: write_file}]", NULL,
		     RISK_MEDIUM, "step a: may write files");
	assert_class("steps: [{id: a, run: ls, risk: critical}]", NULL,
		     RISK_CRITICAL, "step a: declared");
	assert_class("steps: [{id: a, run: rm -rf x, profile: "
		     "workspace-write}]", NULL, RISK_HIGH,
		     "step a: its shell command may destroy");
	assert_class("steps: [{id: a, run: ls, effects: destructive}]", NULL,
		     RISK_HIGH, "may destroy data");
	assert_class("steps: [{id: a, code: x, profile: network, "
		     "hosts: [a.example]}]", NULL, RISK_HIGH,
		     "may reach the network");
	assert_class("steps: [{id: a, code: x, profile: network, "
		     "hosts: [db.prod.example]}]", NULL, RISK_CRITICAL,
		     "production");
	assert_class("environment: production\n"
		     "steps: [{id: a, uses: write_file}]", NULL,
		     RISK_CRITICAL, "production");
	assert_class("inputs: {env: {default: live}}\n"
		     "steps: [{id: a, uses: write_file}]", NULL,
		     RISK_CRITICAL, "production");
	assert_class("inputs: {env: {default: live}}\n"
		     "steps: [{id: a, uses: write_file}]",
		     "{\"env\": \"test\"}", RISK_MEDIUM, "may write");
	assert_class("steps: [{id: a, uses: chart, with: {data: d, kind: bar},"
		     " fallback: {uses: write_file}}]", NULL, RISK_MEDIUM,
		     "its fallback: may write");
}

static void
front_matter_may_hold_other_keys(void **state)
{
	static const char TEXT[] =
		"id: p1\nname: w\nsteps: [{id: a, run: x}]\n";
	static const char *const EXTRA[] = { "id", "lifecycle", NULL };
	struct err err = ERR_INIT;
	AUTO_PTR(yaml_doc) d = yaml_parse(TEXT, strlen(TEXT), "p.md", 2,
					  &err);
	AUTO_PTR(workflow) wf = NULL;

	(void)state;
	assert_non_null(d);
	assert_null(workflow_load(d, yaml_root(d), &FLOW_TOOL_TABLE, NULL,
				  &err));
	assert_non_null(strstr(err.msg, "p.md:2:1: unknown key \"id\""));
	wf = workflow_load(d, yaml_root(d), &FLOW_TOOL_TABLE, EXTRA, &err);
	assert_non_null(wf);
}

/* The manual's examples are what the loader takes. */
static void
manual_is_true(void **state)
{
	AUTO(buf) man = BUF_INIT;
	struct err err = ERR_INIT;
	int examples = 0;

	(void)state;
	assert_ok(path_read(AGENTOPS_SRCDIR "/man/agentops-workflow.5",
			    1 << 20, &man, &err), err);
	for (char *p = man.data; (p = strstr(p, ".Bd -literal")); examples++) {
		char *start = strchr(p, '\n') + 1;
		char *end = strstr(start, "\n.Ed");

		assert_non_null(end);
		*end = '\0';
		workflow_free(parse_ok(start));
		p = end + 1;
	}
	assert_int_equal(examples, 3);
}

/* A chain, so that every step has all before it as ancestors. */
static char *
big_text(int steps)
{
	struct buf b = BUF_INIT;

	buf_addstr(&b, "name: big\ninputs: {data: {}}\nsteps:\n");
	for (int i = 0; i < steps; i++) {
		buf_printf(&b, "  - id: s%d\n    uses: chart\n"
			   "    with: {data: \"{{ inputs.data }}\", "
			   "kind: bar}\n    outputs: {c: c.png}\n"
			   "    validate: [{file: c.png}]\n", i);
		if (i)
			buf_printf(&b, "    needs: [s%d, s0]\n"
				   "    when: steps.s0.data.n > 1\n", i - 1);
	}
	return buf_steal(&b);
}

/* Processor time, so that a busy machine does not fail the test. */
static int64_t
cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

static int64_t
load_time_us(const char *text, int steps)
{
	int64_t start = cpu_us();
	AUTO_PTR(workflow) wf = parse_ok(text);

	assert_int_equal(wf->step_count, steps);
	assert_int_equal(wf->order[steps - 1], steps - 1);
	return cpu_us() - start;
}

static void
big_workflows(void **state)
{
	AUTO_FREE char *large = big_text(5000);
	AUTO_FREE char *over = big_text(5001);
	AUTO_FREE char *small = big_text(500);
	struct err err = ERR_INIT;
	int64_t few = INT64_MAX, many = INT64_MAX;

	(void)state;
	/* Ten times the steps take about ten times as long: a hundred would
	 * say that each step looks at all others. */
	for (int i = 0; i < 5; i++) {
		int64_t us = load_time_us(small, 500);

		few = us < few ? us : few;
		us = load_time_us(large, 5000);
		many = us < many ? us : many;
	}
	print_message("500 steps: %.1f ms, 5000: %.1f ms\n",
		      (double)few / 1000, (double)many / 1000);
	assert_true(many < few * 40);
	assert_null(parse(over, &err));
	assert_non_null(strstr(err.msg, "5001 steps; at most 5000"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(head_and_inputs),
		cmocka_unit_test(steps_and_order),
		cmocka_unit_test(arguments_and_items),
		cmocka_unit_test(every_rule_is_located),
		cmocka_unit_test(input_values),
		cmocka_unit_test(input_sets),
		cmocka_unit_test(classes),
		cmocka_unit_test(front_matter_may_hold_other_keys),
		cmocka_unit_test(manual_is_true),
		cmocka_unit_test(big_workflows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
