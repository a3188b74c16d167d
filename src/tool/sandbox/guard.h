/*
 * guard.h - the process between launcher and command in the landlock
 * backend, where no pid namespace ends the command's tree.
 *
 *	launcher --life pipe--> guard (session of its own, subreaper)
 *	                          \--> command (restricted)
 *
 * The command's tree ends when the command does, when the guard gets a
 * signal that ends it, and when the launcher dies (the life pipe closes).
 * Landlock's signal scope keeps the command from killing the guard; when
 * something else does, the launcher, a subreaper too, ends the tree.
 */
#ifndef AGENTOPS_SANDBOX_GUARD_H
#define AGENTOPS_SANDBOX_GUARD_H

#include "view.h"

/* In the forked child. life_fd: read end, at its end when the launcher is
 * dead; status_fd: where "R" goes. Returns the command's exit status. */
int guard_main(struct options *o, int life_fd, int status_fd);

#endif
