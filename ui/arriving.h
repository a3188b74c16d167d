/*
 * arriving.h - what agents of the open run say while their turns come
 * (engine.h, struct engine_text). Only a run of this process has that; others
 * show what is in the journal. A turn that landed is not shown any more: its
 * message is in the state then.
 */
#ifndef AGENTOPS_UI_ARRIVING_H
#define AGENTOPS_UI_ARRIVING_H

#include "run/engine.h"
#include "ui/frame.h"

struct arriving {
	char *step; /* as in struct engine_text */
	int64_t item;
	int turn;
	char *text;
};

/* The one that said something last comes last. */
struct arrivings {
	struct arriving *items;
	size_t count, cap;
};

void arrivings_release(struct arrivings *l);
/* Something of its turn came before. */
bool arrivings_know(const struct arrivings *l, const struct engine_text *t);
/* Copies. */
void arrivings_take(struct arrivings *l, const struct engine_text *t);
/* What this agent says, NULL when no turn of it comes. Borrowed. */
const char *arriving_text(const struct arrivings *l, const struct run_state *s,
			  const struct agent_state *g);
/* The agent that said something last, of those whose turns come; or NULL. */
const struct agent_state *arriving_newest(const struct arrivings *l,
					  const struct run_state *s);
/* The end of a text's last line, at most so many columns. Caller frees. */
char *arriving_line(const char *text, int columns);

#endif
