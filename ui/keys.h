/*
 * keys.h - `agentops keys`: what each key of the app does, as help shows it,
 * with keys.yaml applied. One line an action below a line for its context;
 * with --json one object an action:
 *
 *	{"context":"gate","action":"approve","keys":["a"],"help":"approve"}
 *
 * With an argument only the actions of that name, or of that context.
 *
 * Returns the exit status; a keys.yaml with an error is one.
 */
#ifndef AGENTOPS_UI_KEYS_H
#define AGENTOPS_UI_KEYS_H

#include "cli/cli.h"

int keys_main(struct cli *c);

#endif
