/*
 * limits.h - rlimits and capabilities of the calling process.
 */
#ifndef AGENTOPS_SANDBOX_LIMITS_H
#define AGENTOPS_SANDBOX_LIMITS_H

#include "launcher.h"

/*
 * Never above what the process already has. others is the number of threads
 * that the kernel counts against the user before the command starts: 0 in a
 * fresh user namespace, limits_user_threads() without one.
 */
bool limits_apply(const struct limits *l, int others, struct err *err);
int limits_user_threads(void);

/* Gives every capability up, for good: no exec brings one back. */
bool limits_drop_capabilities(struct err *err);

#endif
