/*
 * bwrap.h - the command line of bubblewrap: namespaces and mounts.
 */
#ifndef AGENTOPS_SANDBOX_BWRAP_H
#define AGENTOPS_SANDBOX_BWRAP_H

#include "view.h"

/* Absolute: PATH is not trusted for the program that makes the walls. */
#define BWRAP "/usr/bin/bwrap"

struct bwrap_fds {
	int status; /* inherited by the inner launcher: "R" */
	int info;   /* bwrap writes the pid of pid 1 there */
};

/* exe: the launcher's own file; proxy_dir: the folder with the proxy's
 * socket, or NULL. */
void bwrap_argv(const struct options *o, const struct views *views,
		const struct bwrap_fds *fds, const char *exe,
		const char *proxy_dir, struct strv *argv);

/* The namespaces and first mounts alone, for the probe. */
void bwrap_base_argv(struct strv *argv);

#endif
