/*
 * landlock.h - what the file system and other processes look like, by
 * Landlock. Inside bubblewrap it is the second wall; without it, the first.
 */
#ifndef AGENTOPS_SANDBOX_LANDLOCK_H
#define AGENTOPS_SANDBOX_LANDLOCK_H

#include "view.h"

/* Signals of a sandboxed process stay in its domain from this ABI on. */
enum { LANDLOCK_ABI_ALONE = 6 };

/* 0 when the kernel has none; why gets the reason. */
int landlock_abi(const char **why);

/* Under bubblewrap: everything mounted is readable, `writable` and the
 * private folders are writable. A kernel without Landlock is no error. */
bool landlock_inside(const struct options *o, struct err *err);

/* Alone: the views decide, and no TCP. */
bool landlock_alone(const struct views *views, const char *tmp,
		    struct err *err);

#endif
