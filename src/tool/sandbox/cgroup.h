/*
 * cgroup.h - limits on the command's whole tree, where this user may make a
 * control group: as root, or in a delegated cgroup v2 subtree.
 *
 * rlimits hold without it, but for one process each, and the kernel does not
 * apply RLIMIT_NPROC to root.
 */
#ifndef AGENTOPS_SANDBOX_CGROUP_H
#define AGENTOPS_SANDBOX_CGROUP_H

#include "launcher.h"

struct cgroup {
	struct strv dirs;   /* one a hierarchy */
	bool pids, memory;  /* which limits are set */
};

/* Makes what can be made; never fails. */
void cgroup_make(const struct limits *l, struct cgroup *ret);
/* Moves the process, and what it starts from now on, into it. */
void cgroup_add(const struct cgroup *c, pid_t pid);
/* Removes it; everything in it must have ended, or ends now (v2). */
void cgroup_remove(struct cgroup *c);

#endif
