/*
 * plain.h - `agentops --plain`: a run as a dialogue in lines, for screen
 * readers, dumb terminals and pipes.
 *
 * It asks for a task or a slash command, tells the story of the run, and at
 * each gate what a person must know and numbered choices; forms field by
 * field. Nothing moves the cursor, nothing is coloured, and no line changes
 * once it was written. The end of the input parks the run.
 */
#ifndef AGENTOPS_CLI_PLAIN_H
#define AGENTOPS_CLI_PLAIN_H

#include "cli/cli.h"

/* On a run, or from the question for a task. Returns the exit status of the
 * last run, 0 when there was none. */
int plain_main(struct cli *c, const char *run);

#endif
