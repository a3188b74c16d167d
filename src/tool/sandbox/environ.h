/*
 * environ.h - what a sandboxed command finds in its environment.
 *
 * An allow list: tokens and keys live under names that nobody can list.
 * Over it come the places that must lie in the private /tmp, and last the
 * --env options.
 */
#ifndef AGENTOPS_SANDBOX_ENVIRON_H
#define AGENTOPS_SANDBOX_ENVIRON_H

#include "base/str.h"

/* tmp is the command's private folder for temporary files. */
void environ_scrub(const struct strv *added, const char *tmp,
		   struct strv *ret);

#endif
