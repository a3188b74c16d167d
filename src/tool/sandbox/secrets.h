/*
 * secrets.h - what no sandboxed command may read.
 *
 * Lists of places, by what they hold: keys, tokens, browser profiles, shell
 * histories, and agentops' own secrets and journal. Only what exists is
 * listed; a secret that appears while a command runs under the bwrap backend
 * is not covered.
 */
#ifndef AGENTOPS_SANDBOX_SECRETS_H
#define AGENTOPS_SANDBOX_SECRETS_H

#include "base/str.h"

/* Appends the resolved paths of the known secrets of this user. */
void secrets_find(struct strv *ret);

/* The resolved path of a stored secret: a regular file right in <config>/
 * secrets, itself no link. NULL when path is none. Caller frees. */
char *secrets_stored(const char *path);

/* The folder with the journal and every run, resolved; NULL when there is
 * none yet. Caller frees. */
char *secrets_state_root(void);

#endif
