/*
 * picture.h - `agentops show --image FILE`: a picture as coloured text.
 *
 * Fitted into the terminal less a row for the prompt; without one, into
 * COLUMNS x LINES or 80 x 24. True colour when COLORTERM says so, else the
 * 256 colours; NO_COLOR or TERM=dumb: plain characters.
 */
#ifndef AGENTOPS_CLI_PICTURE_H
#define AGENTOPS_CLI_PICTURE_H

#include "cli/cli.h"

/* Prints the PNG file; returns the exit status. */
int picture_show(const struct cli *c, const char *file);

#endif
