#include "run/iterate.h"

#include "base/json.h"

#include <string.h>

/* --- checking ---------------------------------------------------------- */

static bool
check_keys(const cJSON *values, struct err *err)
{
	static const char *const keys[] = { "step", "item", "with", "inputs",
					    "workflow" };
	const cJSON *v;

	if (values && !cJSON_IsObject(values))
		return FAIL(err, ERR_USAGE, "values: must be a mapping");
	cJSON_ArrayForEach(v, values) {
		size_t i = 0;

		while (i < ARRAY_LEN(keys) && !str_eq(keys[i], v->string))
			i++;
		if (i == ARRAY_LEN(keys))
			return FAIL(err, ERR_USAGE,
				    "iterate takes step, item, with, inputs "
				    "and workflow, not \"%s\"",
				    v->string);
	}
	return true;
}

/* Step and item; what they leave out is the gate's. */
static bool
read_target(const struct run_state *s, const struct gate_state *g,
	    const cJSON *values, struct iterate *ret, struct err *err)
{
	const char *id = json_str(values, "step");
	const cJSON *item = json_get(values, "item");
	const struct step_state *st;

	ret->step = id ? workflow_find(s->workflow, id) : g->step;
	if (id && ret->step < 0)
		return workflow_no_step(s->workflow, id, err);
	if (g->step >= 0 && ret->step != g->step)
		return FAIL(err, ERR_USAGE,
			    "this gate is about step %s, not %s",
			    s->workflow->steps[g->step].id, id);
	if (!item || cJSON_IsNull(item))
		return true;
	if (!cJSON_IsNumber(item))
		return FAIL(err, ERR_USAGE, "item: must be a number");
	ret->item = item->valueint;
	if (ret->item == -1)
		return true;
	if (ret->step < 0)
		return FAIL(err, ERR_USAGE, "item %d: say of which step",
			    ret->item);
	st = &s->steps[ret->step];
	if (!st->is_list || ret->item < 0 || ret->item >= st->item_count)
		return FAIL(err, ERR_NOTFOUND,
			    "step %s has no item %d; it has %d, counted from 0",
			    s->workflow->steps[ret->step].id, ret->item,
			    st->is_list ? st->item_count : 0);
	return true;
}

static bool
read_with(const struct run_state *s, const cJSON *values, struct iterate *ret,
	  struct err *err)
{
	ret->with = json_get(values, "with");
	if (!ret->with || !ret->with->child) {
		ret->with = NULL;
		return true;
	}
	if (!cJSON_IsObject(ret->with))
		return FAIL(err, ERR_USAGE, "with: must be a mapping");
	if (ret->step < 0)
		return FAIL(err, ERR_USAGE,
			    "with: say of which step these arguments are");
	return workflow_check_with(&s->tools, &s->workflow->steps[ret->step],
				   ret->with, err);
}

static bool
has_inputs(const struct iterate *it)
{
	return it->inputs && it->inputs->child;
}

bool
run_for_planner(const struct run_state *s, const struct gate_state *g,
		const struct iterate *it)
{
	return g->kind == GATE_PLAN && s->phase == PHASE_PLAN &&
	       !str_empty(g->comment) && !it->workflow && !has_inputs(it) &&
	       run_agent(s, AGENT_PLANNER, 0);
}

static bool
read_plan_edit(const struct run_state *s, const cJSON *values,
	       struct iterate *ret, struct err *err)
{
	const cJSON *text = json_get(values, "workflow");

	if (json_get(values, "step") || json_get(values, "with") ||
	    json_get(values, "item"))
		return FAIL(err, ERR_USAGE,
			    "no step has run yet: change the inputs, or the "
			    "workflow itself");
	if (!text && !has_inputs(ret) && !run_agent(s, AGENT_PLANNER, 0))
		return FAIL(err, ERR_USAGE,
			    "words alone change nothing here, because no "
			    "model wrote this plan: change its inputs, or the "
			    "workflow itself");
	if (!text)
		return true;
	if (!cJSON_IsString(text))
		return FAIL(err, ERR_USAGE, "workflow: must be a text");
	ret->workflow = text->valuestring;
	return run_check_workflow(s, ret->workflow, "workflow", err);
}

