/*
 * probe.h - what the terminal can do, from the environment and from its
 * answers. Pure: builds the question, reads one reply at a time.
 *
 * The question is one write: kitty graphics query, XTVERSION, DECRQM 2026,
 * CSI 14t and 16t, XTSMGRAPHICS for sixel colours and size, OSC 11, an SGR
 * and its DECRQSS, OSC 1337 ReportCellSize, and last DA1, which every terminal
 * answers (brief images.md has the facts). Replies may come in any order,
 * late, or never; each says one thing alone.
 *
 * Preferred, when there are several: kitty, sixel, iTerm2, symbols. Inside a
 * multiplexer it stays at symbols, whatever it answers.
 */
#ifndef AGENTOPS_UI_PROBE_H
#define AGENTOPS_UI_PROBE_H

#include "ui/term.h"

/* From $TERM, $COLORTERM, $TERM_PROGRAM, $LC_TERMINAL, $TMUX, $STY, locale;
 * env is looked up by get (tests bring their own). Colours are a guess from
 * the names; terminfo knows better. */
void probe_environment(const char *(*get)(void *ud, const char *name),
		       void *ud, struct term_caps *ret);
/* False for terminals that would show the question, or never answer. */
bool probe_allowed(const char *term);
/* What to write; the second inside tmux and screen. */
extern const char probe_question[];
extern const char probe_question_multiplexer[];
/* Takes one reply; true when it changed *caps. ret_done is set by DA1.
 * Anything else is ignored. */
bool probe_reply(struct term_caps *caps, const char *reply, size_t len,
		 bool *ret_done);

#endif
