/*
 * term_entry.h - the terminfo entry "agentops-direct": the user's terminal
 * with direct colour, compiled by tic once and kept in the cache folder, one
 * per $TERM (brief images.md says why it is needed).
 */
#ifndef AGENTOPS_UI_TERM_ENTRY_H
#define AGENTOPS_UI_TERM_ENTRY_H

#include "base/loop.h"
#include "base/path.h"

#define TERM_ENTRY_NAME "agentops-direct"

/* The folder for $TERMINFO; caller frees. */
char *term_entry_dir(const struct paths *paths, const char *term);
bool term_entry_exists(const char *dir);
void term_entry_forget(const char *dir);

/* Compiles it without blocking; done is called on the loop, ok false when
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
