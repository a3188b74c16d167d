/*
 * sandbox_attempt.h - the attempts of sandbox_attempt, in tables by what they
 * reach for. An attempt runs in a child of its own; it returns true when the
 * effect was seen, else errno may say why not.
 */
#ifndef AGENTOPS_TESTS_SANDBOX_ATTEMPT_H
#define AGENTOPS_TESTS_SANDBOX_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct attempt {
	const char *name;
	bool (*try)(void);
};

#define A(name) { #name, name }

/* Each ends with a row without a name. */
extern const struct attempt file_attempts[];   /* files and secrets */
extern const struct attempt system_attempts[]; /* network, processes,
						  privileges, resources */

/* From the command line: see sandbox_attempt.c. */
extern const char *base;
extern int port;
extern pid_t victim;
extern uintptr_t address;

/* The run's writable folder, below base. */
#define OUT "ops/state/runs/R1/work/s.1/"

enum { MB = 1 << 20 };

/* A path below base; the buffers go round, so a call may use four. */
const char *at(const char *name);

#endif
