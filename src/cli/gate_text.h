/*
 * gate_text.h - what a gate shows its approver (shown.h), in words: the steps
 * of a plan with their tools, profiles and risks, the program and arguments
 * of a step, why an attempt failed, the fields of a form, the checkpoint of a
 * limit. What a review shows stands in the story already.
 */
#ifndef AGENTOPS_CLI_GATE_TEXT_H
#define AGENTOPS_CLI_GATE_TEXT_H

#include "flow/policy.h"

#include <cjson/cJSON.h>

/* Prints lines, each after indent, safe for a terminal; programs are cut
 * after some lines (all of them is in `agentops gates --json`). shown is a
 * JSON text or NULL. */
void gate_text_print(enum gate_kind kind, const char *shown,
		     const char *indent);

/* JSON values as words: text itself, lists with commas; caller frees. */
char *gate_text_words(const cJSON *v);

#endif
