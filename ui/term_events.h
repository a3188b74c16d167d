/*
 * term_events.h - signals and timers of the terminal, on the loop. For
 * ui/term.c.
 */
#ifndef AGENTOPS_UI_TERM_EVENTS_H
#define AGENTOPS_UI_TERM_EVENTS_H

#include "base/loop.h"

struct term_events;

struct term_events_on {
	void (*wait_over)(void *ud);
	void (*window)(void *ud);    /* SIGWINCH: a storm of them is one */
	void (*stop)(void *ud);      /* SIGTSTP */
	void (*continued)(void *ud); /* SIGCONT not due to stop_group */
	/* SIGHUP, SIGTERM, SIGINT */
	void (*end)(void *ud, int signum);
};

/* Borrows on. The signals do not keep the loop alive. */
struct term_events *term_events_new(struct loop *l,
				    const struct term_events_on *on,
				    void *ud);
void term_events_free(struct term_events *e);
/* Calls wait_over after wait_ms; 0: not. A wait that is under way goes on
 * unless again is set. */
void term_events_wait(struct term_events *e, int wait_ms, bool again);
/* SIGTSTP to the whole group, as the tty's Ctrl-Z does; returns when it goes
 * on (at once when nobody would continue it). */
void term_events_stop_group(struct term_events *e);

#endif
