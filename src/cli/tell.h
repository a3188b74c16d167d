/*
 * tell.h - what an event says, in lines for people; pure, and without memory
 * between events, so that any page of a long journal can be told by itself.
 *
 *	AUTO(tell_lines) lines = TELL_LINES_INIT;
 *	tell_event(state, &event, run_dir, TELL_SHELL, &lines);
 *
 * One event gives no, one or several lines, without newlines of their own;
 * nothing is invented that no event says. Lines may hold anything that
 * files, models and programs said: make them visible before they are shown
 * (str_visible). What a face leaves out because it told it before (a reason
 * that stood in the line above) is the face's to remember: see story.c.
 */
#ifndef AGENTOPS_CLI_TELL_H
#define AGENTOPS_CLI_TELL_H

#include "run/state.h"

/* For colour; the words say the same without it. */
enum tell_kind {
	TELL_PLAIN,
	TELL_HEADING, /* a run or a phase begins, is resumed, is parked */
	TELL_DETAIL,  /* of an attempt: belongs to its step's line */
	TELL_GOOD,    /* something ended as it should */
	TELL_BAD,     /* something failed, or was found wrong */
	TELL_GATE,    /* a person is asked, or answered */
};

struct tell_line {
	char *text;
	int hang; /* column at which a broken line goes on */
	enum tell_kind kind;
};

struct tell_lines {
	struct tell_line *items;
	size_t count, cap;
};

#define TELL_LINES_INIT { NULL, 0, 0 }

void tell_lines_release(struct tell_lines *l);

/* Who reads it: lines that say which command line goes on are for those
 * who have one. */
enum tell_face { TELL_SHELL, TELL_APP };

/* Appends to out. s is the run after e, or any time later; run_dir tells
 * where the artifacts are. */
void tell_event(const struct run_state *s, const struct event *e,
		const char *run_dir, enum tell_face face,
		struct tell_lines *out);

#endif
