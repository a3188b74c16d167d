/*
 * Any bytes as a workflow file. One that loads is used as the engine would:
 * inputs checked, classified, every argument, item and condition resolved,
 * every check evaluated in a folder that is not there.
 */
#include "base/json.h"
#include "flow/expr.h"
#include "flow/workflow.h"

#include "../unit/flow_tools.h"

#include <stdint.h>
#include <stdlib.h>

static void
use_action(const struct workflow *wf, const struct workflow_action *a,
	   const cJSON *values)
{
	struct err err = ERR_INIT;
	cJSON *args = NULL;

	if (a && workflow_args(wf, a, values, &args, &err))
		cJSON_Delete(args);
}

static void
use_step(const struct workflow *wf, const struct workflow_step *s,
	 const cJSON *values)
{
	struct validation_context ctx = {
		.doc = wf->doc, .dir = "/nonexistent", .data = values,
		.text = "text\nof it", .values = values,
	};
	struct validation_result r;
	struct err err = ERR_INIT;
	cJSON *items = NULL;
	bool truth;

	if (workflow_find(wf, s->id) != s->index)
		abort();
	use_action(wf, &s->action, values);
	use_action(wf, s->fallback, values);
	if (s->foreach && workflow_items(wf, s, values, &items, &err))
		cJSON_Delete(items);
	if (s->when)
		expr_test(wf->doc, s->when, values, &truth, &err);
	for (size_t i = 0; i < s->validate_count; i++)
		validation_run(&s->validate[i], &ctx, &r);
}

/* Every step once, its needs before it. */
static void
check_order(const struct workflow *wf)
{
	AUTO_FREE bool *done = xcalloc(wf->step_count, sizeof(*done));

	for (size_t i = 0; i < wf->step_count; i++) {
		const struct workflow_step *s = &wf->steps[wf->order[i]];

		for (size_t k = 0; k < s->need_count; k++)
			if (!done[s->needs[k]])
				abort();
		if (done[s->index])
			abort();
		done[s->index] = true;
	}
}

static void
use_workflow(const struct workflow *wf)
{
	struct policy_class c = POLICY_CLASS_INIT;
	struct strv missing = STRV_INIT;
	AUTO_JSON *values = cJSON_CreateObject();
	struct err err = ERR_INIT;
	cJSON *inputs = NULL;

	check_order(wf);
	workflow_class(wf, NULL, &c);
	if (c.reasons.count == 0)
		abort();
	policy_class_release(&c);
	if (!workflow_check_inputs(wf, NULL, &inputs, &missing, &err))
		abort(); /* defaults were checked when it was loaded */
	strv_release(&missing);
	cJSON_AddItemToObject(values, "inputs", inputs);
	cJSON_AddNumberToObject(values, "index", 1);
	cJSON_AddStringToObject(values, "item", "i");
	for (size_t i = 0; i < wf->step_count; i++)
		use_step(wf, &wf->steps[i], values);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	AUTO_PTR(workflow) wf = NULL;

	wf = workflow_parse((const char *)data, size, "fuzz", 1,
			    &FLOW_TOOL_TABLE, &err);
	if (wf)
		use_workflow(wf);
	else if (err.code == ERR_NONE || !err.msg[0])
		abort();
	return 0;
}
