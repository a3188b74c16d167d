/*
 * iterate.h - what a person may change when a gate is answered with
 * iterate: checked before the decision is written, and the form for it.
 * Pure, like the fold.
 *
 * The values of such an answer are a JSON object; every key may be missing:
 *
 *	{"step":   "chart",     the step that starts again, with those that
 *	                        need it; without it all of them
 *	 "item":   2,           only this element of its foreach runs again
 *	 "with":   {"kind": "bar", "limit": null},
 *	                        arguments of the step's own action instead of
 *	                        those in `with`; null takes one away
 *	 "inputs": {"n": 5},    inputs of the workflow
 *	 "workflow": "name: .."} at a plan gate: another workflow
 *
 * At the plan gate of a plan that a model wrote, a comment alone goes to that
 * model, which plans anew. Where nobody plans anew, it is refused.
 *
 * Arguments hold for all later attempts, until they are changed again. Those
 * of one item hold as long as its element of the list is the same; of two
 * answers about one argument the later one wins. They are data: expressions
 * in them are text. They never replace a program, a profile or hosts.
 *
 * At the gate before a step, step is that step and item does not exist yet.
 * Where a person approved a step before it ran, all its items start again,
 * so that its gate is asked again.
 *
 *	if (!run_check_iterate(s, gate, values, &err))
 *		show(err.msg);                    the gate is still open
 *	else
 *		journal_decide(...)
 */
#ifndef AGENTOPS_RUN_ITERATE_H
#define AGENTOPS_RUN_ITERATE_H

#include "run/state.h"

/* Whether this answer (JSON text, NULL is {}) to gate number can be carried
 * out. ERR_USAGE, ERR_NOTFOUND, ERR_SYNTAX or ERR_DATA say what is wrong. */
bool run_check_iterate(const struct run_state *s, int64_t gate,
		       const char *values, struct err *err);

/* Whether text is a workflow that could be proposed instead; errors are
 * located as "name:line:column: what". */
bool run_check_workflow(const struct run_state *s, const char *text,
			const char *name, struct err *err);

/*
 * The arguments of a step, for a form: an array, in the order of the tool's
 * schema, of {"name", "type", "description", "required", "value"} and, where
 * the schema has them, "enum", "minimum" and "maximum". type is a JSON Schema
 * type or a list of them. value is what the last attempt got, before the
 * first one what it would get, null when that is nothing or not known yet.
 * A program is left out. item is the index of a foreach element, -1 for the
 * step: then the values of a foreach are what people changed for all items,
 * else null. NULL when there is no such step or item; caller deletes.
 */
cJSON *run_iterate_fields(struct run_state *s, const char *step, int item);

/*
 * The value that a person means by text as argument key of a step: text
 * where the schema wants text, else YAML ("900", "true", "[a, b]"); null for
 * "null". What does not fit is left for run_check_iterate to tell. Caller
 * deletes.
 */
cJSON *run_iterate_value(const struct run_state *s, const char *step,
			 const char *key, const char *text);

/* An answer that holds; all borrows from its JSON. */
struct iterate {
	int step, item; /* -1: all */
	const cJSON *with, *inputs; /* or NULL */
	const char *workflow;       /* or NULL */
};

/* As run_check_iterate, but for the inputs, which the plan checks (a form
 * gate asks for what does not fit). Used by the fold. */
bool run_read_iterate(const struct run_state *s, const struct gate_state *g,
		      const cJSON *values, struct iterate *ret,
		      struct err *err);

/* Whether an answer that holds goes to the model that wrote the plan: words
 * alone, at a plan gate. */
bool run_for_planner(const struct run_state *s, const struct gate_state *g,
		     const struct iterate *it);

#endif
