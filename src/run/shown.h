/*
 * shown.h - what a gate shows its approver, as JSON that goes into
 * gate.opened: so the journal holds exactly what was approved.
 *
 * All of them have "sandbox":"off" when the run has no sandbox.
 * Texts that are long (the workflow, images) stand there by their SHA-256.
 * All functions return a text in the arena.
 *
 *	plan      {"workflow","workflow_sha256","pattern","source",
 *	           "explanation","choice","risk","reasons","limit","inputs",
 *	           "steps":[step]}
 *	step      {"id","title","risk","reasons":[],"tool","profile","command",
 *	           "with","hosts","overrides":[{"item","element","with"}],
 *	           "needs":[id],"fallback":{...},"args"}; with, hosts and
 *	           overrides (what people changed by iterate; item -1: of all
 *	           items) when there are some, args at the step's own gate
 *	review    {"iteration","limit","artifacts":[{"name","step","item",
 *	           "attempt","file","sha256","previous_sha256","media_type",
 *	           "size_bytes","findings"}],
 *	           "steps":[{"id","outcome","reason"}],
 *	           "since","comment","changed":[{"step","item","what","key",
 *	           "before","after"}]}; the last three, and the hash of the
 *	           same output before, once a review was answered with
 *	           iterate: the iteration it was at, its words, and
 *	           changed.h
 *	limit     {"iteration","limit","incomplete":[id],"errors":[text],
 *	           "next":id,"granted_by_yes"}
 *	limit     of money: {"spent_microusd","limit_microusd",
 *	           "needed_microusd","granted_microusd","turns",
 *	           "input_tokens","output_tokens"}
 *	form      {"fields":[{"name","type","prompt","help","required",
 *	           "default","options","pattern","min","max"}],"given":{},
 *	           "problem"}
 *	item      {"step","item","attempt","fallback","tool","profile",
 *	           "command","with","hosts","args","error","exit_status",
 *	           "findings"}
 */
#ifndef AGENTOPS_RUN_SHOWN_H
#define AGENTOPS_RUN_SHOWN_H

#include "run/state.h"

char *shown_plan(const struct run_state *s, struct arena *a);
char *shown_step(struct run_state *s, int step, struct arena *a);
char *shown_review(const struct run_state *s, struct arena *a);
/* next_step: the step that would run next. Also a checkpoint's content. */
char *shown_limit(const struct run_state *s, int next_step, struct arena *a);
char *shown_spend(const struct run_state *s, struct arena *a);
/* problem: what is wrong with a value given, or NULL. */
char *shown_form(const struct run_state *s, const struct strv *missing,
		 const char *problem, struct arena *a);
char *shown_item(const struct run_state *s, int step, int item,
		 struct arena *a);

/* A JSON array of strings; caller frees. */
char *shown_list(const struct strv *v);

#endif
