/*
 * term_entry.h - terminfo entries of our own on top of the user's terminal,
 * compiled by tic once and kept in the cache folder, both for each $TERM:
 *
 *	agentops         without scrolling (pixels of pictures would move with
 *	                 the lines) and without relative moves of the cursor:
 *	                 looking for the shortest of them takes an eighth of the
 *	                 instructions up to the first paint
 *	agentops-direct  the same with direct colour (brief images.md says why
 *	                 it is needed)
 */
#ifndef AGENTOPS_UI_TERM_ENTRY_H
#define AGENTOPS_UI_TERM_ENTRY_H

#include "base/loop.h"
#include "base/path.h"

#define TERM_ENTRY_PLAIN "agentops"
#define TERM_ENTRY_DIRECT "agentops-direct"

/* The folder for $TERMINFO; caller frees. */
char *term_entry_dir(const struct paths *paths, const char *term);
/* True: both are there. */
bool term_entry_exists(const char *dir);
void term_entry_forget(const char *dir);

/* Compiles them without blocking; done is called on the loop, ok false when
 * tic does not know the terminal. NULL, and no done, when it cannot be
 * started. Copies its strings. */
struct term_entry_job;
struct term_entry_job *term_entry_make(struct loop *l, const char *dir,
				       const char *term,
				       void (*done)(void *ud, bool ok),
				       void *ud);
/* done will not be called. Not after it was. */
void term_entry_cancel(struct term_entry_job *job);

#endif
