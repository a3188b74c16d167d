/*
 * inner.h - the last steps before the command: restrict this process for
 * good, say "R", exec.
 */
#ifndef AGENTOPS_SANDBOX_INNER_H
#define AGENTOPS_SANDBOX_INNER_H

#include "launcher.h"

#include <signal.h>

/* As pid 1 in bubblewrap's namespaces: starts the command, reaps what it
 * leaves, forwards signals to it. Returns its exit status, at which the
 * kernel ends everything in the namespace. */
int inner_main(struct options *o);

/* In a child that is restricted already but for the rlimits: applies those,
 * writes "R" to status_fd and becomes the command. Does not return. */
_Noreturn void inner_exec(const struct options *o, int others,
			  const sigset_t *mask, int status_fd);

/* Prints "agentops-sandbox: message" and ends with SANDBOX_SETUP_FAILED,
 * running no exit handlers. */
_Noreturn void inner_die(const struct err *err);

/* Blocks the signals that are forwarded to the command, and SIGCHLD; the
 * mask before it goes to old. */
void inner_block_signals(sigset_t *set, sigset_t *old);

/* The shell's convention for a wait status. */
int inner_exit_status(int wait_status);

#endif
