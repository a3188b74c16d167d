/*
 * supervise.h - the launcher's outer part: starts the sandbox, waits for it,
 * passes signals on, and ends everything with it.
 */
#ifndef AGENTOPS_SANDBOX_SUPERVISE_H
#define AGENTOPS_SANDBOX_SUPERVISE_H

#include "launcher.h"

/* Returns the launcher's exit status. o is resolved. */
int supervise(struct options *o);

#endif
