/*
 * plan_edit.h - a pattern's workflow as a person wants it for one replay:
 * v0.2.0's --skip-optional and --plugin-override.
 *
 * Structural: the parsed tree is changed and written anew (as JSON, which is
 * YAML), then loaded and classed like any workflow; a tool that does not take
 * the step's arguments is refused there.
 */
#ifndef AGENTOPS_FLOW_PLAN_EDIT_H
#define AGENTOPS_FLOW_PLAN_EDIT_H

#include "base/err.h"

#include <cjson/cJSON.h>

/*
 * options: skip_optional (true: steps that are `optional` are skipped) and
 * overrides (array of "STEP:TOOL"; STEP is an id, or step2 for the second in
 * the file). *text is replaced, and *first_line set to 1, only when one of
 * them is there. name is what errors call the file.
 */
bool plan_edit(const char *name, const cJSON *options, char **text,
	       int *first_line, struct err *err);

#endif
