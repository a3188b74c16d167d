/*
 * drive.h - carries one run out in this process, headless: prints its story
 * or its records, minds Ctrl-C, and gives the exit status.
 *
 * Ctrl-C once asks the running effects to end and parks the run. A second
 * one within two seconds leaves at once; the journal makes that harmless:
 * either way the run can be resumed.
 */
#ifndef AGENTOPS_CLI_DRIVE_H
#define AGENTOPS_CLI_DRIVE_H

#include "cli/cli.h"
#include "run/engine.h"

/* Makes a run and carries it out. */
int drive_new(struct cli *c, const struct run_request *r);
/* Takes a run over and goes on with it. */
int drive_resume(struct cli *c, const char *run);

#endif
