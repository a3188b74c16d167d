/*
 * gate_text.h - what a gate shows its approver, in lines for people: the
 * JSON of gate.opened (run/shown.h) without what nobody reads.
 *
 *	AUTO(strv) lines = STRV_INIT;
 *	gate_text(kind, shown, run_dir, &lines);
 *
 * The lines may hold anything that files and programs said: print them
 * through cli_print.
 */
#ifndef AGENTOPS_CLI_GATE_TEXT_H
#define AGENTOPS_CLI_GATE_TEXT_H

#include "base/str.h"
#include "flow/policy.h"

#include <cjson/cJSON.h>

/* Appends to ret; shown that is no JSON object gives nothing. run_dir tells
 * where the artifacts are. */
void gate_text(enum gate_kind kind, const char *shown, const char *run_dir,
	       struct strv *ret);

/* Only what changed since the review before, in one line: "since iteration
 * 8: chart[1] kind bar -> line; chart[1] findings 1 -> 0", and the words of
 * who asked for it. Nothing at a first review. */
void gate_text_changes(const char *shown, struct strv *ret);

/* A JSON value as words: text itself, lists with commas, "none" for nothing;
 * caller frees. */
char *gate_text_words(const cJSON *v);

#endif
