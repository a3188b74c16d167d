/*
 * workflow_load.h - inside of the workflow loader; included by workflow*.c.
 *
 * Loading goes in passes, because a later one needs what an earlier one
 * found: ids, then needs and order (workflow_graph.c), then everything in
 * each step, whose expressions may only name what comes before it
 * (workflow_load.c, workflow_args.c).
 */
#ifndef AGENTOPS_FLOW_WORKFLOW_LOAD_H
#define AGENTOPS_FLOW_WORKFLOW_LOAD_H

#include "flow/workflow.h"

enum { LOADER_SCHEMAS = 16 };

struct loader {
	const struct yaml_doc *doc;
	const struct workflow_tools *tools;
	struct workflow *wf;
	uint64_t *ancestors; /* per step a bit set of steps before it */
	size_t set_words;    /* of one bit set */
	struct {
		const struct tool *tool;
		cJSON *schema;
	} schemas[LOADER_SCHEMAS]; /* parsed once per tool */
	size_t schema_count;
	struct err *err;
};

/* [a-z][a-z0-9_-]{0,39}, else a located error; what is "step id" ... */
bool loader_check_id(struct loader *l, const struct yaml_node *at,
		     const char *what, const char *id);

/* Puts the step's id into the hash; false (located) when it is there. */
bool loader_add_id(struct loader *l, struct workflow_step *step);

/* Reads every step's needs; sets wf->order and l->ancestors; an error that
 * names the cycle when there is one. */
bool loader_order(struct loader *l);
/* Whether step a comes before step b by needs. */
bool loader_before(const struct loader *l, int a, int b);

/* `inputs:` of the workflow. */
bool loader_inputs(struct loader *l, const struct yaml_node *inputs);

/* Checks the action's arguments against its tool's schema, as far as they
 * are known now: an expression counts as a value of the right kind. */
bool loader_check_args(struct loader *l, const struct workflow_step *step,
		       const struct workflow_action *a);

#endif