bool
run_read_iterate(const struct run_state *s, const struct gate_state *g,
		 const cJSON *values, struct iterate *ret, struct err *err)
{
	*ret = (struct iterate){ .step = -1, .item = -1 };
	if (!check_keys(values, err))
		return false;
	ret->inputs = json_get(values, "inputs");
	if (ret->inputs && !cJSON_IsObject(ret->inputs))
		return FAIL(err, ERR_USAGE, "inputs: must be a mapping");
	if (g->kind == GATE_PLAN)
		return read_plan_edit(s, values, ret, err);
	if (json_get(values, "workflow"))
		return FAIL(err, ERR_USAGE,
			    "the workflow can only be changed at a plan gate");
	return read_target(s, g, values, ret, err) &&
	       read_with(s, values, ret, err);
}

static bool
check_inputs(const struct run_state *s, const struct iterate *it,
	     struct err *err)
{
	AUTO_JSON *all = cJSON_IsObject(s->inputs) ?
				 cJSON_Duplicate(s->inputs, true) :
				 cJSON_CreateObject();
	AUTO_JSON *checked = NULL;
	AUTO(strv) missing = STRV_INIT;
	const cJSON *v;

	/* The inputs of another workflow are asked for when it is there. */
	if (!it->inputs || it->workflow)
		return true;
	cJSON_ArrayForEach(v, it->inputs) {
		cJSON_DeleteItemFromObjectCaseSensitive(all, v->string);
		cJSON_AddItemToObject(all, v->string, cJSON_Duplicate(v, true));
	}
	return workflow_check_inputs(s->workflow, all, &checked, &missing, err);
}

bool
run_check_iterate(const struct run_state *s, int64_t gate, const char *values,
		  struct err *err)
{
	AUTO_JSON *v =
		values ? json_parse(values, strlen(values), "values", err) :
			 cJSON_CreateObject();
	const struct gate_state *g;
	struct iterate it;

	if (!v)
		return false;
	if (gate < 1 || gate > (int64_t)s->gate_count || !s->workflow)
		return FAIL(err, ERR_NOTFOUND, "run %s has no gate %d", s->id,
			    (int)gate);
	g = &s->gates[gate - 1];
	if (!(gate_decisions(g->kind) & DECISION_ITERATE))
		return FAIL(err, ERR_USAGE,
			    "a gate of kind %s does not take iterate",
			    gate_kind_name(g->kind));
	return run_read_iterate(s, g, v, &it, err) && check_inputs(s, &it, err);
}

bool
run_check_workflow(const struct run_state *s, const char *text,
		   const char *name, struct err *err)
{
	AUTO_PTR(workflow) w =
		workflow_parse(text, strlen(text), name, 1, &s->tools, err);

	return w != NULL;
}

/* --- arguments --------------------------------------------------------- */

static bool
is_about(const cJSON *change, const struct step_state *st, int item)
{
	int k = (int)json_int(change, "item", -1);

	if (k < 0)
		return true;
	return k == item && k < st->item_count && st->items[k].value &&
	       str_eq(json_str(change, "element"), st->items[k].value);
}

bool
run_item_args(const struct run_state *s, int step, int item,
	      const struct workflow_action *a, const cJSON *values, cJSON **ret,
	      struct err *err)
{
	const struct step_state *st = &s->steps[step];
	const cJSON *change;

	if (!workflow_args(s->workflow, a, values, ret, err))
		return false;
	if (a == &s->workflow->steps[step].action)
		cJSON_ArrayForEach(change, st->overrides)
			if (is_about(change, st, item))
				workflow_change_args(*ret,
						     json_get(change, "with"));
	return true;
}

/* What the last attempt got, or the next one would; {} when not known. */
static cJSON *
current_args(struct run_state *s, int step, int item)
{
	const struct workflow_step *w = &s->workflow->steps[step];
	const struct step_state *st = &s->steps[step];
	AUTO_JSON *values = NULL;
	cJSON *args = NULL;
	const cJSON *change;
	int k = w->foreach ? item : 0;

	if (k >= 0 && k < st->item_count && st->items[k].args &&
	    !st->items[k].fallback)
		args = cJSON_Parse(st->items[k].args);
	if (args)
		return args;
	if (k >= 0) {
		values = run_item_values(s, step, k < st->item_count ? k : -1,
					 1);
		if (run_item_args(s, step, item, &w->action, values, &args,
				  NULL))
			return args;
	}
	args = cJSON_CreateObject();
	cJSON_ArrayForEach(change, st->overrides)
		if (is_about(change, st, item))
			workflow_change_args(args, json_get(change, "with"));
	return args;
}

