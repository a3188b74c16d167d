/*
 * story.h - a run told in lines, event by event: live in a headless run,
 * and afterwards by `agentops show`.
 *
 * One event gives no, one or several whole lines; nothing is invented that
 * no event says. What an attempt made and how it was judged is told below
 * its own line, and a reason once. In a file or pipe a line is never broken;
 * on a terminal long ones go on indented, and a single live line at the
 * bottom shows what is running and for how long; it is taken away before
 * lines are printed. No escape sequence is ever written.
 */
#ifndef AGENTOPS_CLI_STORY_H
#define AGENTOPS_CLI_STORY_H

#include "base/loop.h"
#include "run/state.h"

struct story;

/* run_dir tells where artifacts are; borrowed. times: begin each line with
 * the time of day (for stories of the past). */
struct story *story_new(const char *run_dir, bool times);
void story_free(struct story *s);
DEFINE_AUTO_PTR(story);

/* Starts the live line, when stdout is a terminal; state is looked at four
 * times a second while something runs. */
void story_live(struct story *s, struct loop *loop,
		const struct run_state *(*state)(void *ud), void *ud);

/* Prints what the event says. state is the run after it (or later). */
void story_event(struct story *s, const struct run_state *state,
		 const struct event *e);

#endif
