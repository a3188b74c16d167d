/*
 * changed.h - what changed since the last review that a person answered with
 * iterate, for the review that follows.
 *
 *	{"step", "item", "what", "key", "before", "after"}
 *
 *	what      key             before, after
 *	input     its name        values of the workflow's inputs; step null
 *	argument  its name        arguments of the last attempt
 *	findings  null            how many checks of pictures failed
 *	artifact  its name        content hashes
 *
 * null stands for what was or is not there. Values of more than
 * CHANGED_VALUE_BYTES are shown as text that ends in "...". Only steps that
 * started again are looked at; nothing else can have changed.
 */
#ifndef AGENTOPS_RUN_CHANGED_H
#define AGENTOPS_RUN_CHANGED_H

#include "run/state.h"

enum { CHANGED_VALUE_BYTES = 400 };

/* The array; caller deletes. Empty when no review was answered so. */
cJSON *changed_list(const struct run_state *s);

/* The hash of what a replaces: the artifact of this name of the same item at
 * that review. NULL when there was none, or the item did not run again. */
const char *changed_before(const struct run_state *s,
			   const struct artifact_state *a);

#endif
