/*
 * offline.h - the provider that needs no key and no network: it plans by
 * replaying a pattern, and says so.
 *
 * It takes the best match of the patterns worker (or the one asked for with
 * --pattern), loads its workflow, and fills the workflow's inputs from, in
 * this order: values given with --input; files given or named in the task,
 * for inputs of type file in their order (a file input may say which
 * extensions it takes by its pattern); the workspace, for a file input named
 * "workspace" or "repository"; a select option that stands in the task; the
 * task itself, for a text input named "task". What stays empty and is
 * required is asked by a form gate.
 */
#ifndef AGENTOPS_FLOW_OFFLINE_H
#define AGENTOPS_FLOW_OFFLINE_H

#include "base/db.h"
#include "base/path.h"
#include "flow/workflow.h"

#include <cjson/cJSON.h>

/* Everything is borrowed. */
struct plan_request {
	struct db *db;
	const struct workflow_tools *tools; /* that its steps may use */
	const char *task, *workspace;
	const cJSON *options; /* pattern, inputs, data */
	const cJSON *reports; /* worker name to report */
};

struct plan {
	char *pattern;     /* id of the pattern replayed */
	char *source;      /* its file */
	int first_line;    /* of the workflow in it */
	char *workflow;    /* YAML text */
	char *explanation; /* which pattern, how sure, why; for people */
	cJSON *choice;     /* all factors of the match */
	cJSON *inputs;     /* values found */
};

void plan_release(struct plan *p);

/*
 * Blocks shortly on the library. No match: false, ERR_NOTFOUND; the message
 * names the nearest patterns and how to write one, *ret_nearest is their
 * list with factors (caller deletes; may be NULL on other errors).
 */
bool offline_plan(const struct plan_request *req, struct plan *ret,
		  cJSON **ret_nearest, struct err *err);

#endif
