/*
 * plain_ask.h - questions of the plain dialogue; between src/cli/plain*.c.
 */
#ifndef AGENTOPS_CLI_PLAIN_ASK_H
#define AGENTOPS_CLI_PLAIN_ASK_H

#include "base/str.h"
#include "cli/drive.h"
#include "cli/typed.h"

struct plain {
	struct drive d;
	struct typed *typed;
	struct cli_host host;
	bool echo;            /* nobody sees what is typed: show it */
	bool carrying;        /* d.run is live here */
	bool told;            /* and its story was told from the beginning, or
				 from its last gate on */
	int64_t gate;         /* asked about; 0: none */
	bool gone;            /* the gate was answered elsewhere meanwhile */
	int exit_status;
};

/* Prints lines, safe for a terminal, each as one. */
void plain_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Asks, and turns the loop until a line came: trimmed, caller frees. NULL
 * when none comes: the input ended, Ctrl-C, the journal failed, or the gate
 * asked about was answered elsewhere.
 */
char *plain_ask(struct plain *p, const char *question);

/* What plain_choose gives when no line comes, and for an empty one. */
enum { PLAIN_NOBODY = -1, PLAIN_EMPTY = -2 };

/* Numbered choices, from 1, listed first when list is set, and whenever "?"
 * is the answer. Another answer is a number, the words of a choice, or those
 * before its ":" or " =": its index. empty: what an empty line means, in
 * words; NULL: it is no answer. */
int plain_choose(struct plain *p, const char *question,
		 const struct strv *choices, const char *empty, bool list);

/* Asks about the open gate of the run. Answered, here or elsewhere: true;
 * else the run is being parked. */
bool plain_gate(struct plain *p, struct run_state *s);

/* What is to be done anew at a gate: JSON text, caller frees. NULL when no
 * line comes. */
char *plain_iterate(struct plain *p, struct run_state *s,
		    const struct gate_state *g);

/* A value for an input, checked; NULL when no line comes. An empty line is
 * "" when keep is set or the input may be left out. Caller frees. */
char *plain_input(struct plain *p, const struct run_state *s,
		  const struct workflow_input *in, bool keep);

#endif
