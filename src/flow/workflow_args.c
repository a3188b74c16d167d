/*
 * Arguments against schemas, at load time: the tool's own check runs on the
 * arguments with a stand-in for every expression, a value that the schema
 * takes. So a misspelt argument or a wrong literal is found before anything
 * runs, and an expression is judged when its value is known. What a person
 * changes later is checked in the same way.
 */
#include "flow/workflow_load.h"

#include "base/json.h"

#include <string.h>

static cJSON *stand_in(const cJSON *schema);

static const char *
schema_type(const cJSON *schema)
{
	const cJSON *type = json_get(schema, "type");

	if (cJSON_IsArray(type))
		type = type->child;
	return cJSON_IsString(type) ? type->valuestring : "";
}

static cJSON *
stand_in_list(const cJSON *schema)
{
	cJSON *list = cJSON_CreateArray();
	int64_t count = json_int(schema, "minItems", 0);

	for (int64_t i = 0; i < count && i < 16; i++)
		cJSON_AddItemToArray(list,
				     stand_in(json_get(schema, "items")));
	return list;
}

static cJSON *
stand_in_object(const cJSON *schema)
{
	cJSON *object = cJSON_CreateObject();
	const cJSON *properties = json_get(schema, "properties"), *name;

	cJSON_ArrayForEach(name, json_get(schema, "required")) {
		if (cJSON_IsString(name))
			cJSON_AddItemToObject(object, name->valuestring,
				stand_in(json_get(properties,
						  name->valuestring)));
	}
	return object;
}

/* Depth is that of the schema, which is the program's own text. */
static cJSON *
stand_in(const cJSON *schema)
{
	const cJSON *options = json_get(schema, "enum");
	const char *type = schema_type(schema);

	if (cJSON_IsArray(options) && options->child)
		return cJSON_Duplicate(options->child, true);
	if (strcmp(type, "number") == 0 || strcmp(type, "integer") == 0) {
		double low = json_num(schema, "minimum", 1);

		return cJSON_CreateNumber(low > json_num(schema, "maximum",
							 low) ?
			json_num(schema, "maximum", low) : low);
	}
	if (strcmp(type, "boolean") == 0)
		return cJSON_CreateTrue();
	if (strcmp(type, "array") == 0)
		return stand_in_list(schema);
	if (strcmp(type, "object") == 0)
		return stand_in_object(schema);
	return strcmp(type, "null") == 0 ? cJSON_CreateNull() :
					   cJSON_CreateString("text");
}

/* The tree as JSON with stand-ins for its expressions. */
static cJSON *
with_stand_ins(const struct yaml_node *n, const cJSON *schema)
{
	cJSON *out;

	if (n->kind == YAML_SCALAR) {
		if (!expr_present(n))
			return yaml_to_json(n);
		return expr_is_whole(n) || json_get(schema, "enum") ?
			stand_in(schema) : cJSON_CreateString(n->text);
	}
	out = n->kind == YAML_MAP ? cJSON_CreateObject() :
				    cJSON_CreateArray();
	for (size_t i = 0; i < n->count; i++) {
		if (n->kind == YAML_SEQ) {
			cJSON_AddItemToArray(out, with_stand_ins(
				n->items[i], json_get(schema, "items")));
			continue;
		}
		cJSON_AddItemToObject(out, n->keys[i]->text, with_stand_ins(
			n->items[i], json_get(json_get(schema, "properties"),
					      n->keys[i]->text)));
	}
	return out;
}

/* Parsed once per tool; a workflow with more different tools than fit
 * simply parses the others each time (the last slot is reused). */
static const cJSON *
schema_of(struct loader *l, const struct tool *tool)
{
	size_t i;

	for (i = 0; i < l->schema_count; i++)
		if (l->schemas[i].tool == tool)
			return l->schemas[i].schema;
	if (i == LOADER_SCHEMAS)
		cJSON_Delete(l->schemas[--i].schema);
	else
		l->schema_count++;
	l->schemas[i].tool = tool;
	l->schemas[i].schema = json_parse(tool->schema, strlen(tool->schema),
					  tool->name, NULL);
	return l->schemas[i].schema;
}

bool
loader_check_args(struct loader *l, const struct workflow_step *step,
		  const struct workflow_action *a)
{
	const char *code_arg = workflow_code_arg(a->tool);
	AUTO_FREE char *subject = xasprintf("step %s", step->id);
	struct err why = ERR_INIT;
	AUTO_JSON *args = NULL;

	args = a->with ? with_stand_ins(a->with, schema_of(l, a->tool)) :
			 cJSON_CreateObject();
	if (code_arg)
		cJSON_AddStringToObject(args, code_arg, a->code);
	if (l->tools->check_args(a->tool, args, subject, &why))
		return true;
	return yaml_fail(l->doc, a->with ? a->with : a->at, l->err, "%s",
			 why.msg);
}

void
workflow_change_args(cJSON *args, const cJSON *with)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, with) {
		if (cJSON_IsNull(v))
			cJSON_DeleteItemFromObjectCaseSensitive(args,
								v->string);
		else if (json_get(args, v->string))
			cJSON_ReplaceItemInObjectCaseSensitive(
				args, v->string, cJSON_Duplicate(v, true));
		else
			cJSON_AddItemToObject(args, v->string,
					      cJSON_Duplicate(v, true));
	}
}

bool
workflow_check_with(const struct workflow_tools *tools,
		    const struct workflow_step *step, const cJSON *with,
		    struct err *err)
{
	const struct workflow_action *a = &step->action;
	const char *code_arg = workflow_code_arg(a->tool);
	AUTO_FREE char *subject = xasprintf("step %s", step->id);
	AUTO_JSON *schema = json_parse(a->tool->schema,
				       strlen(a->tool->schema),
				       a->tool->name, err);
	AUTO_JSON *args = NULL;

	if (!schema)
		return false;
	if (code_arg && json_get(with, code_arg))
		return FAIL(err, ERR_USAGE,
			    "step %s: %s is its program, which is approved "
			    "with the plan and cannot be replaced later",
			    step->id, code_arg);
	args = a->with ? with_stand_ins(a->with, schema) :
			 cJSON_CreateObject();
	workflow_change_args(args, with);
	if (code_arg)
		cJSON_AddStringToObject(args, code_arg, a->code);
	return tools->check_args(a->tool, args, subject, err);
}