static cJSON *
field(const cJSON *property, const cJSON *args, bool required)
{
	static const char *const kept[] = { "type", "description", "enum",
					    "minimum", "maximum" };
	cJSON *o = cJSON_CreateObject();
	const cJSON *value = json_get(args, property->string);

	cJSON_AddStringToObject(o, "name", property->string);
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if (json_get(property, kept[i]))
			cJSON_AddItemToObject(
				o, kept[i],
				cJSON_Duplicate(json_get(property, kept[i]),
						true));
	cJSON_AddBoolToObject(o, "required", required);
	cJSON_AddItemToObject(o, "value",
			      value ? cJSON_Duplicate(value, true) :
				      cJSON_CreateNull());
	return o;
}

static bool
list_has(const cJSON *list, const char *text)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, list)
		if (cJSON_IsString(v) && str_eq(v->valuestring, text))
			return true;
	return false;
}

/* NULL when there is no such step. */
static const struct tool *
tool_of(const struct run_state *s, const char *step, int *ret_index)
{
	int i = step && s->workflow && s->steps ?
			workflow_find(s->workflow, step) :
			-1;

	*ret_index = i;
	return i < 0 ? NULL : s->workflow->steps[i].action.tool;
}

cJSON *
run_iterate_fields(struct run_state *s, const char *step, int item)
{
	int i;
	const struct tool *tool = tool_of(s, step, &i);
	const char *code_arg = tool ? workflow_code_arg(tool) : NULL;
	AUTO_JSON *schema = tool ? cJSON_Parse(tool->schema) : NULL;
	AUTO_JSON *args = NULL;
	cJSON *fields;
	const cJSON *property;

	if (!tool || (item >= 0 && (!s->steps[i].is_list ||
				    item >= s->steps[i].item_count)))
		return NULL;
	args = current_args(s, i, item);
	fields = cJSON_CreateArray();
	cJSON_ArrayForEach(property, json_get(schema, "properties"))
		if (!str_eq(property->string, code_arg))
			cJSON_AddItemToArray(
				fields,
				field(property, args,
				      list_has(json_get(schema, "required"),
					       property->string)));
	return fields;
}

/* --- what a person means ------------------------------------------------ */

static bool
takes(const cJSON *property, const char *type)
{
	const cJSON *types = json_get(property, "type");

	return cJSON_IsString(types) ? str_eq(types->valuestring, type) :
				       list_has(types, type);
}

/* Whether v, which is no text, is what the property wants. */
static bool
fits(const cJSON *property, const cJSON *v)
{
	const cJSON *one;

	cJSON_ArrayForEach(one, json_get(property, "enum"))
		if (cJSON_Compare(one, v, true))
			return true;
	if (cJSON_IsNumber(v))
		return takes(property, "number") || takes(property, "integer");
	if (cJSON_IsBool(v))
		return takes(property, "boolean");
	if (cJSON_IsArray(v))
		return takes(property, "array");
	return cJSON_IsObject(v) && takes(property, "object");
}

/* Text is meant as it stands, unless it is quoted. */
static cJSON *
text_value(const struct yaml_node *n, const char *text)
{
	bool quoted = *text == '"' || *text == '\'';

	return cJSON_CreateString(
		quoted && n && n->kind == YAML_SCALAR ? n->text : text);
}

cJSON *
run_iterate_value(const struct run_state *s, const char *step, const char *key,
		  const char *text)
{
	int i;
	const struct tool *tool = tool_of(s, step, &i);
	AUTO_JSON *schema = tool ? cJSON_Parse(tool->schema) : NULL;
	const cJSON *property = json_get(json_get(schema, "properties"), key);
	AUTO_PTR(yaml_doc) doc =
		yaml_parse(text, strlen(text), "value", 1, NULL);
	const struct yaml_node *n = doc ? yaml_root(doc) : NULL;
	AUTO_JSON *v = n ? yaml_to_json(n) : NULL;

	if (str_eq(text, "null"))
		return cJSON_CreateNull();
	if (v && fits(property, v))
		return TAKE(v);
	if (!v || cJSON_IsString(v) || cJSON_IsNull(v) ||
	    takes(property, "string"))
		return text_value(n, text);
	return TAKE(v);
}
