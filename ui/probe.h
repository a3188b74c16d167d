/*
 * probe.h - what the terminal can do, from the environment and from its
 * answers. Pure: builds the question, reads one reply at a time.
 *
 * The question is one write: kitty graphics query, XTVERSION, DECRQM 2026,
 * CSI 14t and 16t, XTSMGRAPHICS for sixel colours and size, OSC 11, an SGR
 * and its DECRQSS, OSC 1337 ReportCellSize, and last DA1, which every terminal
 * answers (brief images.md has the facts).
 */
#ifndef AGENTOPS_UI_PROBE_H
#define AGENTOPS_UI_PROBE_H

#include "ui/term.h"

/* From $TERM, $COLORTERM, $TERM_PROGRAM, $TMUX, $KITTY_WINDOW_ID, locale;
 * env is looked up by get (tests bring their own). */
void probe_environment(const char *(*get)(void *ud, const char *name),
		       void *ud, struct term_caps *ret);
extern const char probe_question[];
/* Takes one reply; true when it changed *caps. ret_done is set by DA1. */
bool probe_reply(struct term_caps *caps, const char *reply, size_t len,
		 bool *ret_done);

#endif
