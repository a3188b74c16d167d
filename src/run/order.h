/*
 * order.h - what a person tells a running agent: to hear something, to pause,
 * to go on, to leave a call that has not begun. Written into the journal like
 * an answer to a gate, whoever owns the run; the fold says what it means
 * (agent_state.h).
 */
#ifndef AGENTOPS_RUN_ORDER_H
#define AGENTOPS_RUN_ORDER_H

#include "run/journal.h"
#include "run/state.h"

enum order_kind { ORDER_SAY, ORDER_PAUSE, ORDER_GO_ON, ORDER_WITHDRAW };

struct order {
	enum order_kind kind;
	const char *agent; /* its name: STEP, STEP[ITEM], planner, agent:data */
	const char *text;  /* what is said; why a call is taken back, or NULL */
	const char *call;  /* its id; NULL: the first that waits */
	const char *by;
};

/* "say", "pause", "go-on", "withdraw". */
bool order_parse(const char *word, enum order_kind *ret);
const char *order_word(enum order_kind k);

/* A person's pause keeps it from going on. */
bool order_is_held(const struct agent_state *g);
/* What its state is called: "thinking", "paused" ... */
const char *order_state_word(const struct agent_state *g);
/* The agent of this name, or NULL with err (ERR_NOTFOUND), which names those
 * that there are. */
const struct agent_state *order_find(const struct run_state *s,
				     const char *name, struct err *err);
/* The call that would be taken back: the one of this id, or without one the
 * first that has not begun; NULL when none has that may be. */
const struct agent_call *order_call(const struct agent_state *g,
				    const char *id);

/*
 * s is the run as it was read, so what has changed since is left to the fold:
 * words that come too late are heard when the agent is asked again.
 * ERR_CONFLICT: it makes no sense now, and why.
 */
bool order_give(struct journal *j, const struct run_state *s,
		const struct order *o, struct err *err);

#endif
