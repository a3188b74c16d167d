/*
 * probe.h - what this machine can enforce, found by trying.
 */
#ifndef AGENTOPS_SANDBOX_PROBE_H
#define AGENTOPS_SANDBOX_PROBE_H

#include "tool/sandbox.h"

/* Starts bwrap once (about 70 ms) and makes a cgroup once. */
void probe_run(struct sandbox_report *ret);

/* On stdout, a line "NAME VALUE" for each member of the report. */
void probe_print(const struct sandbox_report *r);

#endif
