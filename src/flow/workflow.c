#include "flow/workflow.h"

#include "base/json.h"
#include "base/str.h"
#include "flow/expr.h"

#include <stdlib.h>
#include <string.h>

const char *
workflow_code_arg(const struct tool *tool)
{
	static const struct {
		const char *tool, *arg;
	} CODE[] = {
		{ "python", "code" },
		{ "bash", "command" },
	};

	for (size_t i = 0; i < ARRAY_LEN(CODE); i++)
		if (strcmp(tool->name, CODE[i].tool) == 0)
			return CODE[i].arg;
	return NULL;
}

bool
workflow_args(const struct workflow *wf, const struct workflow_action *a,
	      const cJSON *values, cJSON **ret, struct err *err)
{
	const char *code_arg = workflow_code_arg(a->tool);
	cJSON *args;

	if (!expr_resolve(wf->doc, a->with, values, &args, err))
		return false;
	if (code_arg)
		cJSON_AddStringToObject(args, code_arg, a->code);
	*ret = args;
	return true;
}

bool
workflow_items(const struct workflow *wf, const struct workflow_step *step,
	       const cJSON *values, cJSON **ret, struct err *err)
{
	AUTO_JSON *items = NULL;

	if (!expr_resolve(wf->doc, step->foreach, values, &items, err))
		return false;
	if (!cJSON_IsArray(items)) {
		yaml_fail(wf->doc, step->foreach, err, "foreach of step %s "
			  "is no list", step->id);
		if (err)
			err->code = ERR_DATA;
		return false;
	}
	*ret = TAKE(items);
	return true;
}

/* ---- risk ------------------------------------------------------------- */

/* Lists and objects are looked into one level deep: a list of hosts. */
static bool
value_is_production(const char *key, const cJSON *value)
{
	const cJSON *item;

	if (cJSON_IsString(value))
		return policy_production(key, value->valuestring);
	cJSON_ArrayForEach(item, value)
		if (cJSON_IsString(item) &&
		    policy_production(item->string ? item->string : key,
				      item->valuestring))
			return true;
	return false;
}

/* Of what was given, or of the default of an input that was not. */
static bool
targets_production(const struct workflow *wf, const cJSON *inputs)
{
	if (wf->environment &&
	    policy_production("environment", wf->environment))
		return true;
	for (size_t i = 0; i < wf->input_count; i++) {
		const struct workflow_input *in = &wf->inputs[i];
		const cJSON *given = json_get(inputs, in->name);
		const char *fallback = in->fallback ? yaml_str(in->fallback) :
						      NULL;

		if (given ? value_is_production(in->name, given) :
		    fallback && policy_production(in->name, fallback))
			return true;
	}
	return false;
}

static bool
hosts_are_production(const struct workflow_action *a)
{
	for (size_t i = 0; a->hosts && a->hosts[i]; i++)
		if (policy_production("host", a->hosts[i]))
			return true;
	return false;
}

static void
classify(const struct workflow_step *step, const struct workflow_action *a,
	 bool production, struct policy_class *ret)
{
	const char *code_arg = workflow_code_arg(a->tool);
	struct policy_facts facts = {
		.tool_known = true,
		.effects = a->effects,
		.profile = a->profile,
		.code = code_arg != NULL,
		.secrets = a->secrets != NULL,
		.command = code_arg && strcmp(code_arg, "command") == 0 ?
			a->code : NULL,
		.production = production || hosts_are_production(a),
		.declared = step->risk,
	};

	policy_classify(&facts, ret);
}

static void
step_class(const struct workflow_step *step, bool production,
	   struct policy_class *ret)
{
	struct policy_class other = POLICY_CLASS_INIT;

	classify(step, &step->action, production, ret);
	if (!step->fallback)
		return;
	classify(step, step->fallback, production, &other);
	if (other.risk > ret->risk) {
		AUTO_FREE char *why = xasprintf("its fallback: %s",
						other.reasons.items[0]);

		policy_raise(ret, other.risk, why);
	}
	policy_class_release(&other);
}

void
workflow_step_class(const struct workflow *wf,
		    const struct workflow_step *step, const cJSON *inputs,
		    struct policy_class *ret)
{
	step_class(step, targets_production(wf, inputs), ret);
}

enum { REASONS_SHOWN = 8 };

/* One reason for each step of the highest class found so far. */
struct summary {
	enum risk risk;
	size_t steps;
	struct strv reasons;
};

static void
summary_add(struct summary *sum, const struct workflow_step *step,
	    const struct policy_class *c)
{
	if (c->risk > sum->risk) {
		strv_release(&sum->reasons);
		sum->reasons = (struct strv)STRV_INIT;
		sum->risk = c->risk;
		sum->steps = 0;
	}
	if (c->risk == sum->risk && sum->steps++ < REASONS_SHOWN)
		strv_addf(&sum->reasons, "step %s: %s", step->id,
			  c->reasons.items[0]);
}

/* `when: false`: what a template writes for a part that nobody asked for. */
static bool
never_runs(const struct workflow_step *step)
{
	return step->when && step->when->kind == YAML_SCALAR &&
	       str_eq(step->when->text, "false");
}

void
workflow_class(const struct workflow *wf, const cJSON *inputs,
	       struct policy_class *ret)
{
	bool production = targets_production(wf, inputs);
	struct summary sum = { .risk = RISK_LOW };
	struct policy_class c = POLICY_CLASS_INIT;

	for (size_t i = 0; i < wf->step_count; i++) {
		if (never_runs(&wf->steps[i]))
			continue;
		step_class(&wf->steps[i], production, &c);
		summary_add(&sum, &wf->steps[i], &c);
	}
	policy_class_release(&c);
	if (!sum.steps)
		strv_add(&sum.reasons, "none of its steps runs");
	if (sum.steps > REASONS_SHOWN)
		strv_addf(&sum.reasons, "and %zu steps more",
			  sum.steps - REASONS_SHOWN);
	policy_class_release(ret);
	ret->risk = sum.risk;
	ret->reasons = sum.reasons;
	if (wf->risk > ret->risk)
		policy_raise(ret, wf->risk, "declared in the file");
}
