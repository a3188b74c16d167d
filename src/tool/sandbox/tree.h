/*
 * tree.h - ends every process below this one.
 *
 * Needs SIGCHLD blocked, and PR_SET_CHILD_SUBREAPER: then the children of
 * what is killed become ours, and nobody gets away by forking twice.
 */
#ifndef AGENTOPS_SANDBOX_TREE_H
#define AGENTOPS_SANDBOX_TREE_H

#include <stdbool.h>

/* Returns when no child is left. */
void tree_kill(void);

/* Whether the kernel lists a process's children (CONFIG_PROC_CHILDREN). */
bool tree_can_kill(void);

#endif
