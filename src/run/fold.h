/*
 * fold.h - between the files of the fold (apply*.c); nobody else includes it.
 *
 * apply_ID carries out the event type ID of events.def; run_apply calls it
 * through one table. The fold_ functions are what several of them share.
 */
#ifndef AGENTOPS_RUN_FOLD_H
#define AGENTOPS_RUN_FOLD_H

#include "run/state.h"

#define EVENT(id, name, help, fields) \
	void apply_##id(struct run_state *s, const struct event *e);
#define F(id, kind, name, help)
#include "run/events.def"
#undef EVENT
#undef F

/* A number of the journal as a counter: 0 to a milliard, so that counting on
 * from it cannot overflow. */
int fold_count(int64_t v);
/* A copy in the state's arena, often one that is there; NULL stays NULL. */
const char *fold_keep(struct run_state *s, const char *text);
/* The first reason why the run cannot succeed stays. */
void fold_doom(struct run_state *s, const char *outcome, const char *reason,
	       int exit_status);

/* NULL when there is no such step or item, or steps do not run in this
 * phase. item -1 is the only item of a step without foreach. */
struct step_state *fold_find_step(struct run_state *s, const char *id,
				  int *ret_index);
struct item_state *fold_find_item(struct run_state *s, const char *id,
				  int64_t item, int *ret_step);
/* Takes v. Calls under way borrow the inputs, so the old ones are kept. */
void fold_set_inputs(struct run_state *s, cJSON *v);
/* What a person answered with iterate at g. One that does not hold (see
 * run_check_iterate) changes nothing: the gate is asked again. */
void fold_iterate(struct run_state *s, const struct gate_state *g);
/* Adds the members of a JSON object to the inputs. */
void fold_merge_inputs(struct run_state *s, const char *json);
/* The step that its gate held may be looked at again. */
void fold_let_step_go(struct run_state *s, int step);
/* Puts a step into the ready queue when nothing it needs is open. */
void fold_make_ready(struct run_state *s, int step);
/* Frees what the item owns; item_count of them at items. */
void fold_release_items(struct item_state *items, int item_count);
/* Agents: what a process that ended left under way; a new attempt of an
 * item; a person's yes to more money; all freed. */
void fold_cut_agents(struct run_state *s);
void fold_agent_attempt(struct run_state *s, int step, int item,
			int attempt);
void fold_allow_spending(struct run_state *s);
void fold_release_agents(struct run_state *s);
/* Gives the item its final status, and the step when it was the last. */
void fold_settle_item(struct run_state *s, int step, struct item_state *it,
		      enum item_status outcome);

#endif
