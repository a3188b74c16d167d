/*
 * flow_tools.h - tools for tests of the workflow loader: rows without a
 * call, and a check of arguments that knows just enough of JSON Schema.
 * Flow tests need no tool to run.
 */
#ifndef AGENTOPS_TESTS_FLOW_TOOLS_H
#define AGENTOPS_TESTS_FLOW_TOOLS_H

#include "base/json.h"
#include "base/mem.h"
#include "flow/workflow.h"

#include <string.h>

static const struct tool FLOW_TOOLS[] = {
	{
		.name = "python",
		.schema = "{\"type\": \"object\", \"properties\":"
			  " {\"code\": {\"type\": \"string\"}},"
			  " \"required\": [\"code\"]}",
		.effects = TOOL_WRITES,
		.profile = SANDBOX_READ_ONLY,
	},
	{
		.name = "bash",
		.schema = "{\"type\": \"object\", \"properties\":"
			  " {\"command\": {\"type\": \"string\"}},"
			  " \"required\": [\"command\"]}",
		.effects = TOOL_WRITES,
		.profile = SANDBOX_READ_ONLY,
	},
	{
		.name = "data_profile",
		.schema = "{\"type\": \"object\", \"properties\":"
			  " {\"path\": {\"type\": \"string\"}},"
			  " \"required\": [\"path\"]}",
		.effects = TOOL_READS,
		.profile = SANDBOX_READ_ONLY,
	},
	{
		.name = "chart",
		.schema = "{\"type\": \"object\", \"properties\":"
			  " {\"data\": {\"type\": \"string\"},"
			  "  \"x\": {\"type\": \"string\"},"
			  "  \"kind\": {\"enum\": [\"line\", \"bar\","
			  "                     \"histogram\"]},"
			  "  \"width\": {\"type\": \"integer\","
			  "              \"minimum\": 100},"
			  "  \"y\": {\"type\": \"array\", \"minItems\": 1,"
			  "          \"items\": {\"type\": \"string\"}}},"
			  " \"required\": [\"data\", \"kind\"]}",
		.effects = TOOL_READS,
		.profile = SANDBOX_READ_ONLY,
	},
	{
		.name = "agent",
		.schema = "{\"type\": \"object\", \"properties\":"
			  " {\"prompt\": {\"type\": \"string\"}},"
			  " \"required\": [\"prompt\"]}",
		.effects = TOOL_WRITES,
		.profile = SANDBOX_READ_ONLY,
	},
	{
		.name = "write_file",
		.schema = "{\"type\": \"object\", \"properties\":"
			  " {\"path\": {\"type\": \"string\"}}}",
		.effects = TOOL_WRITES,
		.profile = SANDBOX_WORKSPACE_WRITE,
	},
};

static inline const struct tool *
flow_tool_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(FLOW_TOOLS); i++)
		if (strcmp(FLOW_TOOLS[i].name, name) == 0)
			return &FLOW_TOOLS[i];
	return NULL;
}

static inline const struct tool *const *
flow_tool_all(void)
{
	static const struct tool *all[ARRAY_LEN(FLOW_TOOLS) + 1];

	for (size_t i = 0; i < ARRAY_LEN(FLOW_TOOLS); i++)
		all[i] = &FLOW_TOOLS[i];
	return all;
}

static inline bool
flow_value_fits(const cJSON *schema, const cJSON *v)
{
	const char *type = json_str(schema, "type");
	const cJSON *option;

	if (!type) {
		cJSON_ArrayForEach(option, json_get(schema, "enum"))
			if (cJSON_Compare(option, v, true))
				return true;
		return false;
	}
	if (strcmp(type, "integer") == 0)
		return cJSON_IsNumber(v) &&
		       v->valuedouble >= json_num(schema, "minimum", -1e300);
	if (strcmp(type, "array") == 0)
		return cJSON_IsArray(v) && cJSON_GetArraySize(v) >=
			json_int(schema, "minItems", 0);
	return strcmp(type, "string") != 0 || cJSON_IsString(v);
}

static inline bool
flow_check_args(const struct tool *t, const cJSON *args, const char *subject,
		struct err *err)
{
	AUTO_JSON *schema = json_parse(t->schema, strlen(t->schema), t->name,
				       err);
	const cJSON *properties = json_get(schema, "properties"), *item;

	if (!schema)
		return false;
	cJSON_ArrayForEach(item, args) {
		const cJSON *known = json_get(properties, item->string);

		if (!known)
			return FAIL(err, ERR_USAGE, "%s: %s has no argument "
				    "\"%s\"", subject, t->name, item->string);
		if (!flow_value_fits(known, item))
			return FAIL(err, ERR_USAGE, "%s: argument \"%s\" does "
				    "not fit", subject, item->string);
	}
	cJSON_ArrayForEach(item, json_get(schema, "required"))
		if (!json_get(args, item->valuestring))
			return FAIL(err, ERR_USAGE, "%s: argument \"%s\" is "
				    "missing", subject, item->valuestring);
	return true;
}

static const struct workflow_tools FLOW_TOOL_TABLE = {
	flow_tool_find, flow_tool_all, flow_check_args,
};

#endif
