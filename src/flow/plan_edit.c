#include "flow/plan_edit.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"

#include <stdlib.h>
#include <string.h>

/* References to a skipped step stay good: it has no outputs. */
static void
skip_optional(cJSON *steps)
{
	cJSON *step;

	cJSON_ArrayForEach (step, steps) {
		if (!json_bool(step, "optional", false))
			continue;
		cJSON_DeleteItemFromObjectCaseSensitive(step, "when");
		cJSON_AddStringToObject(step, "when", "false");
	}
}

/* By id, else by "step" and its place in the file. */
static cJSON *
find_step(cJSON *steps, const char *name)
{
	cJSON *step;
	int64_t n;

	cJSON_ArrayForEach (step, steps)
		if (str_eq(json_str(step, "id"), name))
			return step;
	if (!str_starts(name, "step") ||
	    !str_to_i64(name + strlen("step"), 1, 5000, &n))
		return NULL;
	return cJSON_GetArrayItem(steps, (int)n - 1);
}

static bool
override(cJSON *steps, const char *spec, struct err *err)
{
	const char *colon = strrchr(spec, ':');
	AUTO_FREE char *name = NULL;
	cJSON *step;

	if (!colon || colon == spec || !colon[1])
		return FAIL(err, ERR_USAGE,
			    "--plugin-override %s: write STEP:TOOL, such as "
			    "step2:chart",
			    spec);
	name = xstrndup(spec, (size_t)(colon - spec));
	step = find_step(steps, name);
	if (!step)
		return FAIL(err, ERR_USAGE,
			    "--plugin-override %s: the pattern has %d steps, "
			    "and none is called %s",
			    spec, cJSON_GetArraySize(steps), name);
	if (!json_get(step, "uses"))
		return FAIL(err, ERR_USAGE,
			    "--plugin-override %s: %s is a program of its own "
			    "and takes no other tool",
			    spec, name);
	cJSON_ReplaceItemInObjectCaseSensitive(step, "uses",
					       cJSON_CreateString(colon + 1));
	return true;
}

bool
plan_edit(const char *name, const cJSON *options, char **text,
	  int *first_line, struct err *err)
{
	const cJSON *overrides = json_get(options, "overrides"), *v;
	bool skip = json_bool(options, "skip_optional", false);
	AUTO_PTR(yaml_doc) doc = NULL;
	AUTO_JSON *root = NULL;
	cJSON *steps;

	if (!skip && !cJSON_GetArraySize(overrides))
		return true;
	doc = yaml_parse(*text, strlen(*text), name, *first_line, err);
	if (!doc)
		return false;
	root = yaml_to_json(yaml_root(doc));
	steps = cJSON_GetObjectItemCaseSensitive(root, "steps");
	if (!cJSON_IsArray(steps))
		return yaml_fail(doc, yaml_root(doc), err, "it has no steps");
	if (skip)
		skip_optional(steps);
	cJSON_ArrayForEach (v, overrides)
		if (!override(steps, cJSON_GetStringValue(v), err))
			return false;
	free(*text);
	*text = json_print(root);
	*first_line = 1;
	return true;
}
